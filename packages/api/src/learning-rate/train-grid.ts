/** Trains a grid of runs and fits the best peak rate to their losses. */
import { join } from 'node:path';
import { type Cost, makeFolder } from '@branchline/core';
import type { Results } from '@branchline/evaluation';
import {
  type Conditions,
  fitLearningRate,
  GRID_CURVE,
  type LearningRateFit,
  type Observation,
} from '@branchline/plugin-learning-rate';
import { checkExperiment } from '../config/check.js';
import { benchChecked } from '../experiment/bench.js';
import type { ExperimentInput } from '../experiment/input.js';
import { readResults } from '../experiment/run-directory.js';
import { type GridCost, sumTraining, type TrainingCost } from './cost.js';
import type { RateGrid, SizeExperiment } from './grid.js';
import { type LoadedGrid, loadGrid, planRateGrid, type RateGridOptions } from './plan-grid.js';

/** Options of `trainRateGrid`. */
export interface TrainGridOptions extends RateGridOptions {
  /** The command or call that reproduces this run. Default: `trainRateGrid()`. */
  readonly command?: string;
  /** Called before the runs of each size. */
  readonly onSize?: (size: { readonly name: string; readonly index: number; readonly count: number }) => void;
}

/** A trained grid. Plain JSON; the file of `branchline lr fit --out`. */
export interface RateGridRun {
  readonly fit: LearningRateFit;
  readonly sizes: readonly {
    /** `64x2`: width and layers. */
    readonly name: string;
    /** Trainable scalars outside of the embedding and the output matrix. */
    readonly parameters: number;
    /** Run directory, with results.json, ledger and checkpoints. */
    readonly directory: string;
  }[];
  readonly cost: GridCost & {
    /** Everything that the run directories paid so far, evaluation included, from their ledgers. */
    readonly actual: TrainingCost & { readonly deviceSeconds: number };
    /** What this call added to it. */
    readonly added: TrainingCost & { readonly deviceSeconds: number };
  };
  readonly warnings: readonly string[];
}

/**
 * Trains the runs of a grid with the experiment's model, text and trainer, and fits the best peak rate to their
 * held-out losses. For each size, rate and seed there is one stable run with a cooldown branch for each horizon. What
 * is stored is not trained again, so the same call resumes, and a larger grid trains only its new steps.
 *
 * A run that diverged counts as one without a loss. Throws as `bench` does, a BranchlineError (`config`) with all
 * problems of the grid, and the error of a run that failed for another reason.
 */
export async function trainRateGrid(
  experiment: ExperimentInput,
  grid: RateGrid,
  options: TrainGridOptions = {},
): Promise<RateGridRun> {
  const loaded = await loadGrid(experiment, grid, options);
  // A plan keeps prepared text only if there is a folder for it.
  await makeFolder(join(loaded.place.runs, '.data'));
  // Plans every size first: a mistake that only shows with the last one is reported before the first is trained.
  const planned = await planRateGrid(experiment, grid, options);
  const { checked } = loaded;
  const observations: Observation[] = [];
  const conditions: Conditions[] = [];
  const sizes: RateGridRun['sizes'][number][] = [];
  const [before, after]: [Cost[], Cost[]] = [[], []];
  for (const [index, size] of checked.sizes.entries()) {
    options.onSize?.({ name: size.name, index, count: checked.sizes.length });
    const paid = await readResults(join(loaded.place.runs, size.name));
    const { results, directory, parameters } = await trainSize(size, loaded, options.command);
    if (paid !== undefined) before.push(paid.actual);
    after.push(results.actual);
    sizes.push({ name: size.name, parameters, directory });
    observations.push(...observationsOf(size, results, parameters));
    const { batch, lr } = results.training;
    const tokens = batch * results.model.context;
    conditions.push({ batch: tokens, cooldown: checked.cooldown, curve: GRID_CURVE, minRatio: lr.minRatio });
  }
  const actual = sumCost(after);
  const earlier = sumCost(before);
  return {
    fit: fitLearningRate(observations, conditions[0]!),
    sizes,
    cost: { ...planned.cost, actual, added: subtract(actual, earlier) },
    warnings: planned.sizes.flatMap(({ name, plan }) => repeatedText(name, plan, checked.horizons)),
  };
}

async function trainSize(size: SizeExperiment, { place }: LoadedGrid, command = 'trainRateGrid()') {
  const { directory: baseDirectory, loading } = place;
  const experiment = await checkExperiment(size.config, { baseDirectory, defaultName: size.name, loading });
  const run = await benchChecked(experiment, { ...place, command });
  for (const { error } of run.failures) {
    if (!error.problems.every(({ message }) => message.includes('diverged'))) throw error;
  }
  const { parameters: all, nonEmbeddingParameters: parameters = all } = run.results.model;
  return { results: run.results, directory: run.directory, parameters };
}

/** The losses of the runs of one size; null for those that diverged. */
function observationsOf({ runs }: SizeExperiment, results: Results, parameters: number): readonly Observation[] {
  const byRun = new Map(
    results.strategies.map(({ name, seed, releases }) => [`${seed} ${name}`, releases[0]?.loss] as const),
  );
  const { uniformLoss = Number.POSITIVE_INFINITY } = results.data;
  const tokensPerStep = results.training.batch * results.model.context;
  return runs.flatMap(({ name, rate, steps }) =>
    results.seeds.map((seed) => {
      const loss = byRun.get(`${seed} ${name}`);
      // Worse than guessing every token alike: nothing was learned.
      const isUsable = loss !== undefined && loss <= uniformLoss;
      return { parameters, tokens: steps * tokensPerStep, rate, seed, loss: isUsable ? loss : null };
    }),
  );
}

type Paid = RateGridRun['cost']['actual'];

function sumCost(costs: readonly Cost[]): Paid {
  return { ...sumTraining(costs), deviceSeconds: costs.reduce((sum, { deviceSeconds }) => sum + deviceSeconds, 0) };
}

function subtract(from: Paid, other: Paid): Paid {
  return {
    steps: from.steps - other.steps,
    tokens: from.tokens - other.tokens,
    flops: from.flops - other.flops,
    deviceSeconds: from.deviceSeconds - other.deviceSeconds,
  };
}

/** Says which horizons are longer than one pass over the text. */
function repeatedText(
  name: string,
  { data, training, model }: Awaited<ReturnType<typeof planRateGrid>>['sizes'][number]['plan'],
  horizons: readonly number[],
): readonly string[] {
  const steps = Math.floor(data.versions[0]!.tokens / model.context / training.batch);
  const longer = horizons.filter((horizon) => horizon > steps);
  if (longer.length === 0) return [];
  return [
    `${name}: the text is enough for ${steps} steps, and longer horizons repeat it (${longer.join(', ')}); a law for fresh text needs more text`,
  ];
}
