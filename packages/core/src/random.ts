/**
 * Philox4x32-10, a counter-based generator (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011).
 * Value n of a stream is a pure function of (key, n): stateless, and equal on all machines and in any order.
 */
import { digestBytes } from './json.js';

const M0 = 0xd2511f53;
const M1 = 0xcd9e8d57;
const W0 = 0x9e3779b9;
const W1 = 0xbb67ae85;

/** The high 32 bits of the product of two unsigned 32-bit integers. */
function mulHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const mid = aHigh * bLow + ((aLow * bLow) >>> 16);
  const mid2 = aLow * bHigh + (mid & 0xffff);
  return (aHigh * bHigh + Math.floor(mid / 65536) + (mid2 - (mid2 % 65536)) / 65536) >>> 0;
}

/** Ten rounds on one 128-bit counter. Writes four 32-bit words to `out` at `offset`. */
export function philox4x32(counter: readonly number[], key: readonly number[], out: Uint32Array, offset = 0): void {
  let [c0, c1, c2, c3] = [counter[0]! >>> 0, counter[1]! >>> 0, counter[2]! >>> 0, counter[3]! >>> 0];
  let [k0, k1] = [key[0]! >>> 0, key[1]! >>> 0];
  for (let round = 0; round < 10; round++) {
    const high0 = mulHigh(M0, c0);
    const low0 = Math.imul(M0, c0) >>> 0;
    const high1 = mulHigh(M1, c2);
    const low1 = Math.imul(M1, c2) >>> 0;
    c0 = (high1 ^ c1 ^ k0) >>> 0;
    c1 = low1;
    c2 = (high0 ^ c3 ^ k1) >>> 0;
    c3 = low0;
    k0 = (k0 + W0) >>> 0;
    k1 = (k1 + W1) >>> 0;
  }
  out[offset] = c0;
  out[offset + 1] = c1;
  out[offset + 2] = c2;
  out[offset + 3] = c3;
}

/** A named stream of random numbers: value `n` depends only on seed, name and `n`. */
export class RandomStream {
  #key: readonly [number, number];
  #high: readonly [number, number];
  readonly #block = new Uint32Array(4);
  #blockIndex = -1;
  #position = 0;

  constructor(seed: number, name: string) {
    const digest = digestBytes(`${seed}\n${name}`);
    const word = (index: number) => Number.parseInt(digest.slice(index * 8, index * 8 + 8), 16);
    this.#key = [word(0), word(1)];
    this.#high = [word(2), word(3)];
  }

  /** An independent copy that continues at the current position with the same numbers. */
  clone(): RandomStream {
    const copy = new RandomStream(0, '');
    copy.#key = this.#key;
    copy.#high = this.#high;
    copy.#position = this.#position;
    return copy;
  }

  /** The unsigned 32-bit value at a position. */
  at(position: number): number {
    const index = Math.floor(position / 4);
    if (index !== this.#blockIndex) {
      philox4x32([index >>> 0, Math.floor(index / 2 ** 32), ...this.#high], this.#key, this.#block);
      this.#blockIndex = index;
    }
    return this.#block[position % 4]!;
  }

  /** The next unsigned 32-bit value. */
  next(): number {
    return this.at(this.#position++);
  }

  /** A uniform number in [0, 1) with 53 random bits. */
  uniform(): number {
    const high = this.next() >>> 5;
    const low = this.next() >>> 6;
    return (high * 67108864 + low) / 9007199254740992;
  }

  /** A uniform integer in [0, bound), without modulo bias. `bound` is at most 2^32. */
  below(bound: number): number {
    const limit = 2 ** 32 - (2 ** 32 % bound);
    for (;;) {
      const value = this.next();
      if (value < limit) return value % bound;
    }
  }

  /** Fisher-Yates shuffle, in place. */
  shuffle<T extends { length: number; [index: number]: number }>(items: T): T {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      const swap = items[i]!;
      items[i] = items[j]!;
      items[j] = swap;
    }
    return items;
  }
}
