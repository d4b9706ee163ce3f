/**
 * Characters that get no token. A model of type BPE without an unknown token leaves out characters that are not in its
 * vocabulary, as in Python; all other models give an unknown token or an error. What a normalizer or pre-tokenizer
 * removes, such as white space or accents, does not count: by its definition, it has no meaning to the model.
 */
import { SIGNS } from './byte-level.js';
import { openRust } from './rust.js';

type Json = Readonly<Record<string, unknown>>;

const BYTES = Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`);

/**
 * Counts the characters of texts that a `tokenizer.json` leaves out; undefined if it cannot leave out any. The same
 * model with an unknown token of its own has one for each of them. (The offsets of the library do not show it: tokens
 * merge across what is left out.)
 */
export function droppedCounter(json: Json): ((texts: readonly Uint8Array[]) => Promise<readonly number[]>) | undefined {
  const model = json.model as Json | null | undefined;
  const vocab = model?.vocab;
  if (!isBpe(model) || typeof vocab !== 'object' || vocab === null || (model.unk_token ?? null) !== null)
    return undefined;
  const has = (tokens: readonly string[]) => tokens.every((token) => Object.hasOwn(vocab, token));
  const hasAffixes = Boolean(model.continuing_subword_prefix) || Boolean(model.end_of_word_suffix);
  if (model.byte_fallback === true && has(BYTES)) return undefined;
  if (endsInBytes(json.pre_tokenizer as Json | null) && !hasAffixes && has(SIGNS)) return undefined;
  let unknown = '<|unknown|>';
  while (Object.hasOwn(vocab, unknown)) unknown += '|';
  const { added_tokens } = json as { added_tokens?: readonly { readonly id: number }[] };
  const ids = [...Object.values(vocab as Record<string, number>), ...(added_tokens ?? []).map((token) => token.id)];
  const free = ids.reduce((most, id) => Math.max(most, id), 0) + 1;
  const added = { unk_token: unknown, fuse_unk: false, vocab: { ...vocab, [unknown]: free } };
  let counting: ReturnType<typeof openRust> | undefined;
  return async (texts) => {
    counting ??= openRust(JSON.stringify({ ...json, model: { ...model, ...added } }));
    const encoded = await (await counting).encode(texts);
    return encoded.map((tokens) => Array.from(tokens).filter((token) => token === free).length);
  };
}

/** Files of old releases do not name the type of a model. */
function isBpe(model: Json | null | undefined): model is Json {
  return model?.type === 'BPE' || (model?.type === undefined && Array.isArray(model?.merges));
}

/** Whether the model sees the signs of bytes only. */
export function endsInBytes(preTokenizer: Json | null | undefined): boolean {
  if (preTokenizer?.type === 'ByteLevel') return true;
  if (preTokenizer?.type !== 'Sequence') return false;
  return endsInBytes((preTokenizer.pretokenizers as readonly Json[] | undefined)?.at(-1));
}
