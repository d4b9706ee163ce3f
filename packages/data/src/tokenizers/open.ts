import type { Problem } from '@branchline/core';
import { huggingFace } from './hugging-face.js';
import { type Encoding, tiktoken } from './tiktoken.js';
import { byteTokenizer, type Tokenizer } from './tokenizer.js';

/** A tokenizer as configured. */
export type TokenizerChoice =
  | 'bytes'
  | { readonly file: string; readonly endOfDocument?: string }
  | { readonly tiktoken: Encoding };

/** Opens the configured tokenizer. Returns undefined, and adds a problem, if its file cannot be used. */
export async function openTokenizer(
  { tokenizer }: { readonly tokenizer: TokenizerChoice },
  baseDirectory: string,
  problems: Problem[],
): Promise<Tokenizer | undefined> {
  if (tokenizer === 'bytes') return byteTokenizer;
  if ('tiktoken' in tokenizer) return await tiktoken(tokenizer.tiktoken);
  return await huggingFace(tokenizer, baseDirectory, problems);
}

/**
 * The tokens of a text with the end of the document behind them.
 *
 * @throws RangeError for a text that the tokenizer has no tokens for.
 */
export function encodeDocument(text: Uint8Array, tokenizer: Tokenizer): Uint32Array {
  const encoded = tokenizer.encode(text);
  const tokens = new Uint32Array(encoded.length + 1);
  for (let i = 0; i < encoded.length; i++) {
    const token = encoded[i]!;
    // Where there is no token for what is unknown, some tokenizers give nothing at all.
    if (!(Number.isInteger(token) && token >= 0 && token < tokenizer.vocabulary))
      throw new RangeError(`the tokenizer has no token for some of its text`);
    tokens[i] = token;
  }
  tokens[encoded.length] = tokenizer.endOfDocument;
  return tokens;
}
