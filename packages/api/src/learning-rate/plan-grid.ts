/** Plans a grid of runs without training it. */
import { join } from 'node:path';
import { BranchlineError, type Problem } from '@branchline/core';
import { checkExperiment } from '../config/check.js';
import {
  type ExperimentInput,
  type ExperimentOptions,
  type LoadedExperiment,
  loadExperiment,
} from '../experiment/input.js';
import { plan } from '../experiment/plan.js';
import type { PlanSummary } from '../experiment/plan-summary.js';
import { type GridCost, sumTraining, type TrainingCost } from './cost.js';
import { type CheckedGrid, checkGrid, probeOf, type RateGrid } from './grid.js';

/** Options of `planRateGrid` and `trainRateGrid`. */
export interface RateGridOptions extends Omit<ExperimentOptions, 'only'> {
  /** Prefix of the places of problems of the grid. Default `grid.`. */
  readonly gridPlace?: string;
}

/** A planned grid. */
export interface RateGridPlan {
  readonly rates: readonly number[];
  readonly horizons: readonly number[];
  readonly cooldown: number;
  readonly sizes: readonly {
    /** `64x2`: width and layers. */
    readonly name: string;
    /** The plan of its run graph. */
    readonly plan: PlanSummary;
    readonly cost: GridCost;
    /** Steps that the run directory lacks. */
    readonly missingSteps: number;
  }[];
  readonly cost: GridCost;
  /** Steps that the run directories lack. */
  readonly missingSteps: number;
}

/**
 * Plans the runs that the best peak rate is fitted to, and what they cost. Trains nothing. Throws as `plan` does, and a
 * BranchlineError (`config`) with all problems of the grid.
 */
export async function planRateGrid(
  experiment: ExperimentInput,
  grid: RateGrid,
  options: RateGridOptions = {},
): Promise<RateGridPlan> {
  const { checked, place } = await loadGrid(experiment, grid, options);
  const sizes: RateGridPlan['sizes'][number][] = [];
  for (const one of checked.sizes) {
    const summary = await plan(one.config, place);
    const { stored, graph } = summary;
    sizes.push({
      name: one.name,
      plan: summary,
      cost: costOf(summary),
      missingSteps: stored === null ? graph.steps : stored.steps.missing,
    });
  }
  return {
    ...{ rates: checked.rates, horizons: checked.horizons, cooldown: checked.cooldown, sizes },
    cost: sumGrid(sizes.map(({ cost }) => cost)),
    missingSteps: sizes.reduce((sum, { missingSteps }) => sum + missingSteps, 0),
  };
}

/** A checked grid, and where its experiments run. */
export interface LoadedGrid {
  readonly checked: CheckedGrid;
  /** Options of the experiment of each size. */
  readonly place: ExperimentOptions & { readonly runs: string; readonly directory: string };
}

/** Loads the experiment and checks the grid. The run directories of the sizes are in `<runs>/<name>-lr`. */
export async function loadGrid(
  input: ExperimentInput,
  grid: RateGrid,
  { gridPlace = 'grid.', runs = 'runs', ...options }: RateGridOptions,
): Promise<LoadedGrid> {
  const isFile = typeof input === 'string' || input instanceof URL;
  const loaded: Partial<LoadedExperiment> = isFile
    ? await loadExperiment(input, options.loading)
    : { experiment: input };
  const directory = options.directory ?? loaded.directory ?? process.cwd();
  const name = loaded.experiment?.name ?? options.name ?? loaded.name ?? 'experiment';
  const { signal, onEvent, loading, reuseFromOtherProcessors } = options;
  const problems: Problem[] = [];
  const collect = (error: unknown) => {
    if (!(error instanceof BranchlineError)) throw error;
    problems.push(...error.problems);
    return undefined;
  };
  await checkExperiment(probeOf(loaded.experiment), { baseDirectory: directory, defaultName: name, loading }).catch(
    collect,
  );
  let checked: CheckedGrid | undefined;
  try {
    checked = checkGrid(loaded.experiment, grid, gridPlace);
  } catch (error) {
    collect(error);
  }
  if (checked === undefined || problems.length > 0) throw new BranchlineError('config', problems);
  return {
    checked,
    place: { ...{ signal, onEvent, loading, reuseFromOtherProcessors, directory }, runs: join(runs, `${name}-lr`) },
  };
}

/** Costs of the runs of one size. */
function costOf({ strategies, graph }: PlanSummary): GridCost {
  const plain = ({ steps, tokens, flops }: TrainingCost): TrainingCost => ({ steps, tokens, flops });
  return { separate: sumTraining(strategies.map(({ standalone }) => plain(standalone))), shared: plain(graph) };
}

/** Adds the costs of several sizes. */
export function sumGrid(costs: readonly GridCost[]): GridCost {
  return {
    separate: sumTraining(costs.map(({ separate }) => separate)),
    shared: sumTraining(costs.map(({ shared }) => shared)),
  };
}
