/** What the grids say: cells, the law that is fitted to them, its prediction, and the grid where it is tested. */
import type { Results } from '@branchline/evaluation';
import {
  type Cell,
  fitLearningRate,
  GRID_CURVE,
  type LearningRateFit,
  type LossLaw,
  type Observation,
  predictRate,
  rateRatio,
  type Setting,
} from '@branchline/plugin-learning-rate';
import type { Facts } from '../paper/definition.js';
import { gridName, PREDICTION, runName, TARGET } from './names.js';
import { type Arm, COOLDOWN, type SizeGrid, TOKENS, targetSteps } from './scale.js';

/** Names of the grids of the fit, smallest size first. */
export const fitNames = ({ fit, prefix }: Arm): readonly string[] => fit.map((grid) => gridName(grid, prefix));
/** Name of the grid outside of the fit. */
export const targetName = ({ prefix }: Arm): string => `${prefix}${TARGET}`;
/** Name of the experiment at the predicted rate. */
export const predictionName = ({ prefix }: Arm): string => `${prefix}${PREDICTION}`;

/** Digits of a rate that is trained, as the plugin `learning-rate` rounds it. */
export const DIGITS = 4;

/** The losses of a grid's runs; null for those that diverged. */
export function observationsOf(results: Results, { rates, horizons }: SizeGrid): readonly Observation[] {
  const byRun = new Map(results.strategies.map(({ name, seed, releases }) => [`${seed} ${name}`, releases[0]?.loss]));
  const parameters = sizeOf(results);
  return rates.flatMap((rate) =>
    horizons.flatMap((steps) =>
      results.seeds.map((seed) => ({
        ...{ parameters, tokens: steps * TOKENS, rate, seed },
        loss: byRun.get(`${seed} ${runName(rate, steps)}`) ?? null,
      })),
    ),
  );
}

/** Trainable scalars outside of the embedding and the output matrix. */
export const sizeOf = ({ model }: Results): number => model.nonEmbeddingParameters ?? model.parameters;

/** Bootstrap samples where no interval is needed. */
const FEW = 2;

/**
 * The fit of several grids. `samples` are those of its bootstrap.
 */
function fitOf(facts: Facts, grids: readonly (readonly [string, SizeGrid])[], samples: number): LearningRateFit {
  const observations = grids.flatMap(([name, grid]) => observationsOf(facts.results[name]!, grid));
  const { lr } = facts.results[grids[0]![0]]!.training;
  const conditions = { batch: TOKENS, cooldown: COOLDOWN, curve: GRID_CURVE, minRatio: lr.minRatio };
  return fitLearningRate(observations, conditions, { samples });
}

/** The fit of all small grids. */
export const smallFit = (facts: Facts, { fit, prefix }: Arm, samples = FEW): LearningRateFit =>
  fitOf(
    facts,
    fit.map((grid) => [gridName(grid, prefix), grid] as const),
    samples,
  );

/** The fit of the grid outside, which has one size. */
export const targetFit = (facts: Facts, arm: Arm, samples = FEW): LearningRateFit =>
  fitOf(facts, [[targetName(arm), arm.target]], samples);

/** The cell of the target: its size at its last horizon. */
export const targetCell = (facts: Facts, arm: Arm): Cell => targetFit(facts, arm).cells.at(-1)!;

/** The size and the horizon of the target. `parameters` come from the results or the plan of its size. */
export const targetSetting = (parameters: number, arm: Arm): Setting => ({
  parameters,
  tokens: targetSteps(arm) * TOKENS,
  batch: TOKENS,
  cooldown: COOLDOWN,
});

/** The best rate of the largest small size at its longest horizon; undefined without one. */
export function largestSmall(fit: LearningRateFit): (Setting & { readonly rate: number }) | undefined {
  const { parameters, tokens, valley } = fit.cells.at(-1)!;
  return valley === null ? undefined : { parameters, tokens, rate: valley.optimum, batch: TOKENS, cooldown: COOLDOWN };
}

/** Rates for the target that small runs give. Undefined: the law or the optimum of the largest size is missing. */
export interface PredictedRates {
  readonly fitted: number | undefined;
  readonly unchanged: number | undefined;
  readonly published: number | undefined;
}

/** Predicts the rate of the target in three ways, rounded as it is trained. */
export function predictedRates(fit: LearningRateFit, setting: Setting): PredictedRates {
  const best = largestSmall(fit);
  const round = (rate: number | undefined) => (rate === undefined ? undefined : Number(rate.toPrecision(DIGITS)));
  return {
    fitted: round(fittedRate(fit, setting)),
    unchanged: round(best?.rate),
    published: round(best && best.rate * rateRatio('paper-c', best, setting, { extrapolate: true })),
  };
}

/** The rate of the law; undefined if the optima do not determine both exponents. */
export function fittedRate(fit: LearningRateFit, setting: Setting): number | undefined {
  const { law } = fit;
  if (law === null || law.exponents.parameters === null || law.exponents.tokens === null) return undefined;
  return predictRate(fit, setting, { extrapolate: true }).rate;
}

