/** Options of a version's learning rate that several baselines have. */
import type { Stage } from '@branchline/core';
import { z } from 'zod';

/** Curves a decay can have. */
export const CURVES = ['1-sqrt', 'linear', 'cosine'] as const;

/** End of a decay as a share of the peak. */
export const minRatio = z
  .number()
  .min(0)
  .max(1)
  .optional()
  .describe("End of the decay as a share of the peak. Default: the experiment's.");

/** Options that were parts of a schedule once, and where they stand now. */
export const RENAMED = {
  floor: 'minRatio',
  hold: "schedule: { kind: 'knee', hold }",
  decay: "schedule: { kind: 'stable-decay', decay }",
  curve: "schedule: { kind: 'stable-decay', decay, curve }",
};

/** What is wrong with a minimum that the schedule never falls to; undefined when it does. */
export function idleMinimum(schedule: readonly Stage[], chosen: number | undefined): string | undefined {
  if (chosen === undefined || schedule.some(({ to }) => to === 'min')) return undefined;
  return 'changes nothing: this schedule does not decay to the minimum';
}
