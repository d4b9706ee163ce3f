/**
 * What loss laws need of the learning rates so far: their sum, and where they changed. Kept compact, so that a path of
 * 100,000 steps has a few hundred numbers.
 */

/** Consecutive changes of the rate that are close together, as one change. */
export interface RateDrop {
  /** Sum of the rates before minus the rates after; negative where the rate rose. */
  readonly drop: number;
  /** Sum of all rates before the change: the mean over the changes, weighted by `drop`. */
  readonly sum: number;
  /** Number of steps before the change; the same mean. */
  readonly step: number;
  /** Rate after the change; the same mean, of logarithms. 0 if the rate fell to 0. */
  readonly rate: number;
  /** Whether it is a part of the warm-up. */
  readonly warmup: boolean;
}

/** What a law needs to predict the loss after some steps. */
export interface RateSnapshot {
  /** Number of steps. */
  readonly steps: number;
  /** Sum of all rates. */
  readonly sum: number;
  /** Sum of all rates, each to the power of the history. */
  readonly progress: number;
  /** The steps of the warm-up: those at the start whose rate is 0, or above that of the step before. */
  readonly warmup: { readonly steps: number; readonly progress: number; readonly peak: number };
  readonly drops: readonly RateDrop[];
}

interface Bucket {
  drop: number;
  sum: number;
  step: number;
  logRate: number;
  /** 1 in the warm-up, else 0. */
  warmup: number;
  /** Of its last change, and how far its first one is behind, as a sum of rates and as steps. */
  lastSum: number;
  lastStep: number;
  spanSum: number;
  spanStep: number;
  /** Lowest and highest logarithm of a rate after a change. */
  low: number;
  high: number;
}

/** Numbers of a bucket, in the order in which they are stored. */
const FIELDS = [
  ...(['drop', 'sum', 'step', 'logRate', 'warmup'] as const),
  ...(['lastSum', 'lastStep', 'spanSum', 'spanStep', 'low', 'high'] as const),
];
const SCALARS = 8;

/** Changes are joined if they are closer together than this share of their distance from now. */
const CLOSE = 0.2;
/** Changes are joined every so many steps: a function of the number of steps, so that stopping changes no bit. */
const JOIN_EVERY = 32;

/**
 * Sum and changes of learning rates, step by step. Changes that are close together, compared with how long ago they
 * were, are joined; a law is then off by less than 1e-5 of the loss (`law.test.ts` compares with the full sums).
 */
export class RateHistory {
  #steps = 0;
  #sum = 0;
  #progress = 0;
  #rate = 0;
  #warming = true;
  #warmSteps = 0;
  #warmProgress = 0;
  #peak = 0;
  #buckets: Bucket[] = [];

  /** `power`: what the rates are raised to in the sum that measures progress; 1 in published laws. */
  constructor(private readonly power = 1) {}

  /** Number of steps so far. */
  get steps(): number {
    return this.#steps;
  }

  /** Adds a step at a rate, 0 or more; below 1e-20 it counts as 0. */
  push(given: number): void {
    // Float32 parts of a checkpoint hold no smaller numbers exactly.
    const rate = given < 1e-20 ? 0 : given;
    const progress = rate ** this.power;
    if (this.#warming && (rate > this.#rate || rate === 0)) {
      this.#warmSteps++;
      this.#warmProgress += progress;
      this.#peak = rate;
    } else {
      this.#warming = false;
    }
    if (rate !== this.#rate) this.#change(this.#rate - rate, rate);
    this.#rate = rate;
    this.#sum += rate;
    this.#progress += progress;
    this.#steps++;
    if (this.#steps % JOIN_EVERY === 0 && this.#buckets.length > 1) this.#join();
  }

  /** What laws need to predict the loss now. */
  snapshot(): RateSnapshot {
    return {
      steps: this.#steps,
      sum: this.#sum,
      progress: this.#progress,
      warmup: { steps: this.#warmSteps, progress: this.#warmProgress, peak: this.#peak },
      drops: this.#buckets.map(({ drop, sum, step, logRate, warmup }) => ({
        ...{ drop, sum, step, rate: Math.exp(logRate), warmup: warmup === 1 },
      })),
    };
  }

