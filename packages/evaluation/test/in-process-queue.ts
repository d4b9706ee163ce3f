/** A queue whose jobs run in this process, two at a time, in the order of their dependencies. */
import { setImmediate } from 'node:timers/promises';
import { type JobQueue, type JobRequest, jobFolder, type QueuedJob, writeBegin, writeEnd } from '@branchline/core';

/** What a job does: makes a state. */
export type Work = (state: string, signal: AbortSignal) => Promise<void>;

interface Job extends JobRequest {
  readonly id: string;
  readonly controller: AbortController;
  running: boolean;
}

export class InProcessQueue implements JobQueue {
  readonly name = 'the test queue';
  readonly mostJobs: number;
  /** Jobs submitted, in order. */
  readonly submitted: JobRequest[] = [];
  readonly #jobs = new Map<string, Job>();
  /** How the jobs that left the queue ended. */
  readonly #ended = new Map<string, boolean>();
  #count = 0;

  constructor(
    private readonly run: string,
    private readonly work: Work,
    { mostJobs = 100, nodes = 2 } = {},
  ) {
    this.mostJobs = mostJobs;
    this.nodes = nodes;
  }
  readonly nodes: number;

  async submit(request: JobRequest) {
    const id = String(++this.#count);
    this.submitted.push(request);
    this.#jobs.set(request.name, { ...request, id, controller: new AbortController(), running: false });
    this.#start();
    return { id };
  }

  async list(prefix: string): Promise<ReadonlyMap<string, QueuedJob>> {
    const jobs = [...this.#jobs].filter(([name]) => name.startsWith(prefix));
    return new Map(jobs.map(([name, { id, running }]) => [name, { id, state: running ? 'running' : 'pending' }]));
  }

  async stop(ids: readonly string[]): Promise<void> {
    for (const [name, job] of [...this.#jobs]) {
      if (!ids.includes(job.id)) continue;
      if (job.running) job.controller.abort();
      else this.#leave(name, job.id, false);
    }
  }

  stopCommand(ids: readonly string[]): string {
    return `stop ${ids.join(' ')}`;
  }

  /** Waits until no job is left. */
  async drain(): Promise<void> {
    while (this.#jobs.size > 0) await setImmediate();
  }

  #start(): void {
    for (const [name, job] of [...this.#jobs]) {
      const running = [...this.#jobs.values()].filter((other) => other.running).length;
      if (running >= this.nodes || job.running) continue;
      if (job.after.some((id) => this.#ended.get(id) === false)) this.#leave(name, job.id, false);
      if (!job.after.every((id) => this.#ended.get(id))) continue;
      job.running = true;
      void this.#carryOut(job).then((well) => this.#leave(name, job.id, well));
    }
  }

  async #carryOut({ command, controller }: Job): Promise<boolean> {
    const state = command.at(-1)!;
    const folder = jobFolder(this.run, state);
    await writeBegin(folder);
    try {
      await this.work(state, controller.signal);
      await writeEnd(folder);
      return true;
    } catch (error) {
      // A machine that goes away says nothing.
      if (!(error instanceof Lost)) await writeEnd(folder, error);
      return false;
    }
  }

  #leave(name: string, id: string, well: boolean): void {
    this.#jobs.delete(name);
    this.#ended.set(id, well);
    this.#start();
  }
}

/** Thrown where the machine of a job goes away. */
export class Lost extends Error {}
