/** The tokenizer whose tokens are bytes, and its files, so that exported models carry it. */
import { byteStream } from './text-stream.js';
import type { Tokenizer, TokenizerFile } from './tokenizer.js';

const END = 256;

/** The token that ends a document, in the files. */
const END_NAME = '<|endoftext|>';

/**
 * The characters that stand for bytes in byte-level vocabularies (GPT-2, Radford et al., 2019): printable bytes of
 * Latin-1 stand for themselves, the others for characters from U+0100 on, in order.
 */
function characterOf(byte: number): string {
  const isPrintable = (code: number) => (code > 0x20 && code < 0x7f) || (code > 0xa0 && code !== 0xad);
  if (isPrintable(byte)) return String.fromCodePoint(byte);
  let rank = 0;
  for (let code = 0; code < byte; code++) if (!isPrintable(code)) rank++;
  return String.fromCodePoint(0x100 + rank);
}

/** `tokenizer.json` and `tokenizer_config.json`. */
function files(): readonly TokenizerFile[] {
  const vocab: Record<string, number> = {};
  for (let byte = 0; byte < END; byte++) vocab[characterOf(byte)] = byte;
  const plain = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
  const level = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false };
  const model = {
    ...{ type: 'BPE', dropout: null, unk_token: null, continuing_subword_prefix: null, end_of_word_suffix: null },
    ...{ fuse_unk: false, byte_fallback: false, ignore_merges: false, vocab, merges: [] },
  };
  const tokenizer = {
    ...{ version: '1.0', truncation: null, padding: null, added_tokens: [{ id: END, content: END_NAME, ...plain }] },
    ...{ normalizer: null, pre_tokenizer: level, post_processor: null, decoder: level, model },
  };
  const config = {
    ...{ tokenizer_class: 'PreTrainedTokenizerFast', eos_token: END_NAME, clean_up_tokenization_spaces: false },
    model_input_names: ['input_ids', 'attention_mask'],
  };
  const file = (name: string, json: object) => ({ name, content: Buffer.from(`${JSON.stringify(json, null, 2)}\n`) });
  return [file('tokenizer.json', tokenizer), file('tokenizer_config.json', config)];
}

/** One token per byte value, and an end-of-document token. */
export const byteTokenizer: Tokenizer = {
  name: 'bytes',
  vocabulary: 257,
  endOfDocument: END,
  files: files(),
  encode: (texts) => Promise.resolve(texts),
  textAfter: () => byteStream((token) => Uint8Array.of(...(token < END ? [token] : []))),
  byteLength: (token) => (token < END ? 1 : 0),
};
