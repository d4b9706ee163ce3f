import { cosine, knee, linear, multiStep, type Stage } from '@branchline/core';

/** Schedules a branch can have. */
export const SCHEDULES = ['1-sqrt', 'cosine', 'linear', 'knee', 'multi-step'] as const;
export type BranchSchedule = (typeof SCHEDULES)[number];

/** The stages of a branch that starts at the rate of the main path. */
export function stagesOf(schedule: BranchSchedule, hold?: number): readonly Stage[] {
  switch (schedule) {
    case '1-sqrt':
      return [{ share: 1, curve: '1-sqrt', to: 'floor' }];
    case 'cosine':
      return cosine();
    case 'linear':
      return linear();
    case 'knee':
      return knee(hold);
    case 'multi-step':
      return multiStep();
  }
}

/** Where a branch lies on the main path of its version, in steps. */
export interface BranchSpan {
  readonly at: number;
  readonly steps: number;
}

/** Rounds the shares to steps. A branch has at least one step and ends within the increment. */
export function spanOf(alpha: number, fork: number | undefined, increment: number): BranchSpan {
  const steps = Math.min(increment, Math.max(1, Math.round(alpha * increment)));
  const end = increment - steps;
  return { at: fork === undefined ? end : Math.min(Math.round(fork * increment), end), steps };
}

/**
 * The stages of a branch that leaves the main path `at` steps into a longer warm-up: it first finishes the warm-up, then
 * follows `stages`. Levels are shares of the rate at the fork, which is at / warmup of the peak.
 */
export function finishWarmup(stages: readonly Stage[], { at, steps }: BranchSpan, warmup: number): readonly Stage[] {
  const rise = warmup - at;
  const toPeak = warmup / at;
  if (rise >= steps) return [{ share: 1, curve: 'linear', to: (at + steps) / at }];
  const scaled = stages.map((stage) => ({
    ...stage,
    share: (stage.share * (steps - rise)) / steps,
    to: stage.to === 'floor' ? stage.to : stage.to * toPeak,
  }));
  return [{ share: rise / steps, curve: 'linear', to: toPeak }, ...scaled];
}
