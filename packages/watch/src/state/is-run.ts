/** What a folder is: a run directory, a folder of runs, or something else. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { BranchlineError } from '@branchline/core';

/** What only a run directory has. */
const MARKS = ['live.jsonl', 'ledger.jsonl', 'results.json', 'plans', 'stretches', '.lock', 'starting.json'];

/** Runs that a message lists. */
const LISTED = 10;

/** Whether something was begun in a directory. */
export async function isRun(directory: string): Promise<boolean> {
  const found = await Promise.all(
    MARKS.map((name) =>
      stat(join(directory, name)).then(
        () => true,
        () => false,
      ),
    ),
  );
  return found.includes(true);
}

/** The `config` error for a path that is no run directory: what it is, and what to give instead. */
export async function noRun(directory: string): Promise<BranchlineError> {
  const found = await stat(directory).catch(() => undefined);
  if (found === undefined) {
    const remedy = 'Name the directory that bench writes, for example runs/quick.';
    return new BranchlineError('config', { message: `there is no run directory ${directory}`, remedy });
  }
  if (!found.isDirectory()) {
    const remedy = 'Name the directory that bench writes, for example runs/quick.';
    return new BranchlineError('config', { message: `${directory} is a file, not a run directory`, remedy });
  }
  const runs = await runsIn(directory);
  if (runs.length === 0) {
    const remedy = 'Name the directory that bench writes, for example runs/quick.';
    return new BranchlineError('config', { message: `${directory} is no run directory, and has none`, remedy });
  }
  const more = runs.length > LISTED ? `, and ${runs.length - LISTED} more` : '';
  const names = runs.slice(0, LISTED).map((name) => join(directory, name));
  return new BranchlineError('config', {
    message: `${directory} is a folder of runs, not a run directory`,
    remedy: `Name one of them: ${names.join(', ')}${more}.`,
  });
}

/** Names of the run directories in a folder, the latest first. */
export async function runsIn(directory: string): Promise<readonly string[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  const runs: { readonly name: string; readonly time: number }[] = [];
  for (const entry of entries) {
    const path = join(directory, entry.name);
    if (entry.name.startsWith('.') || !(await isRun(path))) continue;
    const time = await stat(path).then(
      ({ mtimeMs }) => mtimeMs,
      () => 0,
    );
    runs.push({ name: entry.name, time });
  }
  return runs.sort((a, b) => b.time - a.time || (a.name < b.name ? -1 : 1)).map(({ name }) => name);
}
