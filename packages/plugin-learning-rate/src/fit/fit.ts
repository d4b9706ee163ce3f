/** From the losses of a grid of runs to a law for the best peak rate. */
import { RandomStream } from '@branchline/core';
import { isNear } from '../laws/setting.js';
import {
  covarianceOf,
  drawsOf,
  interval95,
  type NoisyValley,
  optimumInterval,
  resampled,
  resampledOptimum,
  residualsOf,
} from './bootstrap.js';
import { meanOf } from './least-squares.js';
import { fitLossLaw, type LossLaw } from './power-law.js';
import { fitQuadratic, MOST_RATES, meanLoss, type NoOptimum, type RatePoint, type Valley } from './quadratic.js';
import { constantOf, fitRateLaw, type RateLaw, type RateLawFit, rateOfLaw } from './rate-law.js';

/** The loss of one run of the grid, after its cooldown. */
export interface Observation {
  /** Trainable scalars outside of the embedding and the output matrix. */
  readonly parameters: number;
  /** Tokens from the first step to the end of the cooldown. */
  readonly tokens: number;
  /** Peak rate. */
  readonly rate: number;
  readonly seed: number;
  /** Nats per token on held-out text; null: the training diverged. */
  readonly loss: number | null;
}

/** What was the same in all runs of a grid. A law holds there only. */
export interface Conditions {
  /** Tokens per step. */
  readonly batch: number;
  /** Share of the steps, at the end, in which the rate decays. */
  readonly cooldown: number;
  /** Curve of the decay. */
  readonly curve: string;
  /** End of the decay as a share of the peak. */
  readonly minRatio: number;
}

/** An interval that holds 95% of the bootstrap's values; null: there was no noise to estimate it from. */
export type Interval = readonly [number, number] | null;

/** The rates of one size and one number of tokens. */
export interface Cell {
  readonly parameters: number;
  readonly tokens: number;
  /** Ascending; `loss` is the mean over the seeds. */
  readonly rates: readonly {
    readonly rate: number;
    readonly loss: number | null;
    readonly losses: RatePoint['losses'];
  }[];
  /** The fitted valley with an interval of its optimum; null at the edge of the grid. */
  readonly valley: (Valley & { readonly interval: Interval }) | null;
  /** Why there is no optimum; null if there is one. */
  readonly none: NoOptimum | null;
}

/** What the runs of one size say about the horizon. */
export interface SizeFit {
  readonly parameters: number;
  /** Exponent of the best rate in tokens at this size; null with one horizon that has an optimum. */
  readonly tokensExponent: number | null;
  readonly r2: number | null;
  /** The loss at the best rate as a power law in tokens; null with fewer than three horizons that have an optimum. */
  readonly lossLaw: LossLaw | null;
}

/** A law for the best peak rate. */
export interface FittedLaw extends RateLaw {
  /** `constant` of `rate = constant · parameters^a · tokens^b`, without the factors whose exponent is null. */
  readonly constant: number;
  readonly intervals: { readonly parameters: Interval; readonly tokens: Interval };
  /**
   * Covariance of log rate at the centre and of the exponents that are not null, in this order; null: no estimate.
   */
  readonly covariance: readonly (readonly number[])[] | null;
  /** Of the logarithm of the best rates; null without degrees of freedom. */
  readonly r2: number | null;
  /** The sizes and tokens that it was fitted on. */
  readonly range: {
    readonly parameters: readonly [number, number];
    readonly tokens: readonly [number, number];
  };
  /** Mean curvature of the valleys: nats per squared unit of log rate. */
  readonly curvature: number;
}

/**
 * What predictions of the law cost, estimated by leaving out each cell in turn: its rate is predicted from the others,
 * and the regret is its curvature times the squared error of log rate.
 */
export interface Regret {
  /** Nats per token. */
  readonly mean: number;
  readonly max: number;
  /** The largest regret as a share of the loss of its cell. */
  readonly maxShare: number;
  /** Largest factor between a predicted rate and the optimum, at least 1. */
  readonly maxFactor: number;
  /** Number of cells that could be left out. */
  readonly cells: number;
}

/** Everything that a grid of runs says about the best peak rate. Plain JSON. */
export interface LearningRateFit {
  readonly kind: 'learning-rate-fit';
  readonly format: 1;
  readonly conditions: Conditions;
  readonly seeds: readonly number[];
  readonly cells: readonly Cell[];
  readonly sizes: readonly SizeFit[];
  /** Null if no cell has an optimum inside of the grid. */
  readonly law: FittedLaw | null;
  /** Null if no cell can be left out. */
  readonly regret: Regret | null;
}

/** Options of `fitLearningRate`. */
export interface FitOptions {
  /** Seed of the bootstrap. Default 1. */
  readonly seed?: number;
  /** Bootstrap samples. Default 1000. */
  readonly samples?: number;
}

