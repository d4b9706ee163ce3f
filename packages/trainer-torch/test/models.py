"""
Small checkpoints of several architectures, made and read by transformers.

make FOLDER KIND...       writes FOLDER/KIND with random weights
loss FOLDER TOKENS        prints the mean loss of transformers on rows of tokens (JSON)
export FOLDER             loads a folder, generates text, and fails if anything is missing or changed
"""

import json
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

SIZES = {
    "vocab_size": 260,
    "hidden_size": 16,
    "intermediate_size": 24,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 32,
    "bos_token_id": None,
    "eos_token_id": 256,
    "pad_token_id": None,
}
MODELS = {
    "qwen2": {**SIZES, "tie_word_embeddings": True},
    "qwen3": {**SIZES, "head_dim": 8},
    "gpt2": {"vocab_size": 260, "n_embd": 16, "n_layer": 2, "n_head": 2, "n_positions": 32, "eos_token_id": 256},
    "gemma2": {**SIZES, "head_dim": 4, "sliding_window": 8},
    "olmo2": SIZES,
    "mixtral": {**SIZES, "num_local_experts": 4},
    "llama": {**SIZES, "rope_parameters": {"rope_type": "linear", "factor": 2.0, "rope_theta": 10_000.0}},
    "bert": {"vocab_size": 260, "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2},
}


def make(folder: str, *kinds: str) -> None:
    """Writes checkpoints with random weights."""
    for kind in kinds:
        torch.manual_seed(5)
        config = AutoConfig.for_model(kind, **{**MODELS[kind], "initializer_range": 0.1})
        model = AutoModelForCausalLM.from_config(config)
        with torch.no_grad():
            for parameter in model.parameters():
                # Biases of zero would hide that they are missing.
                if parameter.ndim == 1:
                    parameter.add_(0.1 * torch.randn_like(parameter))
        model.save_pretrained(Path(folder) / kind)


def loss(folder: str, tokens: str) -> None:
    """Prints the loss that transformers computes."""
    rows = torch.tensor(json.loads(tokens))
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    with torch.no_grad():
        print(model(input_ids=rows, labels=rows).loss.item())


def export(folder: str) -> None:
    """Loads a release, generates with it, and saves it again."""
    model, found = AutoModelForCausalLM.from_pretrained(folder, output_loading_info=True)
    assert not any(found.values()), found
    tokenizer = AutoTokenizer.from_pretrained(folder)
    inputs = tokenizer("rail line", return_tensors="pt", return_token_type_ids=False)
    made = model.generate(**inputs, max_new_tokens=4, min_new_tokens=4, do_sample=False, pad_token_id=0)
    assert made.shape[1] == inputs["input_ids"].shape[1] + 4
    again = Path(folder) / "again"
    model.save_pretrained(again)
    before, after = load_file(Path(folder) / "model.safetensors"), load_file(again / "model.safetensors")
    assert before.keys() == after.keys(), before.keys() ^ after.keys()
    assert all(torch.equal(before[name], after[name]) for name in before)
    print(type(model).__name__)


if __name__ == "__main__":
    {"make": make, "loss": loss, "export": export}[sys.argv[1]](*sys.argv[2:])
