/** Decays that a merge can emulate. */
export const DECAYS = ['linear', 'cosine', '1-sqrt'] as const;
export type Decay = (typeof DECAYS)[number];

/** The remaining share of the rate after a share r of a decay from 1 to 0. */
const LEFT: Readonly<Record<Decay, (r: number) => number>> = {
  linear: (r) => 1 - r,
  cosine: (r) => (1 + Math.cos(Math.PI * r)) / 2,
  '1-sqrt': (r) => 1 - Math.sqrt(r),
};

/**
 * Decay weights of the k intervals between k + 1 checkpoints, oldest first: the factor by which the decay scales each
 * interval's update. The i-th is the value at i / (k + 1) of a decay to `end` of the rate. The decay ends after the
 * newest checkpoint, so a linear decay to 0 gives the uniform mean.
 */
export function decayWeights(decay: Decay, intervals: number, end: number): readonly number[] {
  return Array.from({ length: intervals }, (_, index) => {
    const left = LEFT[decay]((index + 1) / (intervals + 1));
    return end + (1 - end) * left;
  });
}

/**
 * The merge that emulates a decay (WSM, Tian et al., arXiv 2507.17634). For decay weights w_1 >= ... >= w_k of the
 * updates between the checkpoints 0 ... k it returns c_k = w_k, c_j = w_j - w_(j+1), c_0 = 1 - w_1, newest first. They
 * add up to 1, and the sum of c_j·checkpoint_j is checkpoint_0 + the sum of w_i·update_i. At a constant rate this is
 * the end of the decay under the same gradients; a real decay sees other gradients, so the two differ.
 */
export function mergeWeights(decay: readonly number[]): readonly number[] {
  return [1, ...decay].map((weight, index) => weight - (decay[index] ?? 0)).reverse();
}
