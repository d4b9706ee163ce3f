/** Turns text into tokens. The same bytes give the same tokens on every machine. */
export interface Tokenizer {
  /** Name and everything that decides the tokens; part of the digest of a corpus. */
  readonly name: string;
  /** Distinct tokens, the end of a document among them. */
  readonly vocabulary: number;
  /** The token put behind every document. */
  readonly endOfDocument: number;
  /** Tokens of a text in UTF-8, without the end of the document. */
  encode(text: Uint8Array): ArrayLike<number>;
  /**
   * Bytes of text that a token stands for; 0 for the end of a document. Without it the bytes of a text are spread
   * evenly over its tokens.
   */
  byteLength?(token: number): number;
}

const END = 256;

/** One token for each byte, and one for the end of a document. */
export const byteTokenizer: Tokenizer = {
  name: 'bytes',
  vocabulary: 257,
  endOfDocument: END,
  encode: (text) => text,
  byteLength: (token) => (token < END ? 1 : 0),
};
