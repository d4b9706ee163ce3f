import { setImmediate } from 'node:timers/promises';
import { RandomStream } from '@branchline/core';

/** Settings of a linear model of byte n-grams. */
export interface LinearSettings {
  /** Lengths of the shortest and the longest n-grams, in bytes. */
  readonly ngrams: readonly [shortest: number, longest: number];
  /** Number of weights, a power of two; n-grams with the same hash share one. */
  readonly buckets: number;
  /** How often each text of the larger class is visited. */
  readonly epochs: number;
}

/** Length of the parts of a text that the model learns from, in bytes: long texts are many examples, not heavy ones. */
const WINDOW = 1024;
/** A text counts as if it had this many more n-grams that say nothing, so that very short ones are not extreme. */
const PRIOR = 64;
/** Learning rate of the first step, for vectors of length 1. It falls linearly to 0, as in fastText. */
const RATE = 0.5;
/** Visits before other events are handled. */
const VISITS_BETWEEN = 256;

/**
 * e^z / (1 + e^z), made of additions, multiplications and divisions only: JavaScript rounds these as IEEE 754 says, so
 * the result has the same bits on every machine. (`Math.exp` is implementation-defined.) Accurate to 1e-13.
 */
export function logistic(z: number): number {
  const small = Math.min(Math.max(z, -40), 40) / 64;
  let power = 1;
  for (let k = 16; k > 0; k--) power = 1 + (small * power) / k;
  for (let k = 0; k < 6; k++) power *= power;
  return power / (1 + power);
}

/** Windows of one class, in an order that does not depend on that of the texts. */
interface Windows {
  readonly texts: readonly Uint8Array[];
  /** Text and first byte of each window. */
  readonly places: readonly (readonly [text: number, from: number])[];
  readonly order: Uint32Array;
}

function windowsOf(texts: readonly Uint8Array[], name: string): Windows {
  const places = texts.flatMap((text, index) =>
    Array.from({ length: Math.ceil(text.length / WINDOW) }, (_, window) => [index, window * WINDOW] as const),
  );
  const order = Uint32Array.from(places, (_, index) => index);
  return { texts, places, order: new RandomStream(0, `classifier ${name}`).shuffle(order) };
}

// Loops over n-grams are functions of arrays: several times faster than methods that read private fields.

/**
 * Writes the buckets of all n-grams that begin in a window to `slots`; returns their number.
 *
 * @param mask The number of buckets less 1.
 */
function findSlots(
  text: Uint8Array,
  from: number,
  shortest: number,
  longest: number,
  mask: number,
  slots: Int32Array,
): number {
  const to = Math.min(text.length, from + WINDOW);
  let count = 0;
  for (let i = from; i < to; i++) {
    const end = Math.min(text.length, i + longest);
    let hash = 0;
    for (let at = i; at < end; at++) {
      hash = Math.imul(hash ^ (text[at]! + 1), 0x9e3779b1);
      hash ^= hash >>> 15;
      if (at - i + 1 >= shortest) slots[count++] = hash & mask;
    }
  }
  return count;
}

/** Sum of the weights of the first `count` slots. */
function sumOf(weights: Float64Array, slots: Int32Array, count: number): number {
  let sum = 0;
  for (let k = 0; k < count; k++) sum += weights[slots[k]!]!;
  return sum;
}

/** Adds a number to the weight of each of the first `count` slots, as often as it is there. */
function addTo(weights: Float64Array, slots: Int32Array, count: number, step: number): void {
  for (let k = 0; k < count; k++) weights[slots[k]!]! += step;
}

/** Sum of the squares of the numbers of times that a bucket is in the first `count` slots. `counts` is 0 throughout. */
function squaresOf(counts: Int32Array, slots: Int32Array, count: number): number {
  let squares = 0;
  // (c + 1)^2 - c^2 = 2 c + 1
  for (let k = 0; k < count; k++) squares += 2 * counts[slots[k]!]!++ + 1;
  for (let k = 0; k < count; k++) counts[slots[k]!] = 0;
  return squares;
}

