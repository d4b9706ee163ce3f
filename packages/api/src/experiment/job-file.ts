/**
 * `jobs/job.json` of a run: what a job needs in order to plan the same experiment on another machine, and
 * `jobs/trainer.json`: what a job found out about the trainer there.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  BranchlineError,
  digestJson,
  isPlainObject,
  type JsonValue,
  jobsOf,
  makeFolder,
  type TrainerInfo,
  writeFileAtomic,
} from '@branchline/core';

/** What jobs read before they begin. */
export interface JobFile {
  readonly format: 1;
  /** Version of Branchline. */
  readonly version: string;
  /** Changes with each start of the coordinator that asks for the trainer: shows that a folder is shared. */
  readonly nonce: string;
  /** Digest of what decides the trainer. */
  readonly about: string;
  /** How the caller reads the experiment again. */
  readonly input: JsonValue;
}

/** What a job says about the trainer on its machine. */
export interface TrainerFile {
  readonly format: 1;
  readonly nonce: string;
  readonly about: string;
  readonly where: string;
  /** Milliseconds since the epoch, by the clock of that machine. */
  readonly time: number;
  readonly info: TrainerInfo;
  /** Whether it scores text, as tasks need. */
  readonly scores: boolean;
}

export async function writeJobFile(run: string, file: JobFile): Promise<void> {
  await makeFolder(jobsOf(run));
  await writeFileAtomic(join(jobsOf(run), 'job.json'), `${JSON.stringify(file)}\n`);
}

/** Throws a `store` error if there is none. */
export async function readJobFile(run: string): Promise<JobFile> {
  const file = await readJson(join(jobsOf(run), 'job.json'));
  if (isPlainObject(file) && file.format === 1) return file as unknown as JobFile;
  const message = `${jobsOf(run)} has no job.json here: the run directory is not shared with this machine, or no run with --on slurm began in it`;
  throw new BranchlineError('store', { message, remedy: 'Put --runs on a file system that all nodes share.' });
}

export async function writeTrainerFile(run: string, file: TrainerFile): Promise<void> {
  await writeFileAtomic(join(jobsOf(run), 'trainer.json'), `${JSON.stringify(file)}\n`);
}

export async function readTrainerFile(run: string): Promise<TrainerFile | undefined> {
  const file = await readJson(join(jobsOf(run), 'trainer.json'));
  return isPlainObject(file) && file.format === 1 ? (file as unknown as TrainerFile) : undefined;
}

/** Digest of everything that decides how a trainer on the cluster describes itself. */
export const aboutTrainer = (of: JsonValue): string => digestJson(of);

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch {
    return undefined;
  }
}
