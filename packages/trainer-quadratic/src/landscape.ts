import type { QuadraticSettings } from './options.js';

/**
 * Curvatures of the directions, a power law from 1 to 1 / condition: the i-th of d is i^-a with a = ln(condition) /
 * ln(d).
 */
export function spectrum({ dimension, condition }: Pick<QuadraticSettings, 'dimension' | 'condition'>): Float64Array {
  const exponent = dimension === 1 ? 0 : Math.log(condition) / Math.log(dimension);
  return Float64Array.from({ length: dimension }, (_, index) => (index + 1) ** -exponent);
}

/**
 * What a batch does to the weights, but for the curvature: a direction of curvature k has the gradient k·(stiffness·w -
 * offset) + sqrt(k)·noise.
 */
export interface Force {
  /** 1 for clean text; less where noise pulls less. */
  readonly stiffness: number;
  readonly offset: number;
  /** Share of noise in the batch. */
  readonly corruption: number;
  /** Standard deviation that each sequence of the batch puts in, in its place. */
  readonly noise: Float64Array;
}

/** The force of a batch whose sequences have these qualities, from 0 to 1, and these weights. */
export function forceOf(
  { variance, pull, drift = 1 }: Pick<QuadraticSettings, 'variance' | 'pull' | 'drift'>,
  qualities: ArrayLike<number>,
  weights: ArrayLike<number> | undefined,
): Force {
  const shares = Float64Array.from(qualities, (_, row) => weights?.[row] ?? 1);
  const total = shares.reduce((sum, weight) => sum + weight, 0);
  const noise = new Float64Array(qualities.length);
  let corruption = 0;
  for (let row = 0; row < noise.length; row++) {
    const share = shares[row]! / total;
    const corrupt = 1 - qualities[row]!;
    corruption += share * corrupt;
    noise[row] = share * Math.sqrt(variance.clean + (variance.corrupt - variance.clean) * corrupt);
  }
  return { stiffness: 1 - (1 - pull) * corruption, offset: pull * drift * corruption, corruption, noise };
}
