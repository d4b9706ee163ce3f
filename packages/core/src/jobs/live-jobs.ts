import type { Digest } from '../json.js';
import { jobName } from './job-folder.js';
import type { QueuedJob } from './job-queue.js';

/** The jobs of a run that are in the queue, by the states that they make. */
export class LiveJobs {
  constructor(
    private readonly run: string,
    private readonly byName: Map<string, QueuedJob>,
  ) {}

  get size(): number {
    return this.byName.size;
  }

  get ids(): readonly string[] {
    return [...this.byName.values()].map(({ id }) => id);
  }

  get(state: Digest): QueuedJob | undefined {
    return this.byName.get(jobName(this.run, state));
  }

  has(state: Digest): boolean {
    return this.get(state) !== undefined;
  }

  add(state: Digest, job: QueuedJob): void {
    this.byName.set(jobName(this.run, state), job);
  }
}
