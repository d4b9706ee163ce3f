/** `branchline lr fit`: reads arguments, calls the API and prints the law. */
import {
  type ExperimentConfig,
  LearningRateError,
  type LearningRateFit,
  planRateGrid,
  predictRate,
  type RateGrid,
  type RateGridOptions,
  trainRateGrid,
} from '@branchline/api';
import { loadGrid, parametersOfSize } from '@branchline/api/internal';
import { BranchlineError, type Problem, writeFileAtomic } from '@branchline/core';
import type { ExperimentArguments } from '../experiment/arguments.js';
import { readExperiment } from '../experiment/read.js';
import { withProgress, writeFiles } from '../experiment/train.js';
import { styleFor } from '../ui/style.js';
import { type GridArguments, gridOf, settingsOf, type TypedSetting } from './arguments.js';
import { fitText, gridPlanText, type Predicted } from './text.js';

/** Arguments of `lr fit`. */
export interface FitRatesArguments extends ExperimentArguments, GridArguments {
  readonly runs: string;
  /** What to predict, as typed. */
  readonly settings: readonly string[];
  readonly plan: boolean;
  readonly out?: string;
  readonly reuseFromOtherProcessors: boolean;
  readonly json: boolean;
}

/** Trains the grid, or plans it, and prints what it says. */
export async function fitRates(args: FitRatesArguments): Promise<void> {
  const { experiment, only: _, ...options } = await readExperiment(args);
  const grid = gridOf(args) as RateGrid;
  const { runs, reuseFromOtherProcessors, json } = args;
  const style = styleFor(process.stdout);
  const place: RateGridOptions = { ...options, runs, reuseFromOtherProcessors, gridPlace: '--' };
  const asked = await checkAll(args.settings, { experiment, grid, place });
  if (args.plan) {
    const planned = await withProgress((shown) => planRateGrid(experiment, grid, { ...place, ...shown }));
    const { sizes, ...rest } = planned;
    const plain = { ...rest, sizes: sizes.map(({ name, cost, missingSteps }) => ({ name, cost, missingSteps })) };
    process.stdout.write(`${json ? JSON.stringify(plain, null, 2) : gridPlanText(planned, style)}\n`);
    return;
  }
  const run = await withProgress((shown) =>
    trainRateGrid(experiment, grid, {
      ...place,
      ...shown,
      onSize: ({ name, index, count }) => process.stderr.write(`size ${name}, ${index + 1} of ${count}\n`),
    }),
  );
  const predictions = asked.map((setting) => predict(run.fit, setting));
  const files: Record<string, string> = {};
  if (args.out !== undefined) {
    files.fit = args.out;
    await writeFileAtomic(args.out, `${JSON.stringify(run, null, 2)}\n`);
  }
  if (json) {
    process.stdout.write(`${JSON.stringify({ ...run, predictions, files }, null, 2)}\n`);
    return;
  }
  process.stdout.write(`\n${fitText(run, predictions, style)}\n`);
  if (args.out !== undefined) writeFiles(files);
}

/** Checks what is to be predicted, together with the experiment and the grid: all problems are in one error. */
async function checkAll(
  texts: readonly string[],
  { experiment, grid, place }: { experiment: ExperimentConfig; grid: RateGrid; place: RateGridOptions },
) {
  const problems: Problem[] = [];
  const collect = (error: unknown) => {
    if (!(error instanceof BranchlineError) || error.code !== 'config') throw error;
    problems.push(...error.problems);
    return [];
  };
  await loadGrid(experiment, grid, place).catch(collect);
  try {
    const settings = settingsOf(texts);
    if (problems.length === 0) {
      return settings.map((setting) => ({ ...setting, parameters: parametersOf(setting, experiment.model) }));
    }
  } catch (error) {
    collect(error);
  }
  throw new BranchlineError('config', problems);
}

/** A size to predict for. Throws a BranchlineError (`config`) before anything is trained. */
function parametersOf({ text, size }: TypedSetting, model: unknown): number {
  return 'parameters' in size ? size.parameters : parametersOfSize(model, size, `--for ${text}`);
}

/** Predicts outside of the fit too; the prediction says in what respects. */
function predict(
  { conditions, law }: LearningRateFit,
  { text, parameters, tokens }: TypedSetting & { readonly parameters: number },
): Predicted {
  const setting = { parameters, tokens, batch: conditions.batch, cooldown: conditions.cooldown };
  try {
    return { asked: text, parameters, tokens, ...predictRate({ conditions, law }, setting, { extrapolate: true }) };
  } catch (error) {
    if (!(error instanceof LearningRateError)) throw error;
    return { asked: text, parameters, tokens, refused: error.message };
  }
}
