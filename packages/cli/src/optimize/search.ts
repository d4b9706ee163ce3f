/** `branchline optimize`: reads arguments, calls the API, prints the fronts and writes the runs that confirm them. */
import { dirname, extname, relative, resolve } from 'node:path';
import { confirmingExperiment, type Optimization, type OptimizeOptions, optimize } from '@branchline/api';
import { formatConfigDocument, requireResults } from '@branchline/api/internal';
import { BranchlineError, type Problem, writeFileAtomic } from '@branchline/core';
import { EXIT } from '../exit-codes.js';
import type { ExperimentArguments } from '../experiment/arguments.js';
import { commandLine } from '../experiment/command-line.js';
import { type ReadExperiment, readExperiment } from '../experiment/read.js';
import { listenForInterrupt } from '../ui/interrupt.js';
import { Progress } from '../ui/progress.js';
import { styleFor } from '../ui/style.js';
import { confirmText, optimizationText, startText, type Written } from './text.js';
import { parseVary } from './vary.js';

/** Arguments of `optimize`. */
export interface OptimizeArguments extends ExperimentArguments {
  readonly runs: string;
  readonly scale?: string;
  readonly law?: string;
  readonly vary?: readonly string[];
  readonly evaluations: number;
  /** A number, or a run directory with several seeds. */
  readonly deviation?: string;
  readonly out?: string;
  readonly json: boolean;
}

/** Searches, and prints what was found. Sets `process.exitCode` to 130 after Ctrl-C; the fronts so far are printed. */
export async function searchOptions(args: OptimizeArguments): Promise<void> {
  const { budget, only: _, ...rest } = args;
  const read = await readExperiment(rest);
  const { experiment, directory, name } = read;
  const vary = parseVary(args.vary);
  if (args.out !== undefined) {
    assertWritable(args.out, directory);
    await checkConfirming(read);
  }
  const deviation = args.deviation === undefined ? undefined : await deviationOf(args.deviation);
  const progress = new Progress();
  const { signal, stop } = listenForInterrupt(() => progress.line('Stopping after this candidate.'));
  const options: OptimizeOptions = {
    ...{ directory, name, place: '--', evaluations: args.evaluations, runs: args.runs, signal, loading: read.loading },
    ...(args.scale !== undefined && { scale: args.scale }),
    // A path is relative to the working directory, not to the experiment file.
    ...(args.law !== undefined && { law: /[/\\]|\.json$/.test(args.law) ? resolve(args.law) : args.law }),
    ...(vary !== undefined && { vary }),
    ...(budget !== undefined && { budget }),
    ...(deviation !== undefined && { deviation }),
    onEvent: progress.onEvent,
    onStart: (search) => progress.line(startText(search)),
    onProgress: ({ done, of }) => progress.count('candidates', done, of),
  };
  let found: Optimization;
  try {
    found = await optimize(experiment, options);
  } finally {
    stop();
    progress.done();
  }
  const confirming =
    found.interrupted || args.out === undefined ? undefined : await writeConfirming(read, found, args.out);
  const text = args.json
    ? JSON.stringify({ ...found, ...(confirming !== undefined && { confirm: confirming }) }, null, 2)
    : [
        optimizationText(found, styleFor(process.stdout)),
        ...(confirming === undefined ? [] : [confirmText(confirming, found)]),
      ].join('\n\n');
  process.stdout.write(`${text}\n`);
  if (found.interrupted) process.exitCode = EXIT.interrupted;
}

/** The standard deviation between seeds: a number, or the largest one of the comparisons of a run directory. */
async function deviationOf(text: string): Promise<number> {
  const value = Number(text);
  if (Number.isFinite(value)) return value;
  const { comparison } = await requireResults(text);
  const deviations = (comparison?.comparisons ?? []).flatMap(({ deviation }) =>
    deviation === null ? [] : [deviation],
  );
  if (deviations.length > 0) return Math.max(...deviations);
  throw new BranchlineError('config', {
    configPath: '--deviation',
    message: `${text} has no comparison over several seeds`,
    remedy: 'Name a run with seeds, or give a number in nats per token, such as 0.004.',
  });
}

const ENDINGS = ['.yaml', '.yml', '.json'];

/** Throws unless the file can be an experiment: relative paths in it are relative to its folder. */
function assertWritable(out: string, directory: string): void {
  const problems: Problem[] = [];
  const place = { configPath: '--out' };
  if (!ENDINGS.includes(extname(out).toLowerCase())) {
    problems.push({
      ...place,
      message: `${out} is no experiment file to write`,
      remedy: `End it in ${ENDINGS.join(', ')}.`,
    });
  }
  if (dirname(resolve(out)) !== resolve(directory)) {
    const shown = relative(process.cwd(), directory) || '.';
    const message = `${out} is not in the folder of the experiment, to which its paths are relative`;
    problems.push({ ...place, message, remedy: `Write it to ${shown}/.` });
  }
  if (problems.length > 0) throw new BranchlineError('config', problems);
}

async function writeConfirming(
  { experiment, directory, name, loading }: ReadExperiment,
  found: Optimization,
  out: string,
): Promise<Written> {
  const confirming = await confirmingExperiment(experiment, found, { directory, name, ...(loading && { loading }) });
  const where = found.scale === null ? 'this model and text' : 'a scale; below stand the model and text of the file';
  const comments = [
    `Written by: ${commandLine()}`,
    `Losses were predicted by the law ${found.predicted.law} for ${where}.`,
    'Seeds and claims are fixed before the run: docs/statistics.md.',
  ];
  await writeFileAtomic(out, formatConfigDocument(out, confirming, comments));
  return { file: out, experiment: confirming };
}

/** Fails before a long search with what would keep the runs that confirm it from being written. */
async function checkConfirming({ experiment, directory, name, loading }: ReadExperiment): Promise<void> {
  const names = Object.keys(experiment.strategies ?? {});
  const nothing = { fronts: { last: [], mean: [] }, comparisons: [], candidates: [], deviation: null };
  const baseline = experiment.baseline ?? names[0] ?? '';
  await confirmingExperiment(experiment, { ...nothing, baseline }, { directory, name, ...(loading && { loading }) });
}
