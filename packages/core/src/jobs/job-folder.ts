/**
 * The folder of a job in a run directory, `jobs/<key of the state that it makes>`. It has the form of a run directory,
 * with a lock, checkpoints and a ledger of its own, so a job and the coordinator never write the same file: the
 * coordinator takes over what the job stored.
 */
import { realpathSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { BranchlineError, type ErrorCode, messageOf, type Problem } from '../errors.js';
import { writeFileAtomic } from '../files/durable.js';
import { makeFolder } from '../files/make-folder.js';
import { type Digest, digestJson, isDigest } from '../json.js';
import { isPlainObject } from '../plain-object.js';

/** How a job ended. `done`: all that it was for is stored. */
export interface JobEnd {
  readonly outcome: 'done' | 'stopped' | 'failed';
  /** The node on which it ran. */
  readonly where: string;
  readonly code?: ErrorCode;
  readonly problems?: readonly Problem[];
}

const BEGUN = 'begun.json';
const END = 'end.json';

export const jobsOf = (run: string): string => join(run, 'jobs');

export const jobFolder = (run: string, state: Digest): string => join(jobsOf(run), state);

export const logOf = (run: string, state: Digest): string => join(jobFolder(run, state), 'log.txt');

/** What the names of all jobs of a run begin with. */
export function jobPrefix(run: string): string {
  const path = resolve(run);
  let real = path;
  try {
    real = realpathSync(path);
  } catch {
    // The folder is made later.
  }
  return `bl-${digestJson(real).slice(0, 8)}-`;
}

/** The name of the job that makes a state. */
export const jobName = (run: string, state: Digest): string => jobPrefix(run) + state.slice(0, 20);

/** Keys of the states whose jobs have a folder, sorted. */
export async function jobFolders(run: string): Promise<readonly Digest[]> {
  const names = await readdir(jobsOf(run)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return names.filter(isDigest).sort();
}

/** Notes that a job began on this machine. Its end is not known any more. */
export async function writeBegin(folder: string): Promise<void> {
  await makeFolder(folder);
  await rm(join(folder, END), { force: true });
  await writeFileAtomic(join(folder, BEGUN), `${JSON.stringify({ where: hostname() })}\n`);
}

/** The machine on which a job began; undefined if it never did. */
export async function readBegin(folder: string): Promise<string | undefined> {
  const begun = await readJson(join(folder, BEGUN));
  return isPlainObject(begun) && typeof begun.where === 'string' ? begun.where : undefined;
}

/** Notes how a job ended. */
export async function writeEnd(folder: string, error?: unknown): Promise<void> {
  const where = hostname();
  const end: JobEnd =
    error === undefined
      ? { outcome: 'done', where }
      : error instanceof BranchlineError
        ? { outcome: error.code === 'interrupted' ? 'stopped' : 'failed', where, ...withProblems(error) }
        : { outcome: 'failed', where, problems: [{ message: messageOf(error) }] };
  await writeFileAtomic(join(folder, END), `${JSON.stringify(end)}\n`);
}

/** How a job ended; undefined if it did not say so. */
export async function readEnd(folder: string): Promise<JobEnd | undefined> {
  const end = await readJson(join(folder, END));
  return isPlainObject(end) && typeof end.outcome === 'string' ? (end as unknown as JobEnd) : undefined;
}

const withProblems = ({ code, problems }: BranchlineError) => ({ code, problems });

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch {
    return undefined;
  }
}
