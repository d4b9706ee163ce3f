import { createHash, type Hash } from 'node:crypto';
import { closeSync, fsyncSync, openSync, statSync, writeSync } from 'node:fs';
import { type Digest, writingToSync } from '@branchline/core';
import { digestFile } from './files.js';

/** Size and digest of what was written. */
export interface Written {
  readonly bytes: number;
  readonly digest: Digest;
}

/** Writes a file in large blocks and computes its digest. */
export class FileWriter {
  /** Path of the file. */
  readonly path: string;
  readonly #file: number;
  readonly #hash: Hash = createHash('sha256');
  readonly #block: Buffer;
  #filled = 0;
  #bytes = 0;
  #isOpen = true;

  /** @param block Bytes that are written at once. */
  constructor(path: string, block = 2 ** 20) {
    this.path = path;
    this.#block = Buffer.allocUnsafe(block);
    this.#file = openSync(path, 'wx');
  }

  write(data: Uint8Array): void {
    for (let start = 0; start < data.length; ) {
      const count = Math.min(data.length - start, this.#block.length - this.#filled);
      this.#block.set(data.subarray(start, start + count), this.#filled);
      this.#filled += count;
      start += count;
      if (this.#filled === this.#block.length) this.#flush();
    }
  }

  #flush(): void {
    const data = this.#block.subarray(0, this.#filled);
    this.#hash.update(data);
    writingToSync(this.path, () => {
      for (let done = 0; done < data.length; ) done += writeSync(this.#file, data, done);
    });
    this.#bytes += data.length;
    this.#filled = 0;
  }

  /** Flushes, syncs and closes the file. */
  close(): Written {
    this.#flush();
    writingToSync(this.path, () => fsyncSync(this.#file));
    this.abandon();
    return { bytes: this.#bytes, digest: this.#hash.digest('hex') };
  }

  /** Closes the file, if it is open, without writing what is left. */
  abandon(): void {
    if (this.#isOpen) closeSync(this.#file);
    this.#isOpen = false;
  }
}

/** Syncs a file that another library wrote, and returns its size and digest. */
export async function sealFile(file: string): Promise<Written> {
  const handle = openSync(file, 'r+');
  try {
    writingToSync(file, () => fsyncSync(handle));
  } finally {
    closeSync(handle);
  }
  return { bytes: statSync(file).size, digest: await digestFile(file) };
}
