/** Test of a hypothesis about the mean of a sample: its p-value, and its verdict at an error level. */
import type { Sample } from './sample.js';
import { criticalValue, upperTail } from './student.js';

/** A hypothesis about the population mean. */
export type Hypothesis =
  /** Is the mean below 0, above 0, or within the margin of 0? Without a margin, never equivalent. */
  | { readonly kind: 'compare'; readonly margin?: number }
  /** The mean is above the bound. */
  | { readonly kind: 'above'; readonly bound: number }
  /** The mean is below the bound. */
  | { readonly kind: 'below'; readonly bound: number }
  /** The mean is less than the margin away from 0. */
  | { readonly kind: 'within'; readonly margin: number };

/** A sample and the hypothesis about its mean. */
export interface HypothesisTest {
  readonly sample: Sample;
  readonly hypothesis: Hypothesis;
}

/**
 * `below`, `above` and `equivalent` are verdicts of `compare`. The other kinds give `holds`, or `fails` if the opposite
 * is established.
 */
export type Verdict = 'below' | 'above' | 'equivalent' | 'holds' | 'fails' | 'undecided';

/** A closed confidence interval of the mean. */
export interface Interval {
  readonly low: number;
  readonly high: number;
  /** Coverage: the share of such intervals that contain the true mean, e.g. 0.95. */
  readonly confidence: number;
}

/** Result of a test. */
export interface Decision {
  /** Smallest error level at which the test is decided; null with fewer than two measurements. */
  readonly p: number | null;
  readonly verdict: Verdict;
}

/**
 * Student's t interval of the mean: mean ± t(1 - (1 - confidence) / 2, n - 1) * s / sqrt(n). Null with fewer than two
 * values.
 */
export function tInterval({ count, mean, standardDeviation }: Sample, confidence: number): Interval | null {
  if (standardDeviation === null) return null;
  const error = standardDeviation / Math.sqrt(count);
  const half = error === 0 ? 0 : criticalValue((1 - confidence) / 2, count - 1) * error;
  return { low: mean - half, high: mean + half, confidence };
}

/**
 * Decides a test at error level `alpha`. Direction corresponds to the two-sided interval of confidence 1 - alpha,
 * equivalence to the interval of confidence 1 - 2 alpha (the two one-sided tests of Schuirmann, 1987). A significant
 * difference smaller than the margin is `equivalent`, because the margin defines which differences matter.
 */
export function decide({ sample, hypothesis }: HypothesisTest, alpha: number): Decision {
  if (sample.standardDeviation === null) return { p: null, verdict: 'undecided' };
  const outcomes = outcomesOf(sample, hypothesis);
  const p = Math.min(...outcomes.map((outcome) => outcome.p));
  const found = outcomes.find((outcome) => outcome.p <= alpha);
  return { p, verdict: found?.verdict ?? 'undecided' };
}

/** Possible verdicts with their p-values; the first with p <= alpha applies. */
function outcomesOf(
  sample: Sample,
  hypothesis: Hypothesis,
): readonly { readonly verdict: Verdict; readonly p: number }[] {
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

/** p-value of the two-sided t test of the mean against a value. */
function twoSided(sample: Sample, value: number): number {
  return Math.min(1, 2 * tail(sample, Math.abs(sample.mean - value)));
}

/** p-value of the equivalence test: the larger p-value of the two one-sided tests. */
function equivalence(sample: Sample, margin: number): number {
  return Math.max(tail(sample, margin + sample.mean), tail(sample, margin - sample.mean));
}

/** Upper-tail probability of the t distribution at `distance`, given in units of the mean. */
function tail({ count, standardDeviation }: Sample, distance: number): number {
  const error = standardDeviation! / Math.sqrt(count);
  // Without spread the mean is exact; a distance of 0 decides nothing.
  if (error === 0) return distance > 0 ? 0 : distance < 0 ? 1 : 0.5;
  return upperTail(distance / error, count - 1);
}
