import type { QuadraticSettings } from './options.js';

/**
 * Curvatures of the directions, a power law from 1 to 1 / condition: the i-th of d is i^-a, where
 * a = ln(condition) / ln(d).
 */
export function spectrum({ dimension, condition }: Pick<QuadraticSettings, 'dimension' | 'condition'>): Float64Array {
  const exponent = dimension === 1 ? 0 : Math.log(condition) / Math.log(dimension);
  return Float64Array.from({ length: dimension }, (_, index) => (index + 1) ** -exponent);
}

/**
 * The effect of a batch on the weights, without the curvature: in a direction of curvature k the gradient is
 * k·(stiffness·w - offset) + sqrt(k)·noise.
 */
export interface Force {
  /** 1 for clean text; lower if noise pulls less than clean text. */
  readonly stiffness: number;
  readonly offset: number;
  /** Share of noise in the batch. */
  readonly corruption: number;
  /** Standard deviation of the noise from each sequence of the batch, in its order. */
  readonly noise: Float64Array;
}

/** The force of a batch with the qualities (0 to 1) and loss weights (default 1) of its sequences. */
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
