import { type Digest, digestBytes } from '@branchline/core';
import { byText } from '../storage/files.js';
import type { SampledText } from './define.js';

/** A sample of texts that does not depend on their order: those with the lowest digests, up to `limit` bytes. */
export class Sample {
  readonly #limit: number;
  readonly #texts = new Map<Digest, SampledText>();
  #bytes = 0;
  /** Texts with a higher digest can no longer enter the sample. */
  #highest: Digest | undefined;

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(sampled: SampledText): void {
    const { text, document } = sampled;
    const rank = digestBytes(text);
    if (this.#highest !== undefined && rank > this.#highest) return;
    const known = this.#texts.get(rank);
    if (known !== undefined) {
      // Of several documents with this text, the first digest is kept, in whatever order they are read.
      if (document < known.document) this.#texts.set(rank, { ...sampled, text: known.text });
      return;
    }
    // Copy: the text may be a view of a larger buffer.
    this.#texts.set(rank, { ...sampled, text: Uint8Array.from(text) });
    this.#bytes += text.length;
    if (this.#bytes > 2 * this.#limit) this.#trim();
  }

  /** The sampled texts in the order of their digests; the last one may exceed the limit. */
  texts(): SampledText[] {
    this.#trim();
    return [...this.#texts.values()];
  }

  #trim(): void {
    const ranked = [...this.#texts].sort(([a], [b]) => byText(a, b));
    this.#texts.clear();
    this.#bytes = 0;
    for (const [rank, sampled] of ranked) {
      if (this.#bytes >= this.#limit) return;
      this.#texts.set(rank, sampled);
      this.#bytes += sampled.text.length;
      if (this.#bytes >= this.#limit) this.#highest = rank;
    }
  }
}
