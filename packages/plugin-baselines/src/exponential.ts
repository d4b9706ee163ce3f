import type { Stage } from '@branchline/core';

/** So many straight lines at most: whatever the length of a path, its plan stays as short as this. */
const MOST_STAGES = 128;

/**
 * An exponential fall over `steps` steps from the rate a path starts with to the share `end` of it, 0 < end <= 1: after
 * the k-th of n steps the rate is `end^(k/n)` of the first. The kernel has no such curve, so it is drawn in straight
 * lines between points of it. Up to 128 steps every step is a point; beyond, a rate is too high by at most a share of
 * (ln end / 128)²/8: 0.004% for a fall to a tenth.
 */
export function exponential(steps: number, end: number): readonly Stage[] {
  const count = Math.min(steps, MOST_STAGES);
  const border = (index: number) => Math.round((index * steps) / count);
  return Array.from({ length: count }, (_, index) => ({
    share: (border(index + 1) - border(index)) / steps,
    curve: 'linear',
    to: end ** (border(index + 1) / steps),
  }));
}
