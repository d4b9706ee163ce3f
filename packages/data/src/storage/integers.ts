/** Files of unsigned integers: tokens and MinHash signatures, little-endian. */
import { OpenFiles } from './open-files.js';

/** Bytes of an integer. */
export type Width = 2 | 4;

/** Bytes of a token: 2 up to 65,536 distinct tokens, otherwise 4. */
export function widthOf(vocabulary: number): Width {
  return vocabulary <= 65536 ? 2 : 4;
}

const IS_LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** Converts in place between the byte order of this machine and that of files. */
function reorder(bytes: Buffer, width: Width): Buffer {
  if (IS_LITTLE_ENDIAN) return bytes;
  return width === 2 ? bytes.swap16() : bytes.swap32();
}

/** Encodes integers as little-endian unsigned integers of `width` bytes. */
export function encodeIntegers(numbers: Uint32Array, width: Width): Buffer {
  // A copy, which may be reordered.
  const copy = width === 2 ? Uint16Array.from(numbers) : Uint32Array.from(numbers);
  return reorder(Buffer.from(copy.buffer), width);
}

/** Reads ranges of several files. */
export class IntegerFiles {
  readonly #width: Width;
  readonly #files: OpenFiles;
  #buffer: Uint16Array | Uint32Array;

  constructor(paths: readonly string[], width: Width) {
    this.#width = width;
    this.#files = new OpenFiles(paths);
    this.#buffer = this.#array(1024);
  }

  #array(length: number): Uint16Array | Uint32Array {
    return this.#width === 2 ? new Uint16Array(length) : new Uint32Array(length);
  }

  /** Reads `count` integers from `offset` of a file. The returned array is reused by the next call. */
  read(file: number, offset: number, count: number): Uint16Array | Uint32Array {
    if (this.#buffer.length < count) this.#buffer = this.#array(2 * count);
    const bytes = Buffer.from(this.#buffer.buffer, 0, count * this.#width);
    this.#files.read(file, bytes, offset * this.#width);
    reorder(bytes, this.#width);
    return this.#buffer.subarray(0, count);
  }

  close(): void {
    this.#files.close();
  }
}
