import { createHash, type Hash } from 'node:crypto';
import type { Digest } from '../json.js';

/** Bytes of the content digest of a sequence. */
export const CONTENT_BYTES = 16;

/** Where order contents come from. */
export interface ContentSource {
  /** Sequence ids of an order, in training order. */
  readonly ids: (order: Digest) => Uint32Array;
  /** Content digests of sequences, `CONTENT_BYTES` each: equal exactly if their tokens are equal. */
  readonly contentOf: (ids: Uint32Array) => Uint8Array;
}

/** What the steps of a range train on: batches of orders with a content. */
export interface StepContents {
  /** Sequences per step. */
  readonly batch: number;
  readonly contents: OrderContents;
}

/** Sequences between two remembered hash states. */
const INTERVAL = 1024;

/**
 * Digests of what orders have trained on: of the content of their first sequences. They depend neither on ids nor on
 * the sequences after them, so a state keeps its key when the corpus grows or its versions are renamed.
 */
export class OrderContents {
  /** Hash states of each order after every `INTERVAL` sequences; a digest costs at most `INTERVAL` sequences more. */
  readonly #hashes = new Map<Digest, Hash[]>();

  constructor(private readonly source: ContentSource) {}

  /** Digest of the content of the first `count` sequences of an order. */
  prefix(order: Digest, count: number): Digest {
    const ids = this.source.ids(order);
    let hashes = this.#hashes.get(order);
    if (hashes === undefined) this.#hashes.set(order, (hashes = [createHash('sha256')]));
    const whole = Math.floor(count / INTERVAL);
    while (hashes.length <= whole) {
      const begin = (hashes.length - 1) * INTERVAL;
      hashes.push(
        hashes
          .at(-1)!
          .copy()
          .update(this.source.contentOf(ids.subarray(begin, begin + INTERVAL))),
      );
    }
    const rest = this.source.contentOf(ids.subarray(whole * INTERVAL, count));
    return hashes[whole]!.copy().update(rest).digest('hex');
  }

  /** Number of equal sequences, at most `count`, of two orders from `offset` on; 0 if they differ before `offset`. */
  common(a: Digest, b: Digest, offset: number, count: number): number {
    if (a === b) return count;
    const [of, other] = [a, b].map((order) => this.source.ids(order).subarray(offset, offset + count)) as [
      Uint32Array,
      Uint32Array,
    ];
    let equal = 0;
    while (equal < count && this.#areEqual(of[equal]!, other[equal]!)) equal++;
    return equal > 0 && this.prefix(a, offset) === this.prefix(b, offset) ? equal : 0;
  }

  #areEqual(a: number, b: number): boolean {
    if (a === b) return true;
    const contents = this.source.contentOf(Uint32Array.of(a, b));
    return Buffer.compare(contents.subarray(0, CONTENT_BYTES), contents.subarray(CONTENT_BYTES)) === 0;
  }
}
