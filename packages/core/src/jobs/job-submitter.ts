import { setTimeout as sleep } from 'node:timers/promises';
import { inject, injectable } from '../di.js';
import { makeFolder } from '../files/make-folder.js';
import { objectiveIn } from '../graph/run-graph.js';
import type { Digest } from '../json.js';
import { RunEmitter } from '../run/events.js';
import { StopGuard } from '../run/stop-guard.js';
import { RUN_DIRECTORY, type RunDirectory } from '../store/run-directory.js';
import { JobBudget } from './job-budget.js';
import { jobFolder, jobName, jobPrefix, logOf } from './job-folder.js';
import { JOB_LAUNCH, type JobLaunch } from './job-queue.js';
import { LiveJobs } from './live-jobs.js';
import type { WantedJob } from './wanted-jobs.js';

/** How long jobs may take to store their states and leave the queue, in milliseconds. */
const LEAVE_MS = 300_000;

/** Puts the jobs of a run into the queue and stops them. */
@injectable()
export class JobSubmitter {
  /** States whose jobs this process submitted. */
  readonly submitted = new Set<Digest>();
  #full: string | undefined;

  constructor(
    @inject(JOB_LAUNCH) private readonly launch: JobLaunch,
    @inject(RUN_DIRECTORY) private readonly run: RunDirectory,
    @inject(RunEmitter) private readonly events: RunEmitter,
    @inject(StopGuard) private readonly guard: StopGuard,
    @inject(JobBudget) readonly budget: JobBudget,
  ) {}

  get queue() {
    return this.launch.queue;
  }

  /** Longest time between two looks at the queue, in milliseconds. */
  get longestWait(): number {
    return (this.launch.pollSeconds ?? 10) * 1000;
  }

  async live(signal?: AbortSignal): Promise<LiveJobs> {
    const { directory } = this.run;
    return new LiveJobs(directory, new Map(await this.queue.list(jobPrefix(directory), signal)));
  }

  /**
   * Submits jobs that are not in the queue, if what they read is stored or made by one that is. Returns whether it
   * submitted any; a queue that is full is asked again later. Throws a `budget` error if there is none in the queue
   * and the budget has room for none.
   */
  async submit(jobs: ReadonlyMap<Digest, WantedJob>, live: LiveJobs): Promise<boolean> {
    const { queue, run, launch, budget } = this;
    let any = false;
    let unaffordable: WantedJob | undefined;
    for (const [state, job] of jobs) {
      const { reads } = job;
      if (live.has(state)) budget.reserve(state, job);
      if (live.has(state)) continue;
      if (live.size >= queue.mostJobs) break;
      const inQueue = [...reads].filter((read) => live.has(read));
      if (![...reads].every((read) => run.store.has(read) || live.has(read))) continue;
      if (!budget.reserve(state, job)) {
        unaffordable ??= job;
        continue;
      }
      await makeFolder(jobFolder(run.directory, state));
      const answer = await queue.submit({
        name: jobName(run.directory, state),
        log: logOf(run.directory, state),
        command: launch.command(state),
        after: inQueue.map((read) => live.get(read)!.id),
      });
      if ('full' in answer) {
        budget.release(state);
        this.#announceFull(answer.full, live.size);
        break;
      }
      live.add(state, { id: answer.id, state: 'pending' });
      this.submitted.add(state);
      any = true;
    }
    if (unaffordable !== undefined && live.size === 0) {
      const { node, steps } = unaffordable;
      const left = () => [...jobs.values()].reduce((sum, job) => sum + job.steps, 0);
      this.guard.assertRoomFor(steps, left, node.incoming && objectiveIn(node.incoming));
    }
    return any;
  }

  /** Stops all jobs of the run and waits until they have left the queue. */
  async stopAll(): Promise<void> {
    const { queue } = this;
    const live = await this.live();
    if (live.size === 0) return;
    this.events.emit('log', 'info', `${queue.name}: ${live.size} jobs store their states and stop`);
    await queue.stop(live.ids);
    for (const end = Date.now() + LEAVE_MS; Date.now() < end && (await this.live()).size > 0; ) await sleep(500);
  }

  #announceFull(reason: string, live: number): void {
    if (this.#full === reason) return;
    this.#full = reason;
    const message = `${this.queue.name} takes no more jobs now (${reason}); ${live} are in the queue, the rest follow`;
    this.events.emit('warning', message);
  }
}
