/** Trains an experiment: `bench` and `resume`. */
import { join } from 'node:path';
import { evaluateClaims } from '@branchline/comparison';
import {
  BranchlineError,
  CheckpointStore,
  compileOperations,
  type ExperimentPlan,
  type Failure,
  lanesFor,
  type ModelDescription,
  type Trainer,
  targetsOf,
} from '@branchline/core';
import { createExperiment, type Outcome, type Results } from '@branchline/evaluation';
import type { RunLog } from '@branchline/logging';
import type { CheckedExperiment } from '../config/check.js';
import { emitterFor, safeListener } from './events.js';
import { checkInput, type ExperimentInput, type ExperimentOptions, fileOf, throwIfAborted } from './input.js';
import { type JobStart, launchJobs } from './launch-jobs.js';
import { endOf, logOf } from './log-of.js';
import { prepareExperiment } from './prepare.js';
import { assertOwner, ownerOf, type RunOwner, recordOwner } from './run-owner.js';
import { ShownRun } from './shown-run.js';
import { hasPlans, type StoredWork, storedWork } from './stored-work.js';
import { disposeAll, makeTrainers } from './trainer.js';

/** Options of `bench` and `resume`. */
export interface BenchOptions extends ExperimentOptions {
  /** The command or call that reproduces this run; shown in results.json and in the report. Default: `bench()`. */
  readonly command?: string;
  /**
   * Called once before training, with what the run directory has of the plan; undefined for a new directory. An error
   * that it throws ends the call, and nothing is trained.
   */
  readonly beforeTraining?: (stored: StoredWork | undefined) => void | Promise<void>;
  /**
   * Starts although some strategies cannot be planned, or although the estimated cost exceeds the budget: the other
   * strategies are trained, and the run stops when the budget is spent. Default false: nothing is started.
   */
  readonly startAnyway?: boolean;
  /** How jobs are started, for an experiment that a cluster trains (`on`). */
  readonly jobs?: JobStart;
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
 * Throws a BranchlineError: `config` with all problems of the experiment before anything is trained, and if its run
 * directory belongs to another experiment; `data` for text that cannot be prepared, `budget`, `interrupted` for an
 * aborted signal, `locked`, `store` and `damaged` for the run directory. A strategy that fails during the run is in
 * `failures`; the others continue.
 */
export async function bench(experiment: ExperimentInput, options: BenchOptions = {}): Promise<Run> {
  const checked = await checkInput(experiment, options);
  return benchOwned(checked, options, await ownerOf(fileOf(experiment, options), checked));
}

/**
 * Like `bench`, for an existing run. Throws a BranchlineError (`config`) if there is none, so that a wrong name or
 * directory does not start a new run. The experiment is required: plugins are code and are not stored with a run.
 */
export async function resume(experiment: ExperimentInput, options: BenchOptions = {}): Promise<Run> {
  const checked = await checkInput(experiment, options);
  const directory = directoryOf(checked, options);
  if (await hasPlans(directory)) {
    return benchOwned(checked, options, await ownerOf(fileOf(experiment, options), checked));
  }
  throw new BranchlineError('config', {
    message: `no run was begun in ${directory}`,
    remedy: 'Give the `runs` and the name that it was begun with; bench() begins one.',
  });
}

/** Like `bench`, for a checked experiment. The run directory belongs to the caller, who chooses the name. */
export function benchChecked(experiment: CheckedExperiment, options: BenchOptions): Promise<Run> {
  return benchOwned(experiment, options);
}

async function benchOwned(experiment: CheckedExperiment, options: BenchOptions, owner?: RunOwner): Promise<Run> {
  const directory = directoryOf(experiment, options);
  // Early, because preparing text can take long.
  if (owner !== undefined) await assertOwner(directory, owner);
  const shown = await ShownRun.prepare(directory);
  try {
    return await benchShown(experiment, options, shown, owner);
  } finally {
    await shown.close();
  }
}

async function benchShown(
  experiment: CheckedExperiment,
  options: BenchOptions,
  shown: ShownRun,
  owner?: RunOwner,
): Promise<Run> {
  const { runs = 'runs', signal, command = 'bench()', startAnyway, reuseFromOtherProcessors = false } = options;
  const onEvent = safeListener(options.onEvent);
  const { spec } = experiment;
  const directory = directoryOf(experiment, options);
  onEvent({ type: 'phase', phase: 'text' });
  const { data, tasks, model, findTeacher, start } = await prepareExperiment(experiment, {
    cacheDirectory: join(runs, '.data'),
    signal,
    onProgress: (progress) => onEvent({ type: 'data', ...progress }),
    onCheckpoint: (done) => onEvent({ type: 'checkpoint', ...done }),
  });
  try {
    throwIfAborted(signal);
    onEvent({ type: 'phase', phase: 'trainer' });
    const context = { model, optimizer: spec.optimizer, data, directory: experiment.baseDirectory };
    const make = (lanes: number) => makeTrainers(experiment.trainer, context, lanes, start);
    const { on: cluster } = experiment;
    const launched =
      cluster &&
      (await launchJobs({
        ...{ experiment, cluster, directory, start: options.jobs, signal },
        onWarning: (message) => onEvent({ type: 'warning', message }),
        onInfo: (message) => onEvent({ type: 'log', level: 'info', message }),
      }));
    let log: RunLog | undefined;
    let trainers = launched ? ([launched.trainer] as const) : await make(experiment.lanes ?? 1);
    try {
      throwIfAborted(signal);
      onEvent({ type: 'phase', phase: 'plan' });
      const events = emitterFor(onEvent);
      log = logOf(experiment, { directory, events, command, signal });
      const parts = {
        spec,
        model,
        data,
        tasks,
        findTeacher,
        trainer: trainers[0],
        otherTrainers: trainers.slice(1),
        jobs: launched?.launch,
        directory,
        events,
        judge: evaluateClaims,
        reuseFromOtherProcessors,
        beforeTraining: async (plan: ExperimentPlan, soFar: () => Promise<Results>) => {
          if (owner !== undefined) await recordOwner(directory, owner, plan);
          await log?.attach(plan);
          const lanes = launched === undefined ? trainers.length : 0;
          const { device } = trainers[0].describe();
          await shown.attach(plan, soFar, { events, experiment: spec.name, command, device, lanes });
        },
        afterRun: async (outcome?: Outcome) => {
          await log?.finish(endOf(directory, outcome));
          await shown.finish(outcome?.failures);
        },
      };
      const plan = await createExperiment(parts).plan();
      const planElsewhere = () =>
        createExperiment({ ...parts, events: undefined, reuseFromOtherProcessors: true }).plan();
      const stored = await storedWork(plan, directory, {
        ...{ spec, model, trainer: trainers[0].describe() },
        ...(!reuseFromOtherProcessors && { planElsewhere }),
      });
      if (stored !== undefined) onEvent({ type: 'stored', ...stored });
      await options.beforeTraining?.(stored);
      if (experiment.lanes === undefined && launched === undefined) {
        const lanes = await suitableLanes(plan, directory, trainers[0], model);
        if (lanes > 1) {
          const [only] = trainers;
          trainers = await make(lanes);
          await only.dispose();
        }
      }
      const created = createExperiment({ ...parts, trainer: trainers[0], otherTrainers: trainers.slice(1) });
      const outcome = await created.run(plan, { signal, command, startAnyway });
      return { directory, ...outcome };
    } catch (error) {
      await shown.fail(error);
      throw error;
    } finally {
      log?.close();
      await disposeAll(trainers);
    }
  } finally {
    data.close();
  }
}

const directoryOf = ({ spec }: CheckedExperiment, { runs = 'runs' }: BenchOptions) => join(runs, spec.name);

/** The number of lanes that what is missing in the run directory keeps busy. */
async function suitableLanes(
  plan: ExperimentPlan,
  directory: string,
  { lanes: most = 1 }: Trainer,
  { parameters }: ModelDescription,
): Promise<number> {
  if (most === 1) return 1;
  const { store } = await CheckpointStore.look(join(directory, 'checkpoints'));
  const nextCheckpoint = ({ steps }: { readonly steps: number }) => steps;
  const input = { graph: plan.graph, targets: targetsOf(plan), stored: store.list(), nextCheckpoint, parameters };
  return lanesFor(compileOperations(input), most);
}
