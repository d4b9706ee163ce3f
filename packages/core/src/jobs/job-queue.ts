/** The queue of a cluster, as the kernel needs it. */
import { token } from '../di.js';

/** A job to submit. */
export interface JobRequest {
  /** Unique among the jobs of a run that are in the queue. */
  readonly name: string;
  /** File that gets what the job prints; its folder exists. */
  readonly log: string;
  /** What to run. */
  readonly command: readonly string[];
  /** Ids of jobs in the queue that must end well before it begins. */
  readonly after: readonly string[];
}

/** A job in the queue. */
export interface QueuedJob {
  readonly id: string;
  readonly state: 'pending' | 'running';
  /** The node on which it runs. */
  readonly where?: string;
  /** Why it waits, in the words of the queue. */
  readonly reason?: string;
}

/** The answer to a submission: the id of the job, or why the queue takes no job now. */
export type Submitted = { readonly id: string } | { readonly full: string };

/** Runs jobs on the machines of a cluster. */
export interface JobQueue {
  /** For messages: `Slurm`. */
  readonly name: string;
  /** Jobs to have in the queue at the same time, at most. */
  readonly mostJobs: number;
  /** Submits a job. Throws a BranchlineError if the queue will never take such a job. */
  submit(job: JobRequest): Promise<Submitted>;
  /**
   * The jobs in the queue whose names begin with a prefix, by name. Throws a BranchlineError (`trainer`) if the queue
   * does not answer for a long time.
   */
  list(prefix: string, signal?: AbortSignal): Promise<ReadonlyMap<string, QueuedJob>>;
  /** Lets jobs store their state and end. Those that wait leave the queue. */
  stop(ids: readonly string[]): Promise<void>;
  /** A command with which a user stops these jobs. */
  stopCommand(ids: readonly string[]): string;
}

/** What a run needs in order to work by jobs. */
export interface JobLaunch {
  readonly queue: JobQueue;
  /** The command of the job that makes a state. */
  readonly command: (state: string) => readonly string[];
  /** Longest time between two looks at the queue, in seconds. Default 10. */
  readonly pollSeconds?: number;
}

export const JOB_LAUNCH = token<JobLaunch>('job-launch');
