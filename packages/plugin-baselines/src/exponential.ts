import type { Stage } from '@branchline/core';

/** Maximum number of line segments, which bounds the size of the plan. */
const MOST_STAGES = 128;

/**
 * An exponential decay over `steps` steps from the start rate to the share `end` of it, 0 < end <= 1: after step k of n
 * the rate is `end^(k/n)` of the start rate. The kernel has no such curve, so it is approximated by line segments. Up
 * to 128 steps it is exact at every step; for more steps the relative error is at most (ln end / 128)²/8, always
 * upwards: 0.004% for a decay to a tenth.
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
