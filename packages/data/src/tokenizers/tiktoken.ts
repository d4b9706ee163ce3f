/** The encodings of tiktoken: ranks of `js-tiktoken`, encoded by the tokenizers library of Hugging Face. */
import type { TiktokenBPE } from 'js-tiktoken/lite';
import { byteLevelJson } from './byte-level.js';
import { loadRust, openRust, type RustTokenizer } from './rust.js';
import { byteStream } from './text-stream.js';
import type { Tokenizer } from './tokenizer.js';

type Ranks = () => Promise<{ default: TiktokenBPE }>;

const RANKS = {
  gpt2: () => import('js-tiktoken/ranks/gpt2'),
  r50k_base: () => import('js-tiktoken/ranks/r50k_base'),
  p50k_base: () => import('js-tiktoken/ranks/p50k_base'),
  p50k_edit: () => import('js-tiktoken/ranks/p50k_edit'),
  cl100k_base: () => import('js-tiktoken/ranks/cl100k_base'),
  o200k_base: () => import('js-tiktoken/ranks/o200k_base'),
} satisfies Record<string, Ranks>;

/** An encoding of tiktoken. */
export type Encoding = keyof typeof RANKS;
/** All encodings. */
export const ENCODINGS = Object.keys(RANKS) as [Encoding, ...Encoding[]];

const END = '<|endoftext|>';

/** Release of tiktoken whose tokens these are. Its patterns have changed: js-tiktoken has older ones. */
const RELEASE = '0.14';

const GPT2 = String.raw`'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+\z|\s+(?!\S)|\s`;

/**
 * Patterns of `tiktoken_ext/openai_public.py` of this release. Possessive quantifiers are left out, which match the
 * same here, and the end of the text is `\z` instead of `$`.
 */
const PATTERNS: Readonly<Record<Encoding, string>> = {
  gpt2: GPT2,
  r50k_base: GPT2,
  p50k_base: GPT2,
  p50k_edit: GPT2,
  cl100k_base: String.raw`'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s+\z|\s*[\r\n]|\s+(?!\S)|\s`,
  o200k_base: [
    String.raw`[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?`,
    String.raw`[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?`,
    String.raw`\p{N}{1,3}`,
    String.raw` ?[^\s\p{L}\p{N}]+[\r\n/]*`,
    String.raw`\s*[\r\n]+`,
    String.raw`\s+(?!\S)`,
    String.raw`\s+`,
  ].join('|'),
};

/** Encodings that were converted, which takes up to some seconds. */
const opened = new Map<Encoding, Promise<RustTokenizer>>();

function open(encoding: Encoding, tokens: readonly (Uint8Array | undefined)[]): Promise<RustTokenizer> {
  const known = opened.get(encoding) ?? byteLevelJson(tokens, PATTERNS[encoding]).then(openRust);
  opened.set(encoding, known);
  return known;
}

/**
 * Opens a byte-pair encoding of tiktoken; the first call of `encode` takes longer. Special tokens in a text are encoded
 * as plain text.
 *
 * @throws BranchlineError if the tokenizers library has no binary for this platform.
 */
export async function tiktoken(encoding: Encoding): Promise<Tokenizer> {
  const [{ default: ranks }] = await Promise.all([RANKS[encoding](), loadRust()]);
  const tokens = tokensOf(ranks.bpe_ranks);
  return {
    name: `tiktoken ${RELEASE} ${encoding}`,
    vocabulary: Math.max(tokens.length, ...Object.values(ranks.special_tokens).map((token) => token + 1)),
    endOfDocument: ranks.special_tokens[END]!,
    files: [],
    encode: async (texts) => (await open(encoding, tokens)).encode(texts),
    textAfter: () => byteStream((token) => tokens[token] ?? new Uint8Array()),
    byteLength: (token) => tokens[token]?.length ?? 0,
  };
}

/** Bytes of every token. Each line of `ranks` has the rank of its first token and the tokens in base64. */
function tokensOf(ranks: string): (Uint8Array | undefined)[] {
  const tokens: (Uint8Array | undefined)[] = [];
  for (const line of ranks.split('\n')) {
    const [, first, ...encoded] = line.split(' ');
    for (const [index, token] of encoded.entries()) tokens[Number(first) + index] = Buffer.from(token, 'base64');
  }
  return tokens;
}
