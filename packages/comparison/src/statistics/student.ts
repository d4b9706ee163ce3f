/** Student's t distribution from stdlib, whose kernels follow Boost and are accurate far into the tails. */
import cdf from '@stdlib/stats-base-dists-t-cdf';
import quantile from '@stdlib/stats-base-dists-t-quantile';

/** P(T > t) for `freedom` degrees of freedom; 0 and 1 for infinite `t`. */
export function upperTail(t: number, freedom: number): number {
  // By symmetry: 1 - cdf would lose precision in the tail.
  return cdf(-t, freedom);
}

/** The t with P(T > t) = `tail`, 0 < tail <= 0.5. */
export function criticalValue(tail: number, freedom: number): number {
  return -quantile(tail, freedom);
}
