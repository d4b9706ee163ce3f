/** Checks, plans and trains the experiments of a reproduction, in the same way as `plan` and `bench`. */
import { join } from 'node:path';
import { type CheckedExperiment, checkExperiment, prepareExperiment } from '@branchline/api/internal';
import { type ExperimentPlan, type Failure, formatProblem, planExperiment } from '@branchline/core';
import {
  type Facts,
  type PaperExperiment,
  planFacts,
  type Reproduction,
  trainAll,
  withSeeds,
} from '@branchline/reproductions';
import { trainChecked } from '../experiment/train.js';
import { listenForInterrupt } from '../ui/interrupt.js';
import { Progress } from '../ui/progress.js';

/** A reproduction with all experiments checked, so that errors in the last are reported before the first is trained. */
export interface CheckedReproduction {
  /** With the requested seeds. */
  readonly reproduction: Reproduction;
  /** Checks an experiment of it, with the requested lanes. */
  readonly check: (experiment: PaperExperiment) => Promise<CheckedExperiment>;
  readonly experiments: readonly CheckedExperiment[];
  readonly plans: readonly CheckedExperiment[];
}

/**
 * Checks a reproduction. Paths of the text are relative to `directory`. `seeds` and `lanes` are
 * user input and are checked with the experiments.
 */
export async function checkReproduction(
  given: Reproduction,
  { directory, seeds, lanes }: { readonly directory: string; readonly seeds: unknown; readonly lanes?: number },
): Promise<CheckedReproduction> {
  const reproduction = withSeeds(given, seeds as PaperExperiment['seeds']);
  const check = (config: PaperExperiment) =>
    checkExperiment(
      { ...config, ...(lanes !== undefined && { lanes }) },
      { baseDirectory: directory, defaultName: 'reproduction' },
    );
  const checkAll = async (configs: readonly PaperExperiment[]) => {
    const checked: CheckedExperiment[] = [];
    for (const config of configs) checked.push(await check(config));
    return checked;
  };
  return {
    reproduction,
    check,
    experiments: await checkAll(reproduction.experiments),
    plans: await checkAll(reproduction.plans),
  };
}

/** Facts, and the strategies that failed. */
export interface Gathered {
  readonly facts: Facts;
  readonly failures: readonly Failure[];
}

/**
 * Plans the plan-only experiments, then trains the others, with progress on standard error. Stored steps are reused.
 */
export async function gatherFacts(checked: CheckedReproduction, runs: string): Promise<Gathered> {
  const { reproduction, experiments, check } = checked;
  const { followUps = {} } = reproduction;
  const plans = await planAll(checked, 'plans', runs);
  const { results, failures } = await trainAll(
    reproduction.experiments,
    async (experiment, { index, count }) => {
      const { name } = experiment;
      process.stderr.write(`${name}, experiment ${index + 1} of ${count}\n`);
      return trainChecked(name in followUps ? await check(experiment) : experiments[index]!, runs);
    },
    { followUps, plans },
  );
  return { facts: { plans, results }, failures };
}

/** Plans one group of experiments without training. */
export async function planAll(
  checked: CheckedReproduction,
  which: 'experiments' | 'plans',
  runs: string,
): Promise<Facts['plans']> {
  const progress = new Progress();
  const { signal, stop } = listenForInterrupt(() => progress.line('Stopping.'));
  const byName = new Map(checked[which].map((experiment) => [experiment.spec.name, experiment]));
  try {
    progress.phase('planning');
    return await planFacts(checked.reproduction[which], ({ name }) =>
      planOne(byName.get(name)!, { runs, signal, progress }),
    );
  } finally {
    stop();
    progress.done();
  }
}

async function planOne(
  experiment: CheckedExperiment,
  { runs, signal, progress }: { readonly runs: string; readonly signal: AbortSignal; readonly progress: Progress },
): Promise<ExperimentPlan> {
  const options = { cacheDirectory: join(runs, '.data'), signal, onProgress: progress.onData };
  const { data, model } = await prepareExperiment(experiment, options);
  try {
    const log = (_: string, message: string) => progress.warn(message);
    // No step is trained, so the numerics have no effect.
    const plan = await planExperiment({ spec: experiment.spec, model, data, numerics: '', log });
    for (const { error } of plan.failures) progress.warn(error.problems.map(formatProblem).join('\n'));
    return plan;
  } finally {
    data.close();
  }
}