/** Natural logarithm of the predicted rate of the target over the optimum of its grid. */
export function predictionError(facts: Facts, arm: Arm): number | undefined {
  const { parameters, valley } = targetCell(facts, arm);
  const rate = fittedRate(smallFit(facts, arm), targetSetting(parameters, arm));
  return valley === null || rate === undefined ? undefined : Math.log(rate / valley.optimum);
}

/**
 * Square root of what the predicted rate costs by the parabola of the target's grid, as a share of the lowest loss,
 * with the sign of the error. The cost itself is flat at 0, where its spread over seeds says little.
 */
export function rootRegret(facts: Facts, arm: Arm): number | undefined {
  const { valley } = targetCell(facts, arm);
  const error = predictionError(facts, arm);
  return valley === null || error === undefined ? undefined : error * Math.sqrt(valley.curvature / valley.loss);
}

/** What a rate costs by the parabola of a cell, as a share of its lowest loss. */
export const parabolaRegret = ({ optimum, curvature, loss }: NonNullable<Cell['valley']>, rate: number): number =>
  (curvature * Math.log(rate / optimum) ** 2) / loss;

/** Loss of a strategy of the prediction above the lowest of the grid's parabola, as a share of that. */
export function regretOf(facts: Facts, arm: Arm, strategy: string): number | undefined {
  const { valley } = targetCell(facts, arm);
  const loss = meanLossOf(facts.results[predictionName(arm)]!, strategy);
  return valley === null || loss === undefined ? undefined : loss / valley.loss - 1;
}

/** Mean loss of a strategy over seeds; undefined if it failed under one of them. */
export function meanLossOf({ strategies, seeds }: Results, name: string): number | undefined {
  const losses = strategies.flatMap((one) => (one.name === name ? [one.releases.at(-1)!.loss] : []));
  return losses.length < seeds.length ? undefined : losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
}

/** Mean R² of the parabolas; undefined if a cell has no optimum. */
export function meanR2(facts: Facts, arm: Arm): number | undefined {
  const found = [...smallFit(facts, arm).cells, ...targetFit(facts, arm).cells].map(({ valley }) => valley?.r2);
  return found.some((r2) => r2 === undefined || r2 === null) ? undefined : mean(found as readonly number[]);
}

/**
 * How far the optimum of three rates is from that of all: root mean square of the logarithm of their ratio, over the
 * cells. The three are the best rate and the next ones.
 */
export function threeRatesError(facts: Facts, arm: Arm): number | undefined {
  const errors = [...smallFit(facts, arm).cells, ...targetFit(facts, arm).cells].map((cell) => {
    const three = optimumOfThree(cell);
    return three === undefined || cell.valley === null ? undefined : Math.log(three / cell.valley.optimum) ** 2;
  });
  return errors.includes(undefined) ? undefined : Math.sqrt(mean(errors as readonly number[]));
}

function optimumOfThree({ rates, valley, parameters, tokens }: Cell): number | undefined {
  if (valley === null) return undefined;
  const best = rates.reduce((lowest, { loss }, index) => {
    const other = rates[lowest]!.loss;
    return loss !== null && (other === null || loss < other) ? index : lowest;
  }, 0);
  const observations = rates
    .slice(best - 1, best + 2)
    .map(({ rate, loss }) => ({ parameters, tokens, rate, seed: 1, loss }));
  const conditions = { batch: TOKENS, cooldown: COOLDOWN, curve: GRID_CURVE, minRatio: 0.01 };
  return fitLearningRate(observations, conditions, { samples: FEW }).cells[0]!.valley?.optimum;
}

/** The power law of the loss in tokens at the target's size, from all its horizons but the last. */
export function lossLawOf(facts: Facts, arm: Arm): LossLaw | undefined {
  const shorter = { ...arm.target, horizons: arm.target.horizons.slice(0, -1) };
  return fitOf(facts, [[targetName(arm), shorter]], FEW).sizes[0]?.lossLaw ?? undefined;
}

/** The loss that this law predicts at the last horizon, over the lowest loss there, minus 1. */
export function lossLawError(facts: Facts, arm: Arm): number | undefined {
  const law = lossLawOf(facts, arm);
  const { valley, tokens } = targetCell(facts, arm);
  if (law === undefined || valley === null) return undefined;
  return (law.floor + law.scale * tokens ** -law.exponent) / valley.loss - 1;
}

/** Cells whose best rate is inside of the grid, and all cells. */
export function cellsInside(facts: Facts, arm: Arm): { readonly found: number; readonly expected: number } {
  const cells = [...smallFit(facts, arm).cells, ...targetFit(facts, arm).cells];
  return { found: cells.filter(({ valley }) => valley !== null).length, expected: cells.length };
}

/** Tokens that a grid trains if the stable run of a rate and seed serves all horizons. */
export const sharedTokens = ({ rates, horizons }: SizeGrid, seeds: number): number => {
  const decays = horizons.map((steps) => Math.max(1, Math.round(COOLDOWN * steps)));
  const stable = horizons.at(-1)! - decays.at(-1)!;
  return rates.length * seeds * TOKENS * (stable + decays.reduce((sum, steps) => sum + steps, 0));
};

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
