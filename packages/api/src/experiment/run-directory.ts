import { readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { BranchlineError } from '@branchline/core';
import type { Results } from '@branchline/evaluation';

/** Throws a BranchlineError unless the directory exists. */
export async function checkRunDirectory(directory: string): Promise<void> {
  const found = await stat(directory).catch(() => undefined);
  if (found?.isDirectory()) return;
  if (found !== undefined)
    throw notAFolder(directory, directory, 'Name the directory that bench wrote, such as runs/quick.');
  throw new BranchlineError('config', {
    message: `there is no run directory ${directory}`,
    remedy: 'Name the directory that bench wrote, for example runs/quick.',
  });
}

/** Throws a `config` error if there is a file where the run directory, or a folder above it, would be. */
export async function checkCanBeFolder(directory: string): Promise<void> {
  for (let at = directory; ; at = dirname(at)) {
    const found = await stat(at).catch(() => undefined);
    if (found?.isDirectory() || (found === undefined && at === dirname(at))) return;
    if (found !== undefined) {
      throw notAFolder(directory, at, 'Name a directory for all runs (--runs), for example runs, or move the file.');
    }
  }
}

function notAFolder(directory: string, file: string, remedy: string): BranchlineError {
  const message = `${directory} cannot be a run directory: ${file === directory ? 'it' : file} is a file`;
  return new BranchlineError('config', { message, remedy });
}

/** `results.json` of a run, partial while it is not finished; undefined before the first release. */
export async function readResults(directory: string): Promise<Results | undefined> {
  const file = join(directory, 'results.json');
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    const remedy = 'Remove it and run the experiment again: what is stored is not trained again.';
    throw new BranchlineError(
      'store',
      { message: `${file} cannot be read: ${error.message}`, remedy },
      { cause: error },
    );
  });
  if (text === undefined) return undefined;
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new BranchlineError(
      'damaged',
      {
        message: `${file} is not JSON`,
        remedy: 'Run the experiment again: what is stored is not trained again.',
      },
      { cause },
    );
  }
  // Imported lazily: the package also renders the report.
  const { parseResults, ResultsError } = await import('@branchline/report');
  try {
    return parseResults(json);
  } catch (cause) {
    if (!(cause instanceof ResultsError)) throw cause;
    const message = cause.message.replace(/^results\.json/, () => file);
    const remedy = 'Run the experiment again with this version of Branchline: what is stored is not trained again.';
    throw new BranchlineError('store', { message, remedy }, { cause });
  }
}

/** Like `readResults`, but throws a BranchlineError (`store`) if there are no results. */
export async function requireResults(directory: string): Promise<Results> {
  const results = await readResults(directory);
  if (results !== undefined) return results;
  throw new BranchlineError('store', {
    message: `${directory} has no results.json: no release was evaluated there yet`,
    remedy: 'Run the experiment again: after the first release there are partial results.',
  });
}