/**
 * Logistic regression on the frequencies of hashed byte n-grams, in the manner of fastText (Joulin et al., "Bag of
 * Tricks for Efficient Text Classification", 2017): the score of a text is the mean weight of its n-grams, so it does
 * not depend on the length. Trained by stochastic gradient descent with a falling rate. Takes 8 bytes for each bucket,
 * 12 while it is trained.
 */
export class LinearModel {
  readonly #settings: LinearSettings;
  readonly #weights: Float64Array;
  /** Buckets of the n-grams of the current window. */
  readonly #slots: Int32Array;
  /** Score of a text without n-grams. */
  #center = 0;

  private constructor(settings: LinearSettings) {
    const [shortest, longest] = settings.ngrams;
    this.#settings = settings;
    this.#weights = new Float64Array(settings.buckets);
    this.#slots = new Int32Array(WINDOW * (longest - shortest + 1));
  }

  /**
   * Fits a model that scores texts like `positive` high and texts like `negative` low. Both classes count the same,
   * whatever their sizes: they take turns, and the smaller one is visited more often. Neither may be without text.
   */
  static async fit(
    positive: readonly Uint8Array[],
    negative: readonly Uint8Array[],
    settings: LinearSettings,
  ): Promise<LinearModel> {
    const model = new LinearModel(settings);
    const classes = [windowsOf(positive, 'reference'), windowsOf(negative, 'sample')] as const;
    const perEpoch = Math.max(...classes.map(({ order }) => order.length));
    const visits = settings.epochs * perEpoch;
    const scale = RATE / model.#meanSquare(classes);
    for (let visit = 0; visit < visits; visit++) {
      const rate = scale * (1 - visit / visits);
      for (const [index, windows] of classes.entries()) {
        const count = model.#load(windows, visit);
        const error = logistic(model.#sum(count) / (count + PRIOR)) - (index === 0 ? 1 : 0);
        addTo(model.#weights, model.#slots, count, (-rate * error) / (count + PRIOR));
      }
      if (visit % VISITS_BETWEEN === 0) await setImmediate();
    }
    model.#setCenter(classes);
    return model;
  }

  /** Log-odds of the first class over the second for text of about 1 KiB, if both are equally frequent. */
  score(text: Uint8Array): number {
    let sum = 0;
    let count = 0;
    for (let from = 0; from < text.length; from += WINDOW) {
      const found = this.#find(text, from);
      sum += this.#sum(found);
      count += found;
    }
    return this.#center + (sum - count * this.#center) / (count + PRIOR);
  }

  /** Finds the n-grams of window number `visit` of an endless repetition of the windows; returns their number. */
  #load({ texts, places, order }: Windows, visit: number): number {
    const [text, from] = places[order[visit % order.length]!]!;
    return this.#find(texts[text]!, from);
  }

  #find(text: Uint8Array, from: number): number {
    const [shortest, longest] = this.#settings.ngrams;
    return findSlots(text, from, shortest, longest, this.#settings.buckets - 1, this.#slots);
  }

  #sum(count: number): number {
    return sumOf(this.#weights, this.#slots, count);
  }

  /** Mean squared length of the frequency vectors; the mean of the two classes. */
  #meanSquare(classes: readonly Windows[]): number {
    const counts = new Int32Array(this.#settings.buckets);
    const means = classes.map((windows) => {
      let sum = 0;
      for (let visit = 0; visit < windows.order.length; visit++) {
        const count = this.#load(windows, visit);
        const total = count + PRIOR;
        sum += squaresOf(counts, this.#slots, count) / (total * total);
      }
      return sum / windows.order.length;
    });
    // Not 0, or the rate would be infinite: texts without any n-gram.
    return means.reduce((sum, mean) => sum + mean, 0) / means.length || 1;
  }

  /** Sets the center to the mean score of full windows, the same for both classes. */
  #setCenter(classes: readonly Windows[]): void {
    const means = classes.map((windows) => {
      let sum = 0;
      for (let visit = 0; visit < windows.order.length; visit++) {
        const count = this.#load(windows, visit);
        sum += this.#sum(count) / Math.max(1, count);
      }
      return sum / windows.order.length;
    });
    this.#center = means.reduce((sum, mean) => sum + mean, 0) / means.length;
  }
}
