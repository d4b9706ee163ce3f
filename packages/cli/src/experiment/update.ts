/** `update`: trains what arrived since the last run, and shows the releases before and after. */
import { join } from 'node:path';
import { bench, plan, type Results, report, type StoredWork } from '@branchline/api';
import { BranchlineError, formatProblem } from '@branchline/core';
import { EXIT } from '../exit-codes.js';
import { updateText } from '../ui/plan-text.js';
import { printable, printableAll } from '../ui/printable.js';
import { storedText } from '../ui/stored-text.js';
import { styleFor } from '../ui/style.js';
import { releasesTable } from '../ui/update-table.js';
import { versionLabels } from '../ui/version-label.js';
import { type BenchPage, benchPage, type PageArguments } from '../watch/bench-page.js';
import type { ExperimentArguments } from './arguments.js';
import { type ReadExperiment, readExperiment } from './read.js';
import { exitCodeOf } from './show-plan.js';
import { withProgress, writeFailures, writeFiles } from './train.js';

/** Arguments of `update`. */
export interface UpdateArguments extends ExperimentArguments, PageArguments {
  readonly runs: string;
  readonly json: boolean;
  /** Prints the stacks of errors. */
  readonly debug?: boolean;
  readonly report: boolean;
  readonly dryRun: boolean;
  readonly acceptChanges: boolean;
  readonly startAnyway: boolean;
  readonly reuseFromOtherProcessors: boolean;
}

/** The outcome of `update --json`. */
interface UpdateSummary {
  /** Null for a first run. */
  readonly stored: StoredWork | null;
  /** Releases of all strategies, earlier versions included, on the held-out text of every version. */
  readonly strategies: readonly Pick<Results['strategies'][number], 'name' | 'seed' | 'releases'>[];
  readonly files: Readonly<Record<string, string>>;
}

/**
 * Says what arrived, what it costs and what is reused; trains it, and shows the releases before and after. Refuses to
 * train if the text of an earlier version changed, unless `acceptChanges` is set.
 */
export async function update(args: UpdateArguments): Promise<void> {
  const { experiment, ...options } = await readExperiment(args);
  const { runs, json, dryRun, reuseFromOtherProcessors } = args;
  const style = styleFor(process.stdout);
  if (dryRun) {
    const summary = await withProgress((shown) =>
      plan(experiment, { ...options, ...shown, runs, reuseFromOtherProcessors }),
    );
    const { stored, failures, warnings, disk, budget } = summary;
    const shown = { stored, failures, warnings, disk, budget };
    process.stdout.write(`${json ? JSON.stringify(shown, null, 2) : updateText(summary, style)}\n`);
    process.exitCode = exitCodeOf(summary);
    if (stored === null || !isChanged(stored) || args.acceptChanges) return;
    process.exitCode = EXIT.config;
    const { problems } = changedText(stored);
    process.stderr.write(`\nupdate would refuse this: ${printable(problems.map(formatProblem).join('\n'))}\n`);
    return;
  }
  const page = await benchPage(experiment, options.name, args);
  try {
    await train({ experiment, ...options }, args, page);
    await page?.stay();
  } finally {
    await page?.end();
  }
}

/** Trains what arrived, and prints the releases before and after. */
async function train(
  { experiment, ...options }: ReadExperiment,
  args: UpdateArguments,
  page: BenchPage | undefined,
): Promise<void> {
  const { runs, json, startAnyway, reuseFromOtherProcessors } = args;
  const style = styleFor(process.stdout);
  let before: StoredWork | undefined;
  const run = await withProgress(
    (shown) =>
      bench(experiment, {
        ...options,
        ...shown,
        runs,
        startAnyway,
        reuseFromOtherProcessors,
        beforeTraining: (stored) => {
          before = stored;
          if (stored === undefined) return;
          if (!json) process.stdout.write(`${storedText(printableAll(stored), versionLabels([]), style, true)}\n`);
          if (isChanged(stored) && !args.acceptChanges) throw changedText(stored);
        },
      }),
    page,
    args.debug,
  );
  const files: Record<string, string> = { results: join(run.directory, 'results.json') };
  if (args.report) {
    files.report = join(run.directory, 'report.html');
    await report(run, { out: files.report });
  }
  if (run.failures.length > 0) process.exitCode = EXIT.strategy;
  if (json) {
    const strategies = run.results.strategies.map(({ name, seed, releases }) => ({ name, seed, releases }));
    const summary: UpdateSummary = { stored: before ?? null, strategies, files };
    process.stdout.write(`${JSON.stringify(summary, null, 2)}\n`);
    return;
  }
  const arrived = before?.versions?.arrived ?? run.results.data.versions.map(({ name }) => name);
  process.stdout.write(`\n${releasesTable(run.results, arrived, style)}\n`);
  writeFailures(run.failures, style, args.debug);
  writeFiles(files);
}

const isChanged = ({ versions }: StoredWork): boolean =>
  versions !== null && versions.changed.length + versions.gone.length > 0;

/** The error for text of earlier versions that changed, with the first state it affects. */
function changedText({ versions, why }: StoredWork): BranchlineError {
  const { changed, gone } = versions!;
  const steps = why.flatMap(({ difference }) => (difference.what === 'data' ? [difference.from] : []));
  const first = steps.length > 0 ? `; the first state that it affects is after step ${Math.min(...steps)}` : '';
  const parts = [
    ...(changed.length > 0 ? [`the text of ${changed.join(', ')} is not that of the last plan`] : []),
    ...(gone.length > 0 ? [`${gone.join(', ')} ${gone.length === 1 ? 'is' : 'are'} no longer there`] : []),
  ];
  return new BranchlineError('config', {
    configPath: 'data',
    message: `${parts.join(', and ')}${first}`,
    remedy: 'Restore the files, or give --accept-changes to train what the change affects again.',
  });
}
