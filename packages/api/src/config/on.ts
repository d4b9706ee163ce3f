/** `on`: where the segments of an experiment are trained. */
import type { JobQueue, Problem } from '@branchline/core';
import { SlurmQueue, slurmOptionsSchema } from '@branchline/slurm';
import { z } from 'zod';
import { isObject } from '../files/objects.js';
import { parsePart, unknownKey } from './issues.js';

/** The type of `on` in an experiment file. */
export type OnConfig = 'local' | 'slurm' | { readonly slurm: z.input<typeof slurmOptionsSchema> };

/** A cluster that trains an experiment. */
export interface CheckedCluster {
  /** The options, with defaults. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly pollSeconds: number;
  queue(): JobQueue;
}

const HOW = "Write local, slurm, or { slurm: { partition: 'gpu', gpus: 1 } }.";

/** The schema of `on`, for editors. */
export const onSchema = z.union([
  z.enum(['local', 'slurm']),
  z.strictObject({ slurm: slurmOptionsSchema.describe('What jobs ask of the cluster.') }),
]);

/** Checks `on`. Returns undefined for this machine, and after a problem. */
export function readOn(value: unknown, problems: Problem[]): CheckedCluster | undefined {
  if (value === undefined || value === 'local') return undefined;
  const options = value === 'slurm' ? {} : isObject(value) ? value.slurm : undefined;
  if (options === undefined) {
    problems.push({ configPath: 'on', message: 'is no place to train', remedy: HOW });
    return undefined;
  }
  if (isObject(value)) {
    const unknown = Object.keys(value).filter((key) => key !== 'slurm');
    problems.push(...unknown.map((key) => unknownKey('on', key, ['slurm'])));
  }
  const settings = parsePart(slurmOptionsSchema, options, 'on.slurm', problems);
  if (settings === undefined) return undefined;
  const { pollSeconds } = settings;
  return { options: settings, pollSeconds, queue: () => new SlurmQueue(settings) };
}
