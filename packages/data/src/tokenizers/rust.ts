/** The tokenizers library of Hugging Face in Rust: its npm package has a binary for every supported platform. */

import { BranchlineError, messageOf } from '@branchline/core';
import type * as Rust from 'tokenizers';

/** A tokenizer of the library. */
export interface RustTokenizer {
  /** Id of a token; undefined if there is no such token. */
  idOf(token: string): number | undefined;
  /** One more than the largest id. */
  readonly vocabulary: number;
  /** Tokens of UTF-8 texts, computed on other threads. */
  encode(texts: readonly Uint8Array[]): Promise<readonly ArrayLike<number>[]>;
  /** The text of tokens without special ones. Bytes that are no UTF-8 become U+FFFD. */
  readonly decode: (tokens: readonly number[]) => Promise<string>;
}

/** Loads the library. @throws BranchlineError if it has no binary for this platform. */
export async function loadRust(): Promise<typeof Rust> {
  try {
    return await import('tokenizers');
  } catch (error) {
    const { platform, arch } = process;
    // The message itself is advice about npm, which does not apply: the binaries are in the package.
    const [reason] = messageOf((error as Error).cause ?? error).split('\n');
    throw new BranchlineError(
      'config',
      {
        configPath: 'data.tokenizer',
        message: `the npm package tokenizers has no binary that can be loaded on ${platform} ${arch}: ${reason}`,
        remedy: 'Use Linux, macOS or Windows on x64 or arm64, or the tokenizer "bytes", which needs no binary.',
      },
      { cause: error },
    );
  }
}

/**
 * Opens a tokenizer from the content of a `tokenizer.json`. Texts are neither truncated nor padded, and get no special
 * tokens at their ends.
 *
 * @throws Error if the library cannot use the content; BranchlineError if it has no binary for this platform.
 */
export async function openRust(json: string): Promise<RustTokenizer> {
  const { Tokenizer } = await loadRust();
  const tokenizer = Tokenizer.fromString(json);
  tokenizer.disableTruncation();
  tokenizer.disablePadding();
  let vocabulary = 0;
  for (const id of Object.values(tokenizer.getVocab(true))) vocabulary = Math.max(vocabulary, id + 1);
  // By default, a decoder drops U+FEFF at the start of a text.
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  return {
    idOf: (token) => tokenizer.tokenToId(token) ?? undefined,
    vocabulary,
    encode: async (texts) => {
      const encodings = await tokenizer.encodeBatch(
        texts.map((text) => decoder.decode(text)),
        { addSpecialTokens: false },
      );
      return encodings.map((encoding) => encoding.getIds());
    },
    decode: (tokens) => tokenizer.decode([...tokens], true),
  };
}
