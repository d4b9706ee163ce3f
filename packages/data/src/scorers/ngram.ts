import { digestBytes } from '@branchline/core';
import { defineScorer, type Scorer } from './define.js';

/** Slots of each hashed table: more n-grams than this share their counts. A power of two. */
const SLOTS = 1 << 20;
const BYTES = 256;

/** How often byte n-grams of one length were seen. */
class Counts {
  /** Of an n-gram. */
  readonly #grams: Uint32Array;
  /** Of what stands before its last byte. */
  readonly #contexts: Uint32Array;
  /** How many different bytes followed that. */
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

  /** The probability of a byte, mixed with that of a shorter context as Witten and Bell do. */
  mix(context: number, byte: number, shorter: number): number {
    const slot = context & (SLOTS - 1);
    const total = this.#contexts[slot]!;
    if (total === 0) return shorter;
    // None is counted where the first n-gram of a context shares its slot with another.
    const followers = Math.max(1, this.#followers[slot]!);
    // Where n-grams share a slot, one of them can seem more frequent than its context.
    const count = Math.min(this.#grams[gramSlot(context, byte)]!, total);
    return (count + followers * shorter) / (total + followers);
  }
}

/** The hash of a context that is longer by one byte in front. */
function longer(context: number, byte: number): number {
  const mixed = Math.imul(context ^ (byte + 1), 0x9e3779b1);
  return (mixed ^ (mixed >>> 15)) >>> 0;
}

function gramSlot(context: number, byte: number): number {
  return longer(context ^ 0x5bd1e995, byte) & (SLOTS - 1);
}

/** An interpolated model of bytes, in 12 MiB for each length of n-grams. */
export class NgramModel {
  readonly #orders: readonly Counts[];

  constructor(order: number) {
    this.#orders = Array.from({ length: order }, () => new Counts());
  }

  /** Counts every n-gram of a text. */
  add(text: Uint8Array): void {
    for (let i = 0; i < text.length; i++) {
      let context = 0;
      for (let length = 0; length < this.#orders.length && length <= i; length++) {
        if (length > 0) context = longer(context, text[i - length]!);
        this.#orders[length]!.add(context, text[i]!);
      }
    }
  }

  /** Mean bits that a byte of the text costs; 8 for a model that has seen nothing, and for an empty text. */
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
 * How well a model of byte n-grams up to `order` predicts a text: the bits that a byte costs, negative, so that what
 * is usual in the sample comes out best. In the spirit of CCNet (Wenzek et al., 2020), which filters by the perplexity
 * of a model of n-grams.
 *
 * There are two models, each from the half of the sample that the other does not know, and a text is scored by the one
 * that cannot have learnt it: its noise would otherwise be known by heart.
 */
export function ngram(order: number, sampleBytes: number): Scorer {
  return defineScorer<readonly NgramModel[]>({
    name: 'ngram',
    version: '1',
    options: { order, sampleBytes },
    sampleBytes,
    fit: (sample) => {
      const models = [new NgramModel(order), new NgramModel(order)];
      for (const text of sample) models[1 - halfOf(text)]!.add(text);
      return models;
    },
    score: (texts, models) => texts.map((text) => -models[halfOf(text)]!.bitsPerByte(text)),
  });
}

function halfOf(text: Uint8Array): number {
  return digestBytes(text) < '8' ? 0 : 1;
}
