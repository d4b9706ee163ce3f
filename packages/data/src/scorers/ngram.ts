import { setImmediate } from 'node:timers/promises';
import { digestBytes } from '@branchline/core';
import { defineScorer, type Scorer } from './define.js';
import { halfOf } from './halves.js';

/** Slots of each hash table, a power of two; n-grams in the same slot share their counts. */
const SLOTS = 1 << 20;
const BYTES = 256;
/** Bytes of the sample that are counted before other events are handled. */
const FITTED_BETWEEN = 2 ** 18;

/** Hashed counts of the byte n-grams of one length. */
class Counts {
  /** Occurrences of an n-gram. */
  readonly #grams: Uint32Array;
  /** Occurrences of a context: the n-gram without its last byte. */
  readonly #contexts: Uint32Array;
  /** Number of distinct bytes after a context. */
  readonly #followers: Uint32Array;

  constructor() {
    this.#grams = new Uint32Array(SLOTS);
    this.#contexts = new Uint32Array(SLOTS);
    this.#followers = new Uint32Array(SLOTS);
  }

  add(context: number, byte: number): void {
    const slot = context & (SLOTS - 1);
    if (this.#grams[gramSlot(context, byte)]!++ === 0) this.#followers[slot]!++;
    this.#contexts[slot]!++;
  }

  /** Probability of a byte, interpolated with that of the shorter context (Witten-Bell smoothing). */
  mix(context: number, byte: number, shorter: number): number {
    const slot = context & (SLOTS - 1);
    const total = this.#contexts[slot]!;
    if (total === 0) return shorter;
    // On a hash collision the first n-gram of a context is not counted as a follower.
    const followers = Math.max(1, this.#followers[slot]!);
    // On a hash collision an n-gram can have a larger count than its context.
    const count = Math.min(this.#grams[gramSlot(context, byte)]!, total);
    return (count + followers * shorter) / (total + followers);
  }
}

/** Hash of a context extended by one byte in front. */
function longer(context: number, byte: number): number {
  const mixed = Math.imul(context ^ (byte + 1), 0x9e3779b1);
  return (mixed ^ (mixed >>> 15)) >>> 0;
}

function gramSlot(context: number, byte: number): number {
  return longer(context ^ 0x5bd1e995, byte) & (SLOTS - 1);
}

/** An interpolated byte n-gram model; takes 12 MiB per order. */
export class NgramModel {
  readonly #orders: readonly Counts[];

  constructor(order: number) {
    this.#orders = Array.from({ length: order }, () => new Counts());
  }

  /** Adds the n-gram counts of a text. */
  add(text: Uint8Array): void {
    for (let i = 0; i < text.length; i++) {
      let context = 0;
      for (let length = 0; length < this.#orders.length && length <= i; length++) {
        if (length > 0) context = longer(context, text[i - length]!);
        this.#orders[length]!.add(context, text[i]!);
      }
    }
  }

  /** Cross-entropy of a text in bits per byte; 8 for an unfitted model and for an empty text. */
  bitsPerByte(text: Uint8Array): number {
    let bits = 0;
    for (let i = 0; i < text.length; i++) {
      let context = 0;
      let probability = 1 / BYTES;
      for (let length = 0; length < this.#orders.length && length <= i; length++) {
        if (length > 0) context = longer(context, text[i - length]!);
        probability = this.#orders[length]!.mix(context, text[i]!, probability);
      }
      bits -= Math.log2(probability);
    }
    return text.length === 0 ? 8 : bits / text.length;
  }
}

/**
 * Negative bits per byte under a byte n-gram model up to `order`: text similar to the sample scores highest. In the
 * spirit of CCNet (Wenzek et al., 2020), which filters by the perplexity of an n-gram model.
 *
 * Two models are fitted on disjoint halves of the sample, and a text is scored by the model whose half cannot contain
 * it; otherwise texts of the sample would be memorized, including their noise.
 */
export function ngram(order: number, sampleBytes: number): Scorer {
  return defineScorer<readonly NgramModel[]>({
    name: 'ngram',
    version: '2',
    options: { order, sampleBytes },
    sampleBytes,
    fit: async (sample) => {
      const models = [new NgramModel(order), new NgramModel(order)];
      let bytes = 0;
      for (const text of sample) {
        models[1 - halfOf(digestBytes(text))]!.add(text);
        bytes += text.length;
        if (bytes < FITTED_BETWEEN) continue;
        bytes = 0;
        await setImmediate();
      }
      return models;
    },
    score: (texts, models) => texts.map((text) => -models[halfOf(digestBytes(text))]!.bitsPerByte(text)),
  });
}