/**
 * Fits the best peak rate: a quadratic in log rate for each size and number of tokens, then a power law in both (Zhou
 * et al., Findings of ACL 2026, arXiv 2601.05049). Cells whose optimum is at the edge of the grid are reported and not
 * used. Intervals come from a bootstrap over residuals of the losses (seeds and rates) and of the law (cells).
 * Deterministic. A rate that lacks a seed of its size counts as
 * diverged.
 *
 * @throws RangeError for an observation that is no positive number, and for two of one run.
 */
export function fitLearningRate(
  observations: readonly Observation[],
  conditions: Conditions,
  { seed = 1, samples = 1000 }: FitOptions = {},
): LearningRateFit {
  const seeds = seedsIn(observations);
  const grid = gridOf(observations);
  const found = grid.map((cell) => ({ ...cell, fit: fitQuadratic(cell.points) }));
  const valleys = found.flatMap(({ fit, ...cell }) =>
    'valley' in fit ? [{ ...cell, ...noisy(cell.points, fit.valley) }] : [],
  );
  const boot = bootstrap(valleys, { seed, samples });
  const cells = found.map(({ parameters, tokens, points, fit }): Cell => {
    const rates = points.map(({ rate, losses }) => ({ rate, loss: meanLoss(losses), losses }));
    if ('none' in fit) return { parameters, tokens, rates, valley: null, none: fit.none };
    const index = valleys.findIndex((one) => one.parameters === parameters && one.tokens === tokens);
    return { parameters, tokens, rates, valley: { ...fit.valley, interval: boot.optima[index]! }, none: null };
  });
  const fitted = fitRateLaw(valleys.map(rateAt));
  return {
    ...{ kind: 'learning-rate-fit', format: 1, conditions, seeds, cells },
    sizes: [...new Set(grid.map(({ parameters }) => parameters))].map((parameters) => sizeFit(parameters, valleys)),
    law: fitted === undefined ? null : describeLaw(fitted, valleys, boot.laws),
    regret: regretOf(valleys),
  };
}

const seedsIn = (observations: readonly Observation[]): readonly number[] =>
  [...new Set(observations.map(({ seed }) => seed))].sort((a, b) => a - b);

/** The losses of one size and one number of tokens. */
interface GridCell {
  readonly parameters: number;
  readonly tokens: number;
  readonly points: readonly RatePoint[];
}

type ValleyCell = GridCell & NoisyValley;

function gridOf(observations: readonly Observation[]): readonly GridCell[] {
  const cells = new Map<
    string,
    { parameters: number; tokens: number; rates: Map<number, Map<number, number | null>> }
  >();
  for (const { parameters, tokens, rate, seed, loss } of observations) {
    if (![parameters, tokens, rate].every((value) => Number.isFinite(value) && value > 0)) {
      throw new RangeError(`parameters, tokens and rate must be above 0: ${parameters}, ${tokens}, ${rate}`);
    }
    const id = `${parameters} ${tokens}`;
    const cell = cells.get(id) ?? { parameters, tokens, rates: new Map<number, Map<number, number | null>>() };
    const ofRate = cell.rates.get(rate) ?? new Map<number, number | null>();
    if (ofRate.has(seed)) throw new RangeError(`two losses of one run: ${id} ${rate}, seed ${seed}`);
    cells.set(id, cell);
    cell.rates.set(rate, ofRate.set(seed, loss !== null && Number.isFinite(loss) ? loss : null));
  }
  const seedsOf = (size: number) => seedsIn(observations.filter(({ parameters }) => parameters === size));
  return [...cells.values()]
    .sort((a, b) => a.parameters - b.parameters || a.tokens - b.tokens)
    .map(({ parameters, tokens, rates }) => ({
      parameters,
      tokens,
      points: [...rates]
        .sort(([a], [b]) => a - b)
        .map(([rate, losses]) => ({ rate, losses: seedsOf(parameters).map((one) => losses.get(one) ?? null) })),
    }));
}

/** A valley with the points that it was fitted to. */
function noisy(points: readonly RatePoint[], valley: Valley): NoisyValley {
  return { valley, points: points.filter(({ rate }) => valley.rates.includes(rate)) };
}

const rateAt = ({ parameters, tokens, valley }: ValleyCell) => ({ parameters, tokens, rate: valley.optimum });

/** Bootstrap samples of the law: log rate at the centre of all cells, then the exponents. */
interface Bootstrap {
  /** Intervals of the optima, in the order of the cells. */
  readonly optima: readonly Interval[];
  /** Empty: nothing to estimate noise from. */
  readonly laws: readonly (readonly number[])[];
}

