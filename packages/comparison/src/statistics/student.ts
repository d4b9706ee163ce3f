/**
 * Student's t distribution, from stdlib: its kernels follow Boost and are good to the last digits also far in the
 * tails.
 */
import cdf from '@stdlib/stats-base-dists-t-cdf';
import quantile from '@stdlib/stats-base-dists-t-quantile';

/** The probability that a t variable with `freedom` degrees of freedom is above `t`; 0 and 1 for infinite `t`. */
export function upperTail(t: number, freedom: number): number {
  // By symmetry, because 1 - cdf would lose the digits of a small tail.
  return cdf(-t, freedom);
}

/** The value above which a t variable is with probability `tail`, 0 < tail <= 0.5. */
export function criticalValue(tail: number, freedom: number): number {
  return -quantile(tail, freedom);
}
