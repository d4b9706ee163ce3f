/** `bench` and `run`: read arguments, call the API and print the results. */
import { join, relative } from 'node:path';
import { bench, type Run, report } from '@branchline/api';
import { benchChecked, type CheckedExperiment } from '@branchline/api/internal';
import { BranchlineError, formatProblem } from '@branchline/core';
import { EXIT } from '../exit-codes.js';
import { stackText } from '../ui/failure.js';
import { listenForInterrupt } from '../ui/interrupt.js';
import { Progress } from '../ui/progress.js';
import { resultsText } from '../ui/results-table.js';
import { type Style, styleFor } from '../ui/style.js';
import { type BenchPage, benchPage, type PageArguments } from '../watch/bench-page.js';
import type { ExperimentArguments } from './arguments.js';
import { commandLine } from './command-line.js';
import { readExperiment } from './read.js';

/** Arguments of `bench` and `run`. */
export interface TrainArguments extends ExperimentArguments, PageArguments {
  /** Directory of all runs. */
  readonly runs: string;
  readonly json: boolean;
  /** Prints the stacks of errors. */
  readonly debug?: boolean;
  readonly report: boolean;
  readonly startAnyway: boolean;
  readonly reuseFromOtherProcessors: boolean;
}

/** Trains an experiment. Sets `process.exitCode` to 1 if a strategy failed. */
export async function trainExperiment(args: TrainArguments): Promise<void> {
  const { experiment, ...options } = await readExperiment(args);
  const { runs, startAnyway, reuseFromOtherProcessors } = args;
  const page = await benchPage(experiment, options.name, args);
  try {
    const run = await withProgress(
      (shown) => bench(experiment, { ...options, ...shown, runs, startAnyway, reuseFromOtherProcessors }),
      page,
      args.debug,
    );
    await show(run, args);
    await page?.stay();
  } finally {
    await page?.end();
  }
}

/** Trains a checked experiment into a directory of runs, with progress on standard error. Stored steps are reused. */
export function trainChecked(experiment: CheckedExperiment, runs: string): Promise<Run> {
  return withProgress((shown) => benchChecked(experiment, { ...shown, runs }));
}

/**
 * Shows progress on standard error; with `debug`, warnings with the stacks of their errors. The first Ctrl-C ends the
 * work as `interrupted`.
 */
export async function withProgress<T>(
  work: (options: { signal: AbortSignal; onEvent: Progress['onEvent']; command: string }) => Promise<T>,
  page?: BenchPage,
  debug = false,
): Promise<T> {
  const progress = new Progress();
  page?.announce(progress);
  const { signal, stop } = listenForInterrupt(() =>
    progress.line('Stopping after this step. Ctrl-C once more leaves at once; what is stored stays either way.'),
  );
  try {
    const onEvent: Progress['onEvent'] = (event) => {
      progress.onEvent(event);
      if (debug && event.type === 'warning' && event.error !== undefined) progress.line(stackText(event.error));
    };
    return await work({ signal, onEvent, command: commandLine() });
  } catch (error) {
    throw error instanceof BranchlineError && error.code === 'interrupted' ? withCommand(error) : error;
  } finally {
    stop();
    progress.done();
  }
}

async function show(run: Run, { json, debug, report: wanted }: TrainArguments): Promise<void> {
  const { results, failures, directory } = run;
  const files: Record<string, string> = { results: join(directory, 'results.json') };
  if (wanted) {
    files.report = join(directory, 'report.html');
    await report(run, { out: files.report });
  }
  if (failures.length > 0) process.exitCode = EXIT.strategy;
  if (json) {
    const { strategies, graph, ...rest } = results;
    const { nodes: _nodes, edges: _edges, ...counts } = graph;
    const summary = {
      ...rest,
      strategies: strategies.map(({ paths: _paths, ...strategy }) => strategy),
      graph: counts,
      failures: failures.map(({ error, ...of }) => ({ ...of, problems: error.problems })),
      files,
    };
    process.stdout.write(`${JSON.stringify(summary, null, 2)}\n`);
    return;
  }
  const style = styleFor(process.stdout);
  process.stdout.write(`\n${resultsText(results, style)}\n`);
  writeFailures(failures, style, debug);
  writeFiles(files);
}

/** Prints strategies that failed; with `debug`, with the stacks. */
export function writeFailures(failures: Run['failures'], style: Style, debug = false): void {
  for (const { error, seeds } of failures) {
    const under = seeds === undefined ? '' : ` under seed ${seeds.join(', ')}:`;
    process.stdout.write(`\n${style.red('failed')}${under} ${error.problems.map(formatProblem).join('\n')}\n`);
    if (debug) process.stderr.write(`\n${stackText(error)}\n`);
  }
}

/** Prints the paths of written files. */
export function writeFiles(files: Readonly<Record<string, string>>): void {
  const shown = Object.entries(files).map(
    ([name, path]) => `${name.padEnd(8)} ${relative(process.cwd(), path) || path}`,
  );
  process.stdout.write(`\n${shown.join('\n')}\n`);
}

/** Adds the command that resumes the run to each problem. */
function withCommand(error: BranchlineError): BranchlineError {
  const problems = error.problems.map((problem) => ({ ...problem, remedy: `To continue: ${commandLine()}` }));
  return new BranchlineError('interrupted', problems, { cause: error });
}
