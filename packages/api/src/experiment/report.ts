/** The report of a run: `report`. */
import { diskError, writeFileAtomic } from '@branchline/core';
import type { Results } from '@branchline/evaluation';
import type { Run } from './bench.js';
import { checkRunDirectory, requireResults } from './run-directory.js';

/** Options of `report`. */
export interface ReportOptions {
  /** File to write the page to. Default: none is written. */
  readonly out?: string;
}

/**
 * Renders the report as one self-contained HTML page. `of` is a run, its results, or the path of its directory; a run
 * that is not finished has a partial report as soon as a version was released. Throws
 * a BranchlineError: `config` if the directory does not exist, `store` or `damaged` if its results.json is missing or
 * unusable, and `store` if `out` cannot be written.
 */
export async function report(of: Run | Results | string, { out }: ReportOptions = {}): Promise<string> {
  const results = typeof of === 'string' ? await resultsIn(of) : 'directory' in of ? of.results : of;
  // Imported lazily: programs that only train need no renderer.
  const { renderReport } = await import('@branchline/report');
  const page = renderReport(results);
  if (out === undefined) return page;
  await writeFileAtomic(out, page).catch((error: unknown) => {
    throw diskError(error, out) ?? error;
  });
  return page;
}

async function resultsIn(directory: string): Promise<Results> {
  await checkRunDirectory(directory);
  return requireResults(directory);
}
