import type { Stage } from '@branchline/core';

/** Start and length of a branch, in steps of its version's main path. */
export interface BranchPlace {
  readonly at: number;
  readonly steps: number;
}

/** Converts shares to steps. A branch has at least one step and ends within the increment. */
export function placeBranch(alpha: number, fork: number | undefined, increment: number): BranchPlace {
  const steps = Math.min(increment, Math.max(1, Math.round(alpha * increment)));
  const latest = increment - steps;
  return { at: fork === undefined ? latest : Math.min(Math.round(fork * increment), latest), steps };
}

/**
 * The stages of a branch that leaves the main path within the warm-up: it finishes the warm-up, then follows `stages`.
 * Levels are relative to the rate at the fork, which is at / warmup of the peak.
 */
export function finishWarmup(stages: readonly Stage[], { at, steps }: BranchPlace, warmup: number): readonly Stage[] {
  const rise = warmup - at;
  const toPeak = warmup / at;
  if (rise >= steps) return [{ share: 1, curve: 'linear', to: (at + steps) / at }];
  const scaled = stages.map((stage) => ({
    ...stage,
    share: (stage.share * (steps - rise)) / steps,
    to: stage.to === 'min' ? stage.to : stage.to * toPeak,
  }));
  return [{ share: rise / steps, curve: 'linear', to: toPeak }, ...scaled];
}