function bootstrap(valleys: readonly ValleyCell[], { seed, samples }: Required<FitOptions>): Bootstrap {
  const fitted = fitRateLaw(valleys.map(rateAt));
  if (fitted === undefined) return { optima: valleys.map(() => null), laws: [] };
  const residuals = valleys.map(residualsOf);
  const { linear } = fitted;
  const freedom = valleys.length - linear.coefficients.length;
  const isNoisy = residuals.some(({ length }) => length > 0);
  // A stream for each size, so that more cells do not change the intervals of others.
  const streams = new Map(
    valleys.map(({ parameters, points }) => {
      const random = new RandomStream(seed, `learning-rate/losses/${parameters}`);
      return [parameters, { random, seeds: points[0]!.losses.length }];
    }),
  );
  const ofLaw = new RandomStream(seed, 'learning-rate/law');
  const optima: number[][] = valleys.map(() => []);
  const laws: (readonly number[])[] = [];
  for (let sample = 0; sample < samples; sample++) {
    const draws = new Map(
      [...streams].map(([size, { random, seeds: count }]) => [size, drawsOf(random, MOST_RATES, count)]),
    );
    const rates = valleys.map((cell, index) => resampledOptimum(cell, residuals[index]!, draws.get(cell.parameters)!));
    const scatter = resampled(linear.residuals, freedom, ofLaw);
    const again = fitRateLaw(
      valleys.map((cell, index) => {
        // The law at this cell, plus the noise of its optimum, plus a deviation of a cell from the law.
        const onLaw = rateOfLaw(fitted.law, cell);
        const noise = Math.log(rates[index]! / cell.valley.optimum);
        return { ...cell, rate: onLaw * Math.exp(noise + scatter[index]!) };
      }),
    )!;
    for (const [index, rate] of rates.entries()) optima[index]!.push(rate);
    laws.push(again.linear.coefficients);
  }
  return {
    optima: valleys.map((cell, index) =>
      residuals[index]!.length === 0 ? null : optimumInterval(cell, optima[index]!),
    ),
    laws: isNoisy || freedom > 0 ? laws : [],
  };
}

function describeLaw(
  { law, linear }: RateLawFit,
  valleys: readonly ValleyCell[],
  samples: readonly (readonly number[])[],
): FittedLaw {
  const span = (of: 'parameters' | 'tokens'): readonly [number, number] => {
    const values = valleys.map((cell) => cell[of]);
    return [Math.min(...values), Math.max(...values)];
  };
  const used = (['parameters', 'tokens'] as const).filter((of) => law.exponents[of] !== null);
  const intervalOf = (of: 'parameters' | 'tokens'): Interval => {
    const index = used.indexOf(of);
    return index < 0 || samples.length === 0 ? null : interval95(samples.map((sample) => sample[index + 1]!));
  };
  return {
    ...law,
    constant: constantOf(law),
    intervals: { parameters: intervalOf('parameters'), tokens: intervalOf('tokens') },
    covariance: samples.length === 0 ? null : covarianceOf(samples),
    r2: linear.r2,
    range: { parameters: span('parameters'), tokens: span('tokens') },
    curvature: meanOf(valleys.map(({ valley }) => valley.curvature)),
  };
}

function sizeFit(parameters: number, valleys: readonly ValleyCell[]): SizeFit {
  const own = valleys.filter((cell) => cell.parameters === parameters);
  const fitted = fitRateLaw(own.map(rateAt));
  return {
    parameters,
    tokensExponent: fitted?.law.exponents.tokens ?? null,
    r2: fitted?.linear.r2 ?? null,
    lossLaw: fitLossLaw(own.map(({ tokens, valley: { loss } }) => ({ tokens, loss }))) ?? null,
  };
}

function regretOf(valleys: readonly ValleyCell[]): Regret | null {
  const whole = fitRateLaw(valleys.map(rateAt));
  if (whole === undefined) return null;
  const terms = valleys.flatMap((cell) => {
    const fitted = fitRateLaw(valleys.filter((other) => other !== cell).map(rateAt));
    const known = (of: 'parameters' | 'tokens') =>
      whole.law.exponents[of] === null || (fitted !== undefined && fitted.law.exponents[of] !== null);
    if (fitted === undefined || !known('parameters') || !known('tokens')) return [];
    const error = Math.log(rateOfLaw(fitted.law, cell) / cell.valley.optimum);
    const regret = cell.valley.curvature * error ** 2;
    return [{ regret, share: regret / cell.valley.loss, factor: Math.exp(Math.abs(error)) }];
  });
  if (terms.length === 0) return null;
  return {
    mean: meanOf(terms.map(({ regret }) => regret)),
    max: Math.max(...terms.map(({ regret }) => regret)),
    maxShare: Math.max(...terms.map(({ share }) => share)),
    maxFactor: Math.max(...terms.map(({ factor }) => factor)),
    cells: terms.length,
  };
}

/** Whether a fit has cells of this size, within 1%. */
export function hasSize({ cells }: Pick<LearningRateFit, 'cells'>, parameters: number): boolean {
  return cells.some((cell) => isNear(cell.parameters, parameters));
}
