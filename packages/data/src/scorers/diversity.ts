const WINDOW = 1024;
const GRAM = 4;
/** Four times the grams of a window: probing stays short. A power of two. */
const SLOTS = 4096;

/** Used again for every text: there can be millions of them. */
const slots = new Uint32Array(SLOTS);
// A slot belongs to the window whose number it carries, so nothing is cleared between windows.
const owner = new Int32Array(SLOTS);
let window = 0;

/** Grams of one full window, and of the half-distinct one that every text is given. */
const PRIOR_TOTAL = WINDOW - GRAM + 1;
const PRIOR_DISTINCT = PRIOR_TOTAL >> 1;

/**
 * How little a text repeats itself: the share of distinct byte 4-grams in its windows of 1 KiB, from near 0 (one line
 * over and over) towards 1. A filter against repetition in the spirit of Rae et al., "Scaling Language Models" (2021).
 *
 * The last window ends with the text and overlaps the one before, so that long texts have full windows only. One
 * window with half of its grams distinct, which is usual for prose and code, is added to every text: a text of one
 * line had no room to repeat itself, and would otherwise come out as the best there is. Counts are integers and there
 * is one division, so the score is the same to the bit on every machine.
 */
export function diversity(text: Uint8Array): number {
  let distinct = 0;
  let total = 0;
  for (let start = 0; start === 0 || start < text.length; start += WINDOW) {
    const from = Math.max(0, Math.min(start, text.length - WINDOW));
    const to = Math.min(text.length, from + WINDOW);
    if (++window === 2 ** 31) window = owner.fill(0)[0]! + 1;
    for (let i = from; i + GRAM <= to; i++) {
      const gram = ((text[i]! << 24) | (text[i + 1]! << 16) | (text[i + 2]! << 8) | text[i + 3]!) >>> 0;
      let slot = Math.imul(gram, 0x9e3779b1) >>> 20;
      while (owner[slot] === window && slots[slot] !== gram) slot = (slot + 1) % SLOTS;
      if (owner[slot] !== window) {
        owner[slot] = window;
        slots[slot] = gram;
        distinct++;
      }
      total++;
    }
  }
  return (distinct + PRIOR_DISTINCT) / (total + PRIOR_TOTAL);
}
