import type { RandomStream } from '@branchline/core';
import type { CorruptShare } from '../config/schema.js';

/** A text with noise in it. */
export interface Corrupted {
  /** As long as the clean text, and UTF-8 where that is. */
  readonly text: Uint8Array;
  /** 1 less the share of the bytes that were replaced. */
  readonly quality: number;
}

/** Printable ASCII, from the blank to the tilde: whatever the tokenizer, noise is text. */
const FIRST = 0x20;
const SIGNS = 95;

/**
 * Replaces characters of a text by noise: a share is drawn evenly between the two given, and each character, whatever
 * its place, is replaced with that probability, every byte of it by a random printable sign of ASCII. The quality
 * counts what was replaced, so it is exact even where chance has replaced a little more or less than the share.
 */
export function corrupt(clean: Uint8Array, [low, high]: CorruptShare, random: RandomStream): Corrupted {
  const limit = (low + (high - low) * random.uniform()) * 2 ** 32;
  const text = Uint8Array.from(clean);
  let replaced = 0;
  let isNoise = false;
  for (let i = 0; i < text.length; i++) {
    // A byte that continues a character goes the way of its first.
    if ((clean[i]! & 0xc0) !== 0x80) isNoise = random.next() < limit;
    if (!isNoise) continue;
    text[i] = FIRST + random.below(SIGNS);
    replaced++;
  }
  return { text, quality: text.length === 0 ? 1 : 1 - replaced / text.length };
}
