/** `store data`: what prepared text takes on the disk, and what of it can go. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readResults } from '@branchline/api/internal';
import { BranchlineError, type Digest, type DirectoryLock, lockDirectory } from '@branchline/core';
import { type CachePart, cleanCache, surveyCache } from '@branchline/data';
import { quantity, whole } from '../ui/format.js';
import { printable } from '../ui/printable.js';
import { styleFor } from '../ui/style.js';
import { table } from '../ui/table.js';

/** Arguments of `store data`. */
export interface DataArguments {
  /** Directory of all runs. */
  readonly runs: string;
  readonly clean: boolean;
  /** With `clean`: also what runs have. */
  readonly all: boolean;
  readonly json: boolean;
}

const HOLDS: Readonly<Record<CachePart['name'], string>> = {
  corpora: 'lists of the sequences of every corpus',
  shards: 'sequences of versions, held-out text and validation sets',
  parts: 'what text the shards are made of',
  read: 'what was read from files: tokens, digests, scores; only new corpora need it',
  downloads: 'files of http and https',
  tokenizers: 'for exports and generate; stays',
  checkpoints: 'that runs started from; stays',
  temporary: 'of preparations that run or were killed',
};

/** Lists the data cache, or cleans it and says what was freed. */
export async function showData({ runs, clean, all, json }: DataArguments): Promise<void> {
  if (!(await stat(runs).catch(() => undefined))?.isDirectory()) {
    const remedy = 'Name the directory of all runs, for example runs.';
    throw new BranchlineError('config', { message: `there is no directory ${runs}`, remedy });
  }
  if (all && !clean) {
    throw new BranchlineError('config', { message: '--all belongs to --clean', remedy: 'Give both, or neither.' });
  }
  const cache = join(runs, '.data');
  const freed = clean ? await cleaned(runs, cache, all) : undefined;
  const parts = surveyCache(cache);
  const bytes = parts.reduce((sum, part) => sum + part.bytes, 0);
  if (json) {
    process.stdout.write(
      `${JSON.stringify({ directory: cache, bytes, parts, ...(freed !== undefined && { freed }) }, null, 2)}\n`,
    );
    return;
  }
  const style = styleFor(process.stdout);
  const rows = parts.map(({ name, entries, bytes: size }) => [name, quantity(size, 'B'), whole(entries), HOLDS[name]]);
  const lines = [
    ...(rows.length === 0 ? [] : [table(['part', 'size', 'entries', 'holds'], rows, style, [1, 2], [3]), '']),
    ...(freed === undefined ? [] : [`freed    ${quantity(freed, 'B')}`]),
    printable(`${cache}  ${quantity(bytes, 'B')}`),
    ...(clean || rows.length === 0
      ? []
      : [style.dim('--clean deletes what no run here has, and what only new corpora need')]),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

/** Cleans while no run of the directory writes. */
async function cleaned(runs: string, cache: string, all: boolean): Promise<number> {
  const locks: DirectoryLock[] = [];
  try {
    const keep = new Set<Digest>();
    for (const run of await runDirectories(runs)) {
      locks.push(await lockNow(run));
      const results = await readResults(run);
      if (results !== undefined) keep.add(results.data.digest);
    }
    return cleanCache(cache, keep, all);
  } finally {
    for (const lock of locks) await lock.release();
  }
}

async function runDirectories(runs: string): Promise<readonly string[]> {
  const directories: string[] = [];
  for (const { name } of await readdir(runs, { withFileTypes: true })) {
    const plans = await stat(join(runs, name, 'plans')).catch(() => undefined);
    if (plans?.isDirectory()) directories.push(join(runs, name));
  }
  return directories;
}

/** The lock of a run directory, without waiting for a run. */
async function lockNow(run: string): Promise<DirectoryLock> {
  const busy = new AbortController();
  try {
    return await lockDirectory(run, { onWait: () => busy.abort(), signal: busy.signal });
  } catch (error) {
    if (!busy.signal.aborted) throw error;
    const remedy = 'Clean up when it has finished.';
    throw new BranchlineError('locked', { message: `${run} is in use by another process`, remedy }, { cause: error });
  }
}
