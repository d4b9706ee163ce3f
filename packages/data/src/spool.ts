import { closeSync, openSync, readSync, writeSync } from 'node:fs';

/** Tokens on disk: texts are read once and in no order, and are packed in another. */
export class Spool {
  readonly #file: number;
  #length = 0;

  constructor(path: string) {
    this.#file = openSync(path, 'wx+');
  }

  /** Returns where the tokens begin. */
  append(tokens: Uint32Array): number {
    const bytes = new Uint8Array(tokens.buffer, tokens.byteOffset, tokens.byteLength);
    for (let written = 0; written < bytes.length; )
      written += writeSync(this.#file, bytes, written, bytes.length - written, this.#length * 4 + written);
    const offset = this.#length;
    this.#length += tokens.length;
    return offset;
  }

  read(offset: number, count: number): Uint32Array {
    const tokens = new Uint32Array(count);
    const bytes = new Uint8Array(tokens.buffer);
    for (let done = 0; done < bytes.length; ) {
      const got = readSync(this.#file, bytes, done, bytes.length - done, offset * 4 + done);
      if (got === 0) throw new Error('the spool of tokens ends too early');
      done += got;
    }
    return tokens;
  }

  close(): void {
    closeSync(this.#file);
  }
}
