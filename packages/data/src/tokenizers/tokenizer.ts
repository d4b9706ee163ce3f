/** Turns text into tokens. The same bytes give the same tokens on every machine. */
export interface Tokenizer {
  /** Name with everything that determines the tokens; part of the digest of a corpus. */
  readonly name: string;
  /** Number of distinct tokens, including the end-of-document token. */
  readonly vocabulary: number;
  /** Token appended to every document. */
  readonly endOfDocument: number;
  /** Tokens of a UTF-8 text, without the end-of-document token. */
  encode(text: Uint8Array): ArrayLike<number>;
  /**
   * Bytes of text of a token; 0 for the end-of-document token. If missing, the bytes of a text are spread evenly over
   * its tokens.
   */
  byteLength?(token: number): number;
}

const END = 256;

/** One token per byte value, and an end-of-document token. */
export const byteTokenizer: Tokenizer = {
  name: 'bytes',
  vocabulary: 257,
  endOfDocument: END,
  encode: (text) => text,
  byteLength: (token) => (token < END ? 1 : 0),
};
