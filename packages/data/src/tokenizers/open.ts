import { BranchlineError, messageOf, type Problem } from '@branchline/core';
import { byteTokenizer } from './bytes.js';
import { huggingFace } from './hugging-face.js';
import { type Encoding, tiktoken } from './tiktoken.js';
import type { Tokenizer } from './tokenizer.js';

/** A tokenizer as configured. */
export type TokenizerChoice =
  | 'bytes'
  | { readonly file: string; readonly endOfDocument?: string }
  | { readonly tiktoken: Encoding };

/**
 * Opens the configured tokenizer. Returns undefined, and adds a problem, if its file cannot be used, or if its library
 * has no binary for this platform.
 */
export async function openTokenizer(
  { tokenizer }: { readonly tokenizer: TokenizerChoice },
  baseDirectory: string,
  problems: Problem[],
): Promise<Tokenizer | undefined> {
  if (tokenizer === 'bytes') return byteTokenizer;
  try {
    if ('tiktoken' in tokenizer) return await tiktoken(tokenizer.tiktoken);
    return await huggingFace(tokenizer, baseDirectory, problems);
  } catch (error) {
    if (!(error instanceof BranchlineError)) throw error;
    problems.push(...error.problems);
    return undefined;
  }
}

/** A text that cannot be encoded: its index in the batch, and why. */
export class UnencodableError extends Error {
  readonly index: number;

  constructor(index: number, cause: unknown) {
    super(messageOf(cause), { cause });
    this.index = index;
  }
}

/** The tokens of a document. */
export interface EncodedDocument {
  /** With the end-of-document token. */
  readonly tokens: Uint32Array;
  /** Number of its characters that the tokenizer left out because it has no token for them. */
  readonly dropped: number;
}

/**
 * Encodes texts and appends the end-of-document token to each.
 *
 * @throws UnencodableError for the first text that the tokenizer cannot encode.
 */
export async function encodeDocuments(
  texts: readonly Uint8Array[],
  tokenizer: Tokenizer,
): Promise<readonly EncodedDocument[]> {
  const encoded = await tokenizer.encode(texts).catch((error: unknown) => findUnencodable(texts, tokenizer, error));
  const dropped = await tokenizer.countDropped?.(texts);
  return encoded.map((ids, index) => ({
    tokens: withEnd(ids, index, tokenizer),
    dropped: dropped?.[index] ?? 0,
  }));
}

/** Looks for the first text of a failed batch that fails alone too, and throws its error. */
async function findUnencodable(texts: readonly Uint8Array[], tokenizer: Tokenizer, error: unknown): Promise<never> {
  for (const [index, text] of texts.entries())
    await tokenizer.encode([text]).catch((cause: unknown) => {
      throw new UnencodableError(index, cause);
    });
  throw error;
}

function withEnd(encoded: ArrayLike<number>, index: number, tokenizer: Tokenizer): Uint32Array {
  const tokens = new Uint32Array(encoded.length + 1);
  for (let i = 0; i < encoded.length; i++) {
    const token = encoded[i]!;
    // Keeps a fault of a library out of the corpus: the spool would store another token.
    if (!(Number.isInteger(token) && token >= 0 && token < tokenizer.vocabulary))
      throw new UnencodableError(index, new RangeError('the tokenizer has no token for some of its text'));
    tokens[i] = token;
  }
  tokens[encoded.length] = tokenizer.endOfDocument;
  return tokens;
}
