import { type Stage, stagesAlong } from '@branchline/core';

/**
 * An exponential decay over `steps` steps from the start rate to the share `end` of it, 0 < end <= 1: after step k of n
 * the rate is `end^(k/n)` of the start rate. Up to 128 steps it is exact at every step; for more steps it is made of
 * 128 line segments, whose relative error is at most (ln end / 128)²/8, always upwards: 0.004% for a decay to a tenth.
 */
export const exponential = (steps: number, end: number): readonly Stage[] => stagesAlong(steps, (r) => end ** r);
