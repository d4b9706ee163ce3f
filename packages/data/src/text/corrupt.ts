import type { RandomStream } from '@branchline/core';
import type { CorruptShare } from '../config/schema.js';

/** A corrupted text. */
export interface Corrupted {
  /** Same length as the clean text; valid UTF-8 if that is. */
  readonly text: Uint8Array;
  /** 1 minus the share of replaced bytes. */
  readonly quality: number;
}

/** Noise is printable ASCII, space to tilde: text for every tokenizer. */
const FIRST = 0x20;
const SIGNS = 95;

/**
 * Replaces characters of a text by noise. A share is drawn uniformly between `low` and `high`; each character is
 * replaced independently with that probability, each of its bytes by a random printable ASCII character. `quality` is
 * computed from the bytes that were actually replaced.
 */
export function corrupt(clean: Uint8Array, [low, high]: CorruptShare, random: RandomStream): Corrupted {
  const limit = (low + (high - low) * random.uniform()) * 2 ** 32;
  const text = Uint8Array.from(clean);
  let replaced = 0;
  let isNoise = false;
  for (let i = 0; i < text.length; i++) {
    // Continuation bytes share the fate of their character's first byte.
    if ((clean[i]! & 0xc0) !== 0x80) isNoise = random.next() < limit;
    if (!isNoise) continue;
    text[i] = FIRST + random.below(SIGNS);
    replaced++;
  }
  return { text, quality: text.length === 0 ? 1 : 1 - replaced / text.length };
}
