import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { writingToSync } from '@branchline/core';

const BLOCK_BYTES = 1 << 20;

/** Temporary token file: documents are appended in reading order and later read in packing order. */
export class Spool {
  readonly #path: string;
  readonly #file: number;
  readonly #width: 2 | 4;
  readonly #block: Uint16Array | Uint32Array;
  #filled = 0;
  #written = 0;
  #buffer: Uint16Array | Uint32Array;

  /** @param vocabulary Tokens take 2 bytes up to 65,536 distinct tokens, otherwise 4. */
  constructor(path: string, vocabulary: number) {
    this.#path = path;
    this.#file = openSync(path, 'wx+');
    this.#width = vocabulary <= 65536 ? 2 : 4;
    this.#block = this.#array(BLOCK_BYTES / this.#width);
    this.#buffer = this.#array(1024);
  }

  #array(length: number): Uint16Array | Uint32Array {
    return this.#width === 2 ? new Uint16Array(length) : new Uint32Array(length);
  }

  /** Appends tokens and returns the offset of the first. */
  append(tokens: Uint32Array): number {
    const offset = this.#written + this.#filled;
    for (let start = 0; start < tokens.length; ) {
      const part = tokens.subarray(start, start + this.#block.length - this.#filled);
      this.#block.set(part, this.#filled);
      this.#filled += part.length;
      start += part.length;
      if (this.#filled === this.#block.length) this.#flush();
    }
    return offset;
  }

  #flush(): void {
    const bytes = new Uint8Array(this.#block.buffer, 0, this.#filled * this.#width);
    const at = this.#written * this.#width;
    writingToSync(this.#path, () => {
      for (let done = 0; done < bytes.length; )
        done += writeSync(this.#file, bytes, done, bytes.length - done, at + done);
    });
    this.#written += this.#filled;
    this.#filled = 0;
  }

  /** Reads `count` tokens from `offset`. The returned array is reused by the next call. */
  read(offset: number, count: number): Uint16Array | Uint32Array {
    if (this.#filled > 0) this.#flush();
    if (this.#buffer.length < count) this.#buffer = this.#array(2 * count);
    const bytes = new Uint8Array(this.#buffer.buffer, 0, count * this.#width);
    for (let done = 0; done < bytes.length; ) {
      const got = readSync(this.#file, bytes, done, bytes.length - done, offset * this.#width + done);
      if (got === 0) throw new Error('the token spool is shorter than expected');
      done += got;
    }
    return this.#buffer.subarray(0, count);
  }

  close(): void {
    closeSync(this.#file);
  }
}
