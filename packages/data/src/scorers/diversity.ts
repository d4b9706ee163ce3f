const WINDOW = 1024;
const GRAM = 4;
/** Hash table size: four times the grams of a window, a power of two. */
const SLOTS = 4096;

/** Reused for all texts. */
const slots = new Uint32Array(SLOTS);
// The number of the window that filled a slot, so that slots need no clearing between windows.
const owner = new Int32Array(SLOTS);
let window = 0;

/** Gram counts of a full window, and of the half-distinct prior window added to every text. */
const PRIOR_TOTAL = WINDOW - GRAM + 1;
const PRIOR_DISTINCT = PRIOR_TOTAL >> 1;

/**
 * Share of distinct byte 4-grams in windows of 1 KiB, from near 0 (one line repeated) to 1. A repetition filter in the
 * spirit of Rae et al., "Scaling Language Models" (2021).
 *
 * The last window ends with the text and overlaps the previous one, so that long texts have only full windows. A prior
 * window with half of its grams distinct, which is typical of prose and code, is added to every text; otherwise very
 * short texts, which cannot repeat themselves, would score highest. Counts are integers with a single division, so
 * scores are bit-identical on every machine.
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
