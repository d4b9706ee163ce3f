import { type Digest, digestBytes } from '@branchline/core';
import { byText } from '../storage/files.js';

/** Texts chosen by digest, whatever the order in which they come: those of the lowest digests, up to `limit` bytes. */
export class Sample {
  readonly #limit: number;
  readonly #texts = new Map<Digest, Uint8Array>();
  #bytes = 0;
  /** No text from here on can be among the lowest. */
  #highest: Digest | undefined;

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(text: Uint8Array): void {
    const rank = digestBytes(text);
    if (this.#texts.has(rank) || (this.#highest !== undefined && rank > this.#highest)) return;
    // A copy: what is read is part of a larger block.
    this.#texts.set(rank, Uint8Array.from(text));
    this.#bytes += text.length;
    if (this.#bytes > 2 * this.#limit) this.#trim();
  }

  /** In the order of their digests; the last one reaches or passes the limit. */
  texts(): Uint8Array[] {
    this.#trim();
    return [...this.#texts.values()];
  }

  #trim(): void {
    const ranked = [...this.#texts].sort(([a], [b]) => byText(a, b));
    this.#texts.clear();
    this.#bytes = 0;
    for (const [rank, text] of ranked) {
      if (this.#bytes >= this.#limit) return;
      this.#texts.set(rank, text);
      this.#bytes += text.length;
      if (this.#bytes >= this.#limit) this.#highest = rank;
    }
  }
}
