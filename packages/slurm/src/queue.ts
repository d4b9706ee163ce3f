/** Jobs of a Slurm cluster. */
import { userInfo } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { BranchlineError, type JobQueue, type JobRequest, type QueuedJob, type Submitted } from '@branchline/core';
import { runProgram } from './command.js';
import type { SlurmOptions } from './options.js';

/** Seconds before the time limit at which a job is warned, so that it can store its state. */
const WARNING_SECONDS = 120;

/** How long `squeue` may fail before the run stops: a controller that is started again takes a minute or two. */
const PATIENCE_MS = 600_000;
const LONGEST_PAUSE_MS = 15_000;

/** What sbatch says when it would take the job later. */
const LATER =
  /submit limit|QOS policy|temporarily|too many|try again|not responding|unable to contact|timed out|connection refused|dependency problem/i;

/** Asks Slurm's programs, which talk to the controller of the cluster. */
export class SlurmQueue implements JobQueue {
  readonly name = 'Slurm';
  readonly mostJobs: number;

  constructor(private readonly options: SlurmOptions) {
    this.mostJobs = options.jobs;
  }

  async submit(job: JobRequest): Promise<Submitted> {
    const { code, stdout, stderr } = await runProgram('sbatch', this.#arguments(job), this.#script(job));
    if (code === undefined) throw missing('sbatch');
    const id = /^(\d+)/.exec(stdout.trim())?.[1];
    if (code === 0 && id !== undefined) return { id };
    const reason = wordsOf(stderr) || `sbatch ended with ${code}`;
    if (LATER.test(reason)) return { full: reason };
    throw new BranchlineError('config', {
      configPath: 'on.slurm',
      message: `Slurm refused a job: ${reason}`,
      remedy:
        'Change on.slurm; sinfo shows the partitions. What is in the queue continues, and what it stores is kept.',
    });
  }

  async list(prefix: string, signal?: AbortSignal): Promise<ReadonlyMap<string, QueuedJob>> {
    const begin = performance.now();
    for (let pause = 500; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
      const format = '%i|%t|%j|%N|%r';
      const args = ['--user', userInfo().username, '--noheader', '--format', format];
      const { code, stdout, stderr } = await runProgram('squeue', args);
      if (code === undefined) throw missing('squeue');
      if (code === 0) return jobsIn(stdout, prefix);
      if (performance.now() - begin > PATIENCE_MS || signal?.aborted) {
        const message = `Slurm does not answer: ${wordsOf(stderr)}`;
        const remedy = 'Jobs in the queue continue. Run the same command again when squeue works.';
        throw new BranchlineError('trainer', { message, remedy });
      }
      await sleep(pause, undefined, { signal }).catch(() => undefined);
    }
  }

  async stop(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    await runProgram('scancel', ['--state=PENDING', ...ids]);
    // A signal to the job's own process: it stores its state without the half minute that a plain scancel leaves it.
    await runProgram('scancel', ['--batch', '--signal=TERM', '--state=RUNNING', ...ids]);
  }

  stopCommand(ids: readonly string[]): string {
    return `scancel ${ids.join(' ')}`;
  }

  #arguments({ name, log, after }: JobRequest): readonly string[] {
    const { partition, account, qos, time, gpus, cpus, memory, constraint, sbatch } = this.options;
    const asked = { partition, account, qos, time, gpus, 'cpus-per-task': cpus, mem: memory, constraint };
    return [
      ...['--parsable', '--requeue', '--open-mode=append', '--ntasks=1', `--signal=B:USR1@${WARNING_SECONDS}`],
      ...[`--job-name=${name}`, `--output=${log}`, `--chdir=${process.cwd()}`],
      ...(after.length > 0 ? [`--dependency=afterok:${after.join(':')}`, '--kill-on-invalid-dep=yes'] : []),
      ...Object.entries(asked).flatMap(([key, value]) => (value === undefined ? [] : [`--${key}=${value}`])),
      ...sbatch,
    ];
  }

  /** Replaced by the command itself, which then gets the signals. */
  #script({ command }: JobRequest): string {
    return ['#!/bin/sh', ...this.options.setup, `exec ${command.map(quoted).join(' ')}`, ''].join('\n');
  }
}

const quoted = (word: string) => `'${word.replaceAll("'", `'\\''`)}'`;

const wordsOf = (stderr: string) =>
  stderr
    .trim()
    .replace(/^sbatch: (error: )?/gm, '')
    .replace(/, sleeping and retrying\.?/, '')
    .replace(/\s+/g, ' ');

/** The lines of squeue whose names begin with a prefix. */
export function jobsIn(stdout: string, prefix: string): ReadonlyMap<string, QueuedJob> {
  const jobs = new Map<string, QueuedJob>();
  for (const line of stdout.split('\n')) {
    const [id, state, name, where, ...reason] = line.split('|');
    if (id === undefined || !name?.startsWith(prefix)) continue;
    const running = state !== 'PD' && state !== 'RH' && state !== 'RQ' && state !== 'RD';
    const why = reason.join('|').trim();
    jobs.set(name, {
      id: id.trim(),
      ...(running ? { state: 'running', where: where || undefined } : { state: 'pending', reason: why || undefined }),
    });
  }
  return jobs;
}

function missing(program: string): BranchlineError {
  return new BranchlineError('config', {
    configPath: 'on',
    message: `there is no ${program} on this machine`,
    remedy: 'Start the run where Slurm can be asked, such as a login node of the cluster, or leave --on out.',
  });
}
