import { RandomStream } from '@branchline/core';

/** Number of values in a signature. */
export const SIGNATURE = 128;
/** Number of words in a shingle. */
const SHINGLE = 5;

const random = new RandomStream(0, 'minhash');
const FACTORS = Uint32Array.from({ length: SIGNATURE }, () => random.next() | 1);
const OFFSETS = Uint32Array.from({ length: SIGNATURE }, () => random.next());

/** The 32-bit finalizer of MurmurHash3. */
function mixed(value: number): number {
  let hash = value;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** Whether a byte belongs to a word: ASCII letters, digits, underscore, and all non-ASCII bytes. */
function isWord(byte: number): boolean {
  return (
    byte >= 0x80 ||
    (byte >= 0x30 && byte <= 0x39) ||
    (byte >= 0x61 && byte <= 0x7a) ||
    (byte >= 0x41 && byte <= 0x5a) ||
    byte === 0x5f
  );
}

/** Hashes of the words of a text; ASCII letters are case-insensitive. */
function wordsOf(text: Uint8Array): number[] {
  const words: number[] = [];
  let hash = 0;
  let length = 0;
  for (let i = 0; i <= text.length; i++) {
    const byte = text[i] ?? 0x20;
    if (isWord(byte)) {
      hash = Math.imul(hash ^ (byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte), 0x01000193);
      length++;
    } else if (length > 0) {
      words.push(mixed(hash ^ length));
      hash = 0;
      length = 0;
    }
  }
  return words;
}

/** Shingles hashed in one step of `signing`: about a tenth of a second. */
const STEP = 2 ** 18;

/**
 * MinHash signature of a text (Broder, "On the resemblance and containment of documents", 1997): the share of equal
 * values in two signatures estimates the Jaccard similarity of their five-word shingles. Undefined for a text without
 * words.
 */
export function signatureOf(text: Uint8Array): Uint32Array | undefined {
  const steps = signing(text);
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

/** Computes `signatureOf` in steps, between which other events can be handled. */
export function* signing(text: Uint8Array): Generator<void, Uint32Array | undefined, void> {
  const words = wordsOf(text);
  if (words.length === 0) return undefined;
  const signature = new Uint32Array(SIGNATURE).fill(0xffffffff);
  for (let start = 0; start === 0 || start + SHINGLE <= words.length; start++) {
    let shingle = 0;
    for (let i = start; i < Math.min(start + SHINGLE, words.length); i++)
      shingle = mixed(Math.imul(shingle, 31) + words[i]!);
    for (let i = 0; i < SIGNATURE; i++) {
      const value = mixed(Math.imul(FACTORS[i]!, shingle) + OFFSETS[i]!);
      if (value < signature[i]!) signature[i] = value;
    }
    if ((start + 1) % STEP === 0) yield;
  }
  return signature;
}

/** Share of equal values in two signatures. */
export function similarity(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let equal = 0;
  for (let i = 0; i < SIGNATURE; i++) if (a[i] === b[i]) equal++;
  return equal / SIGNATURE;
}

/**
 * Number of values per band: the largest power of two up to 32 with which two texts of similarity `threshold` share a
 * band with probability of at least 0.9.
 */
export function bandLength(threshold: number): number {
  const found = (length: number) => 1 - (1 - threshold ** length) ** Math.floor(SIGNATURE / length);
  let length = 1;
  while (length < 32 && found(length * 2) >= 0.9) length *= 2;
  return length;
}

/** A 53-bit hash of each band of a signature; equal bands have equal hashes. */
export function bandsOf(signature: ArrayLike<number>, length: number): number[] {
  return Array.from({ length: Math.floor(SIGNATURE / length) }, (_, band) => {
    let [low, high] = [mixed(band + 1), mixed(~band)];
    for (let i = band * length; i < (band + 1) * length; i++) {
      low = mixed(low ^ signature[i]!);
      high = mixed(Math.imul(high, 31) + signature[i]!);
    }
    return (high >>> 11) * 2 ** 32 + low;
  });
}
