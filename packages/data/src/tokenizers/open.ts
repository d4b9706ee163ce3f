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
 * Encodes a text and appends the end-of-document token.
 *
 * @throws RangeError if the tokenizer cannot encode part of the text.
 */
export function encodeDocument(text: Uint8Array, tokenizer: Tokenizer): Uint32Array {
  const encoded = tokenizer.encode(text);
  const tokens = new Uint32Array(encoded.length + 1);
  for (let i = 0; i < encoded.length; i++) {
    const token = encoded[i]!;
    // Without an unknown token, some tokenizers return undefined for unknown text.
    if (!(Number.isInteger(token) && token >= 0 && token < tokenizer.vocabulary))
      throw new RangeError(`the tokenizer has no token for some of its text`);
    tokens[i] = token;
  }
  tokens[encoded.length] = tokenizer.endOfDocument;
  return tokens;
}
