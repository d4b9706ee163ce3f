/** Trains an experiment: `bench` and `resume`. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { evaluateClaims } from '@branchline/comparison';
import { BranchlineError, type Failure, messageOf, type Trainer, type TrainerContext } from '@branchline/core';
import { createExperiment, type Results } from '@branchline/evaluation';
import type { CheckedExperiment } from '../config/check.js';
import type { CheckedTrainer } from '../config/trainer.js';
import { emitterFor, safeListener } from './events.js';
import { checkInput, type ExperimentInput, type ExperimentOptions, throwIfAborted } from './input.js';
import { prepareExperiment } from './prepare.js';

/** Options of `bench` and `resume`. */
export interface BenchOptions extends ExperimentOptions {
  /** The command or call that reproduces this run; shown in results.json and in the report. Default: `bench()`. */
  readonly command?: string;
}

/** A finished run. */
export interface Run {
  /** The run directory, with results.json, ledger.jsonl, checkpoints and more. */
  readonly directory: string;
  /** Content of results.json: quality and cost of every strategy that did not fail. */
  readonly results: Results;
  /** Strategies that failed during planning or training, with the error. */
  readonly failures: readonly Failure[];
}

/**
 * Trains the strategies of an experiment and compares them. Shared steps are trained once, stored ones not again. The
 * same call, with the same experiment and `runs`, resumes an interrupted run.
 *
 * Throws a BranchlineError: `config` with all problems of the experiment before anything starts, `data` for text that
 * cannot be prepared, `budget`, `interrupted` for an aborted signal, `locked`, `store` and `damaged` for the run
 * directory. A strategy that fails is in `failures`; the others continue.
 */
export async function bench(experiment: ExperimentInput, options: BenchOptions = {}): Promise<Run> {
  return benchChecked(await checkInput(experiment, options), options);
}

/**
 * Like `bench`, for an existing run. Throws a BranchlineError (`config`) if there is none, so that a wrong name or
 * directory does not start a new run. The experiment is required: plugins are code and are not stored with a run.
 */
export async function resume(experiment: ExperimentInput, options: BenchOptions = {}): Promise<Run> {
  const checked = await checkInput(experiment, options);
  const directory = directoryOf(checked, options);
  const begun = await stat(join(directory, 'plans')).catch(() => undefined);
  if (begun?.isDirectory()) return benchChecked(checked, options);
  throw new BranchlineError('config', {
    message: `no run was begun in ${directory}`,
    remedy: 'Give the `runs` and the name that it was begun with; bench() begins one.',
  });
}

/** Like `bench`, for a checked experiment. */
export async function benchChecked(experiment: CheckedExperiment, options: BenchOptions): Promise<Run> {
  const { runs = 'runs', signal, command = 'bench()' } = options;
  const onEvent = safeListener(options.onEvent);
  const { spec } = experiment;
  onEvent({ type: 'phase', phase: 'text' });
  const { data, tasks, model } = await prepareExperiment(experiment, {
    cacheDirectory: join(runs, '.data'),
    signal,
    onProgress: (progress) => onEvent({ type: 'data', ...progress }),
  });
  try {
    throwIfAborted(signal);
    onEvent({ type: 'phase', phase: 'trainer' });
    const trainer = await makeTrainer(experiment.trainer, { model, optimizer: spec.optimizer, data });
    try {
      throwIfAborted(signal);
      onEvent({ type: 'phase', phase: 'plan' });
      const directory = directoryOf(experiment, options);
      const parts = {
        spec,
        model,
        data,
        tasks,
        trainer,
        directory,
        events: emitterFor(onEvent),
        judge: evaluateClaims,
      };
      const created = createExperiment(parts);
      const outcome = await created.run(await created.plan(), { signal, command });
      return { directory, ...outcome };
    } finally {
      await trainer.dispose();
    }
  } finally {
    data.close();
  }
}

const directoryOf = ({ spec }: CheckedExperiment, { runs = 'runs' }: BenchOptions) => join(runs, spec.name);

async function makeTrainer(chosen: CheckedTrainer, context: TrainerContext): Promise<Trainer> {
  try {
    return await chosen.create(context);
  } catch (cause) {
    if (cause instanceof BranchlineError) throw cause;
    throw new BranchlineError('trainer', { configPath: 'trainer', message: messageOf(cause) }, { cause });
  }
}
