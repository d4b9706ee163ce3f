/** One hypothesis about the mean of a sample: the smallest error level that decides it, and its verdict at a level. */
import type { Sample } from './sample.js';
import { criticalValue, upperTail } from './student.js';

/** What is asked, or claimed, of the mean of the population that a sample comes from. */
export type Hypothesis =
  /** Is it below 0, above 0, or within the margin of 0? Without a margin nothing is equivalent. */
  | { readonly kind: 'compare'; readonly margin?: number }
  /** It is above the bound. */
  | { readonly kind: 'above'; readonly bound: number }
  /** It is below the bound. */
  | { readonly kind: 'below'; readonly bound: number }
  /** It is less than the margin away from 0. */
  | { readonly kind: 'within'; readonly margin: number };

/** A sample and the hypothesis about its mean. */
export interface HypothesisTest {
  readonly sample: Sample;
  readonly hypothesis: Hypothesis;
}

/**
 * Of `compare`: `below`, `above`, `equivalent`. Of the others: `holds`, or `fails` when the opposite is established.
 */
export type Verdict = 'below' | 'above' | 'equivalent' | 'holds' | 'fails' | 'undecided';

/** A confidence interval of the mean; both ends belong to it. */
export interface Interval {
  readonly low: number;
  readonly high: number;
  /** The share of such intervals that hold the true mean, e.g. 0.95. */
  readonly confidence: number;
}

/** The smallest error level at which a test is decided, and how. */
export interface Decision {
  /** Null with fewer than two measurements: nothing decides it. */
  readonly p: number | null;
  readonly verdict: Verdict;
}

/**
 * Student's interval of the mean: mean -+ t(1 - (1 - confidence) / 2, n - 1) * s / sqrt(n). Null with fewer than two
 * values.
 */
export function tInterval({ count, mean, standardDeviation }: Sample, confidence: number): Interval | null {
  if (standardDeviation === null) return null;
  const error = standardDeviation / Math.sqrt(count);
  const half = error === 0 ? 0 : criticalValue((1 - confidence) / 2, count - 1) * error;
  return { low: mean - half, high: mean + half, confidence };
}

/**
 * Decides a test at an error level `alpha`. Direction is read off the two-sided interval of confidence 1 - alpha;
 * equivalence off the interval of confidence 1 - 2 alpha, which is the two one-sided tests of Schuirmann (1987). A
 * difference that is established and yet smaller than the margin is `equivalent`: the margin says which differences
 * matter.
 */
export function decide({ sample, hypothesis }: HypothesisTest, alpha: number): Decision {
  if (sample.standardDeviation === null) return { p: null, verdict: 'undecided' };
  const ways = waysOf(sample, hypothesis);
  const p = Math.min(...ways.map((way) => way.p));
  const found = ways.find((way) => way.p <= alpha);
  return { p, verdict: found?.verdict ?? 'undecided' };
}

/** Possible verdicts, each with the level it takes; the first that is reached counts. */
function waysOf(sample: Sample, hypothesis: Hypothesis): readonly { readonly verdict: Verdict; readonly p: number }[] {
  const { mean } = sample;
  if (hypothesis.kind === 'within') {
    const { margin } = hypothesis;
    const edge = mean < 0 ? -margin : margin;
    const outside = Math.abs(mean) > margin ? twoSided(sample, edge) : 1;
    return [
      { verdict: 'holds', p: equivalence(sample, margin) },
      { verdict: 'fails', p: outside },
    ];
  }
  if (hypothesis.kind === 'compare') {
    const { margin } = hypothesis;
    const direction = { verdict: mean < 0 ? 'below' : 'above', p: twoSided(sample, 0) } as const;
    return margin === undefined ? [direction] : [{ verdict: 'equivalent', p: equivalence(sample, margin) }, direction];
  }
  const { kind, bound } = hypothesis;
  const asExpected = kind === 'above' ? mean > bound : mean < bound;
  return [{ verdict: asExpected ? 'holds' : 'fails', p: twoSided(sample, bound) }];
}

/** The p-value of the two-sided t test of a mean against a value. */
function twoSided(sample: Sample, value: number): number {
  return Math.min(1, 2 * tail(sample, Math.abs(sample.mean - value)));
}

/** The p-value of the two one-sided tests: the larger of the two. */
function equivalence(sample: Sample, margin: number): number {
  return Math.max(tail(sample, margin + sample.mean), tail(sample, margin - sample.mean));
}

/** How likely a t variable is to be further above 0 than a distance, in standard errors. */
function tail({ count, standardDeviation }: Sample, distance: number): number {
  const error = standardDeviation! / Math.sqrt(count);
  // Without any spread the mean is certain, and a distance of 0 decides nothing.
  if (error === 0) return distance > 0 ? 0 : distance < 0 ? 1 : 0.5;
  return upperTail(distance / error, count - 1);
}
