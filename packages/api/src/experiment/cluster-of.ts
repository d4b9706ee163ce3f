import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type JobQueue, jobsOf } from '@branchline/core';
import { SlurmQueue, slurmOptionsSchema } from '@branchline/slurm';

/** The queue that a run works by; undefined for a run that trains in its own process. */
export function clusterOf(run: string): JobQueue | undefined {
  if (!existsSync(join(jobsOf(run), 'job.json'))) return undefined;
  return new SlurmQueue(slurmOptionsSchema.parse({}));
}
