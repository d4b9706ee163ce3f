import type { TiktokenBPE } from 'js-tiktoken/lite';
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

/** Opens a byte-pair encoding of tiktoken. Special tokens in a text are encoded as plain text. */
export async function tiktoken(encoding: Encoding): Promise<Tokenizer> {
  const [{ Tiktoken }, { default: ranks }] = await Promise.all([import('js-tiktoken/lite'), RANKS[encoding]()]);
  const tokenizer = new Tiktoken(ranks);
  const lengths = byteLengths(ranks.bpe_ranks);
  const decoder = new TextDecoder();
  return {
    name: `tiktoken ${encoding}`,
    vocabulary: Math.max(lengths.length, ...Object.values(ranks.special_tokens).map((token) => token + 1)),
    endOfDocument: ranks.special_tokens[END]!,
    encode: (text) => tokenizer.encode(decoder.decode(text), [], []),
    byteLength: (token) => lengths[token] ?? 0,
  };
}

/** Byte length of every token. Each line of `ranks` has the rank of its first token and the tokens in base64. */
function byteLengths(ranks: string): number[] {
  const lengths: number[] = [];
  for (const line of ranks.split('\n')) {
    const [, first, ...tokens] = line.split(' ');
    for (const [index, token] of tokens.entries()) lengths[Number(first) + index] = Buffer.byteLength(token, 'base64');
  }
  return lengths;
}
