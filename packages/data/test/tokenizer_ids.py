"""Reads {"settings": {name: tokenizer.json}, "tiktoken": {name: {...}}, "texts": [...]} and prints the ids of all texts.

Needs the packages tokenizers and tiktoken. Ranks of tiktoken are given, because tiktoken itself would download them.
"""
import base64
import json
import sys


def settings(files, texts):
    from tokenizers import Tokenizer

    ids = {}
    for name, content in files.items():
        tokenizer = Tokenizer.from_str(json.dumps(content))
        tokenizer.no_truncation()
        tokenizer.no_padding()
        ids[name] = [tokenizer.encode(text, add_special_tokens=False).ids for text in texts]
    return ids


def encodings(ranks, texts):
    import tiktoken
    import tiktoken_ext.openai_public as public

    # Only the pattern is taken from here.
    public.load_tiktoken_bpe = lambda *_, **__: {}
    public.data_gym_to_mergeable_bpe_ranks = lambda *_, **__: {}
    ids = {}
    for name, given in ranks.items():
        mergeable = {base64.b64decode(token): rank for token, rank in given.items()}
        pattern = getattr(public, name)()["pat_str"]
        encoding = tiktoken.Encoding(name, pat_str=pattern, mergeable_ranks=mergeable, special_tokens={})
        ids[name] = [encoding.encode_ordinary(text) for text in texts]
    return ids


given = json.load(sys.stdin)
texts = given["texts"]
result = {"settings": settings(given["settings"], texts), "tiktoken": encodings(given["tiktoken"], texts)}
line = lambda name, rows: f"  {json.dumps(name)}: {json.dumps(rows, separators=(',', ':'))}"
for place, (part, rows) in enumerate(result.items()):
    print(f"{'{' if place == 0 else ','}\n{json.dumps(part)}: {{")
    print(",\n".join(line(name, ids) for name, ids in rows.items()))
    print("}")
print("}")
