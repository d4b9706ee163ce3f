/** Learning-rate options shared by several baselines. */
import type { Stage } from '@branchline/core';
import { z } from 'zod';

/** Curves of a decay. */
export const CURVES = ['1-sqrt', 'linear', 'cosine'] as const;

/** End of a decay as a share of the peak. */
export const minRatio = z
  .number()
  .min(0)
  .max(1)
  .optional()
  .describe("End of the decay as a share of the peak. Default: the experiment's.");

/** Former options and their current names. */
export const RENAMED = {
  floor: 'minRatio',
  hold: "schedule: { kind: 'knee', hold }",
  decay: "schedule: { kind: 'stable-decay', decay }",
  curve: "schedule: { kind: 'stable-decay', decay, curve }",
};

/** The error message for a `minRatio` that the schedule never reaches; undefined if it is valid. */
export function idleMinimum(schedule: readonly Stage[], chosen: number | undefined): string | undefined {
  if (chosen === undefined || schedule.some(({ to }) => to === 'min')) return undefined;
  return 'changes nothing: this schedule does not decay to the minimum';
}
