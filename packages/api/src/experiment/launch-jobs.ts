/** Begins a run by jobs of a cluster: writes what jobs read, and asks one which trainer its machine has. */
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  BranchlineError,
  type JobLaunch,
  type JobQueue,
  type JsonValue,
  jobPrefix,
  jobsOf,
  type Trainer,
} from '@branchline/core';
import type { CheckedExperiment } from '../config/check.js';
import type { CheckedCluster } from '../config/on.js';
import { VERSION } from '../version.js';
import { throwIfAborted } from './input.js';
import { aboutTrainer, readTrainerFile, type TrainerFile, writeJobFile } from './job-file.js';
import { remoteTrainer } from './remote-trainer.js';

/** How jobs are started. */
export interface JobStart {
  /** The command of a job, before its two arguments: the run directory and a state. */
  readonly command: readonly string[];
  /** What the command needs in order to read the experiment again; see `runJob`. */
  readonly input: JsonValue;
}

/** The state that a job which only describes the trainer is for. */
export const DESCRIBE = 'trainer';

/** How far the clocks of two machines may be apart, in milliseconds. */
const CLOCK_MS = 60_000;
/** How long a shared file system may take to show a file of a job that ended. */
const SHARING_MS = 20_000;

export interface Launching {
  readonly experiment: CheckedExperiment;
  readonly cluster: CheckedCluster;
  /** The run directory. */
  readonly directory: string;
  readonly start: JobStart | undefined;
  readonly signal?: AbortSignal;
  readonly onWarning: (message: string) => void;
  readonly onInfo: (message: string) => void;
}

/**
 * Makes a run ready for jobs. Throws a `config` error if the cluster cannot be asked, does not share the run directory,
 * or has no such trainer.
 */
export async function launchJobs(launching: Launching): Promise<{ launch: JobLaunch; trainer: Trainer }> {
  const { cluster, directory, start, experiment } = launching;
  if (start === undefined) {
    const message = 'jobs are started by the command line';
    throw new BranchlineError('config', { configPath: 'on', message, remedy: 'Use branchline bench --on slurm.' });
  }
  const queue = cluster.queue();
  const about = aboutTrainer({
    version: VERSION,
    trainer: experiment.trainer.definition.name,
    options: plain(experiment.trainer.options),
    model: plain(experiment.model),
    cluster: plain(cluster.options),
  });
  const known = await readTrainerFile(directory);
  const nonce = randomUUID();
  await writeJobFile(directory, { format: 1, version: VERSION, nonce, about, input: start.input });
  const command = (state: string) => [...start.command, directory, state];
  const found = known?.about === about ? known : await askForTrainer(queue, command(DESCRIBE), nonce, launching);
  return { launch: { queue, command, pollSeconds: cluster.pollSeconds }, trainer: remoteTrainer(found) };
}

/** Submits a job that describes the trainer, and waits for its answer. */
async function askForTrainer(
  queue: JobQueue,
  command: readonly string[],
  nonce: string,
  { directory, signal, onWarning, onInfo }: Launching,
): Promise<TrainerFile> {
  const log = join(jobsOf(directory), 'trainer.log');
  const name = `${jobPrefix(directory)}${DESCRIBE}`;
  const submitted = await queue.submit({ name, log, command, after: [] });
  if ('full' in submitted) {
    const remedy = 'Run the same command again when it takes jobs.';
    throw new BranchlineError('trainer', { message: `${queue.name} takes no job: ${submitted.full}`, remedy });
  }
  onInfo(`${queue.name} job ${submitted.id} finds out which trainer the nodes have`);
  let where: string | undefined;
  let goneSince: number | undefined;
  for (let wait = 300; ; wait = Math.min(wait * 1.5, 5000)) {
    const answer = await readTrainerFile(directory);
    if (answer?.nonce === nonce) {
      const apart = Math.abs(Date.now() - answer.time);
      if (apart > CLOCK_MS + wait) {
        const minutes = Math.round(apart / 60_000);
        onWarning(`the clock of ${answer.where} is ${minutes} minutes off: times in the ledger will not be in order`);
      }
      return answer;
    }
    if (signal?.aborted) await queue.stop([submitted.id]);
    throwIfAborted(signal);
    const job = (await queue.list(jobPrefix(directory), signal)).get(name);
    where = job?.where ?? where;
    if (job !== undefined) goneSince = undefined;
    else goneSince ??= performance.now();
    if (goneSince !== undefined && performance.now() - goneSince > SHARING_MS) throw await noAnswer(queue, log, where);
    await sleep(wait, undefined, { signal }).catch(() => undefined);
  }
}

async function noAnswer(queue: JobQueue, log: string, where: string | undefined): Promise<BranchlineError> {
  const printed = (await readFile(log, 'utf8').catch(() => '')).trim().split('\n').slice(-6).join('\n    ');
  const node = where === undefined ? 'a node' : `node ${where}`;
  const message =
    printed === ''
      ? `a ${queue.name} job on ${node} left nothing in the run directory: the nodes do not share it, or cannot start Branchline`
      : `a ${queue.name} job on ${node} could not say which trainer it has:\n    ${printed}`;
  const remedy = `Put --runs, the experiment and this installation on a file system that all nodes share; on.slurm.setup can prepare a node. Output of the job: ${log}`;
  return new BranchlineError('config', { configPath: 'on', message, remedy });
}

/** As JSON: options are plain, and what JSON leaves out decides nothing here. */
const plain = (value: unknown): JsonValue => JSON.parse(JSON.stringify(value ?? null)) as JsonValue;
