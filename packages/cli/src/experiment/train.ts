/** Trains an experiment and shows what came of it: `bench` and `run`. */
import { join, relative } from 'node:path';
import { type CheckedExperiment, prepareExperiment, type TrainerSettings } from '@branchline/api/internal';
import {
  BranchlineError,
  createExperiment,
  formatProblem,
  messageOf,
  type Outcome,
  RunEmitter,
  type Trainer,
  type TrainerContext,
  writeFileAtomic,
} from '@branchline/core';
import { quadraticTrainer } from '@branchline/trainer-quadratic';
import { judge } from '../compare/judge.js';
import { EXIT } from '../exit-codes.js';
import { Progress } from '../ui/progress.js';
import { resultsText } from '../ui/results-table.js';
import { styleFor } from '../ui/style.js';
import { commandLine } from './command-line.js';
import { listenForInterrupt } from './interrupt.js';
import { type ExperimentArguments, readExperiment } from './read.js';

/** Arguments of `bench` and `run`. */
export interface TrainArguments extends ExperimentArguments {
  /** Directory of all runs. */
  readonly runs: string;
  readonly json: boolean;
  readonly report: boolean;
}

/** Sets `process.exitCode` to 1 when a strategy failed. */
export async function trainExperiment(args: TrainArguments): Promise<void> {
  const experiment = await readExperiment(args);
  const outcome = await trainChecked(experiment, args.runs);
  await show(outcome, join(args.runs, experiment.spec.name), args);
}

/** Trains what is not stored yet, below a directory of runs, with progress on standard error. The first Ctrl-C ends it as `interrupted`. */
export async function trainChecked(experiment: CheckedExperiment, runs: string): Promise<Outcome> {
  const directory = join(runs, experiment.spec.name);
  const progress = new Progress();
  const { signal, stop } = listenForInterrupt(() =>
    progress.line('Stopping after this step. Ctrl-C once more leaves at once; what is stored stays either way.'),
  );
  try {
    progress.phase('reading text');
    const { data, tasks, model } = await prepareExperiment(experiment, {
      cacheDirectory: join(runs, '.data'),
      signal,
      onProgress: progress.onData,
    });
    progress.phase('loading the trainer');
    const { spec } = experiment;
    const trainer = await makeTrainer(experiment.trainer, { model, optimizer: spec.optimizer, data });
    try {
      const events = new RunEmitter();
      progress.follow(events);
      const parts = { spec, model, data, tasks, trainer, directory, events, judge };
      const created = createExperiment(parts);
      progress.phase('planning');
      const plan = await created.plan();
      return await created.run(plan, { signal, command: commandLine() });
    } finally {
      await trainer.dispose();
      data.close();
    }
  } catch (error) {
    throw error instanceof BranchlineError && error.code === 'interrupted' ? toGoOn(error) : error;
  } finally {
    stop();
    progress.done();
  }
}

async function makeTrainer(options: TrainerSettings, context: TrainerContext): Promise<Trainer> {
  const { quadratic, ...embedded } = options;
  try {
    if (quadratic !== undefined) return await quadraticTrainer(quadratic).create(context);
    // Only now: it loads TensorFlow.js and ONNX Runtime.
    const { tfjsTrainer } = await import('@branchline/trainer-tfjs');
    return await tfjsTrainer(embedded).create(context);
  } catch (cause) {
    if (cause instanceof BranchlineError) throw cause;
    throw new BranchlineError('trainer', { configPath: 'trainer', message: messageOf(cause) }, { cause });
  }
}

async function show(
  { results, failures }: Outcome,
  directory: string,
  { json, report }: TrainArguments,
): Promise<void> {
  const files: Record<string, string> = { results: join(directory, 'results.json') };
  if (report) {
    const { renderReport } = await import('@branchline/report');
    files.report = join(directory, 'report.html');
    await writeFileAtomic(files.report, renderReport(results));
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
  for (const { error, seeds } of failures) {
    const under = seeds === undefined ? '' : ` under seed ${seeds.join(', ')}:`;
    process.stdout.write(`\n${style.red('failed')}${under} ${error.problems.map(formatProblem).join('\n')}\n`);
  }
  const shown = Object.entries(files).map(
    ([name, path]) => `${name.padEnd(8)} ${relative(process.cwd(), path) || path}`,
  );
  process.stdout.write(`\n${shown.join('\n')}\n`);
}

/** The same error with the very command that goes on. */
function toGoOn(error: BranchlineError): BranchlineError {
  const problems = error.problems.map((problem) => ({ ...problem, remedy: `To go on: ${commandLine()}` }));
  return new BranchlineError('interrupted', problems, { cause: error });
}
