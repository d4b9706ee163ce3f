/** The report of a run: `report`. */
import { BranchlineError, writeFileAtomic } from '@branchline/core';
import { type Results } from '@branchline/evaluation';
import type { Run } from './bench.js';
import { checkRunDirectory, readResults } from './run-directory.js';

/** Options of `report`. */
export interface ReportOptions {
  /** File to write the page to. Default: nothing is written. */
  readonly out?: string;
}

/**
 * The report as one HTML page that needs nothing else. `of` is a run, its results, or the path of its directory. Throws
 * a BranchlineError: `config` where there is no such directory, `store` or `damaged` for a results.json that is missing
 * or cannot be used.
 */
export async function report(of: Run | Results | string, { out }: ReportOptions = {}): Promise<string> {
  const results = typeof of === 'string' ? await resultsIn(of) : 'directory' in of ? of.results : of;
  // Only now: what draws is not needed by a program that only trains.
  const { renderReport } = await import('@branchline/report');
  const page = renderReport(results);
  if (out !== undefined) await writeFileAtomic(out, page);
  return page;
}

async function resultsIn(directory: string): Promise<Results> {
  await checkRunDirectory(directory);
  const results = await readResults(directory);
  if (results !== undefined) return results;
  const message = `${directory} has no results.json: its run has not come to the end yet`;
  throw new BranchlineError('store', { message, remedy: 'Run the experiment to its end first.' });
}
