/** Named weightings of the last checkpoints. */
export const WEIGHTINGS = ['sma', 'ema', 'wma'] as const;
export type Weighting = (typeof WEIGHTINGS)[number];

/**
 * Weights of `last` checkpoints, newest first, adding up to 1.
 *
 * - `sma`: equal.
 * - `ema`: (1 - factor)^k for the k-th last.
 * - `wma`: last - k, falling linearly, so the newest has `last` times the oldest weight (Li et al., arXiv 2505.12082).
 */
export function namedWeights(weighting: Weighting, last: number, factor = 0.2): readonly number[] {
  const weight = {
    sma: () => 1,
    ema: (age: number) => (1 - factor) ** age,
    wma: (age: number) => last - age,
  }[weighting];
  return normalised(Array.from({ length: last }, (_, age) => weight(age)));
}

/** Scales weights to a sum of 1. */
export function normalised(weights: readonly number[]): readonly number[] {
  const sum = total(weights);
  return weights.map((weight) => weight / sum);
}

export const total = (weights: readonly number[]): number => weights.reduce((sum, weight) => sum + weight, 0);