  /** An independent copy. */
  copy(): RateHistory {
    return RateHistory.fromNumbers(this.toNumbers(), this.power);
  }

  /** All numbers, for a checkpoint. */
  toNumbers(): Float64Array<ArrayBuffer> {
    const scalars = [
      ...[this.#steps, this.#sum, this.#progress, this.#rate],
      ...[this.#warming ? 1 : 0, this.#warmSteps, this.#warmProgress, this.#peak],
    ];
    return Float64Array.from([...scalars, ...this.#buckets.flatMap((bucket) => FIELDS.map((field) => bucket[field]))]);
  }

  /** A history from its numbers. Throws if they are not those of a history. */
  static fromNumbers(numbers: Float64Array, power = 1): RateHistory {
    if (numbers.length < SCALARS || (numbers.length - SCALARS) % FIELDS.length !== 0) {
      throw new Error(`${numbers.length} numbers are not a history of learning rates`);
    }
    const history = new RateHistory(power);
    history.#steps = numbers[0]!;
    history.#sum = numbers[1]!;
    history.#progress = numbers[2]!;
    history.#rate = numbers[3]!;
    history.#warming = numbers[4] === 1;
    history.#warmSteps = numbers[5]!;
    history.#warmProgress = numbers[6]!;
    history.#peak = numbers[7]!;
    for (let at = SCALARS; at < numbers.length; at += FIELDS.length) {
      const values = FIELDS.map((field, index) => [field, numbers[at + index]!] as const);
      history.#buckets.push(Object.fromEntries(values) as unknown as Bucket);
    }
    return history;
  }

  #change(drop: number, rate: number): void {
    const [sum, step, logRate] = [this.#sum, this.#steps, Math.log(rate)];
    const last = { lastSum: sum, lastStep: step, spanSum: 0, spanStep: 0 };
    const warmup = this.#warming ? 1 : 0;
    this.#buckets.push({ drop, sum, step, logRate, warmup, ...last, low: logRate, high: logRate });
  }

  /** Joins each bucket with the next while they stay close together. */
  #join(): void {
    const joined: Bucket[] = [this.#buckets[0]!];
    for (const next of this.#buckets.slice(1)) {
      const last = joined.at(-1)!;
      if (this.#areClose(last, next)) joined[joined.length - 1] = join(last, next);
      else joined.push(next);
    }
    this.#buckets = joined;
  }

  #areClose(a: Bucket, b: Bucket): boolean {
    if (Math.sign(a.drop) !== Math.sign(b.drop) || a.warmup !== b.warmup) return false;
    if (!(Math.max(a.high, b.high) - Math.min(a.low, b.low) <= CLOSE)) return false;
    const spanSum = b.lastSum - (a.lastSum - a.spanSum);
    const spanStep = b.lastStep - (a.lastStep - a.spanStep);
    return spanSum <= CLOSE * (this.#sum - b.lastSum) && spanStep <= CLOSE * (this.#steps - b.lastStep);
  }
}

function join(a: Bucket, b: Bucket): Bucket {
  const drop = a.drop + b.drop;
  const mean = (x: number, y: number) => (a.drop * x + b.drop * y) / drop;
  return {
    drop,
    sum: mean(a.sum, b.sum),
    step: mean(a.step, b.step),
    logRate: mean(a.logRate, b.logRate),
    warmup: a.warmup,
    lastSum: b.lastSum,
    lastStep: b.lastStep,
    spanSum: b.lastSum - (a.lastSum - a.spanSum),
    spanStep: b.lastStep - (a.lastStep - a.spanStep),
    low: Math.min(a.low, b.low),
    high: Math.max(a.high, b.high),
  };
}
