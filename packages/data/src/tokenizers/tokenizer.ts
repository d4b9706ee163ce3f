import type { TextStream } from './text-stream.js';

/** Turns texts into tokens. The same bytes give the same tokens on every machine. */
export interface Tokenizer {
  /** Name with everything that determines the tokens, and nothing else; part of the key of a corpus. */
  readonly name: string;
  /** Number of distinct tokens, including the end-of-document token. */
  readonly vocabulary: number;
  /** Token appended to every document. */
  readonly endOfDocument: number;
  /** The files with which other tools load it; none if there are none. */
  readonly files: readonly TokenizerFile[];
  /** Tokens of UTF-8 texts, in their order, without the end-of-document token. */
  encode(texts: readonly Uint8Array[]): Promise<readonly ArrayLike<number>[]>;
  /** The text of tokens that follow others, as far as tokens have one: special ones have none. */
  textAfter(before: readonly number[]): TextStream;
  /**
   * Number of characters of each text that reach the model and get no token. Missing if that cannot happen: the library
   * gives an unknown token or an error instead.
   */
  countDropped?(texts: readonly Uint8Array[]): Promise<readonly number[]>;
  /**
   * Bytes of text of a token; 0 for the end-of-document token. If missing, the bytes of a text are spread evenly over
   * its tokens.
   */
  byteLength?(token: number): number;
}

/** A file of a tokenizer. */
export interface TokenizerFile {
  /** `tokenizer.json` or `tokenizer_config.json`, whatever it was called. */
  readonly name: string;
  readonly content: Uint8Array;
}
