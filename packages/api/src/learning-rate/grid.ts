/** A grid of runs that the best peak rate is fitted to: what the user writes, and one experiment for each size. */
import { BranchlineError, type Problem } from '@branchline/core';
import { headSize, type ModelOptions, modelOptionsSchema, nonEmbeddingCount, withVocabulary } from '@branchline/model';
import { stableOnly } from '@branchline/plugin-baselines';
import { decaySteps, gridOverrides } from '@branchline/plugin-learning-rate';
import { z } from 'zod';
import type { ExperimentConfig, StrategyConfig } from '../config/define.js';
import { expected } from '../config/expected.js';
import { parsePart } from '../config/issues.js';
import { PARTS } from '../config/schema.js';
import { isObject } from '../files/objects.js';

const aboveZero = expected('a learning rate above 0');
const steps = expected('a whole number of steps above 0');
const inside = expected('a share above 0 and below 1');
const count = expected('a whole number above 0');

const distinct = <T>(list: readonly T[]) => new Set(list.map((one) => JSON.stringify(one))).size === list.length;
const repeated = { error: 'has an entry twice' };

const aSize = expected('a size: { width: 64, layers: 2 }, on the command line 64x2');

const size = z.strictObject(
  {
    width: z.int(count).positive(count).describe('Width of the residual stream.'),
    layers: z.int(count).positive(count).describe('Transformer blocks.'),
    heads: z
      .int(count)
      .positive(count)
      .optional()
      .describe('Query heads. Default: so many that heads keep their size.'),
  },
  aSize,
);

const gridSchema = z.strictObject({
  rates: z
    .array(z.number(aboveZero).positive(aboveZero))
    .min(3, { error: 'needs three rates or more: a parabola has three coefficients' })
    .refine(distinct, repeated)
    .optional()
    .describe("Peak rates. Default: a quarter, half, once, twice and four times the experiment's."),
  horizons: z
    .array(z.int(steps).positive(steps))
    .min(1, { error: 'needs one number of steps or more' })
    .refine(distinct, repeated)
    .describe('Steps until the end of the decay, for example [400, 800, 1600].'),
  sizes: z
    .array(size)
    .min(1, { error: 'needs one size or more' })
    .refine(distinct, repeated)
    .optional()
    .describe("Model sizes. Default: the experiment's."),
  cooldown: z
    .number(inside)
    .gt(0, inside)
    .lt(1, inside)
    .default(0.2)
    .describe('Share of the steps, at the end, in which the rate decays. Default 0.2.'),
});

/** The grid as users write it. */
export type RateGrid = z.input<typeof gridSchema>;

/** A size of the grid. */
export type GridSize = z.input<typeof size>;

/** One run of the grid. */
export interface GridRun {
  /** Name of its strategy. */
  readonly name: string;
  readonly rate: number;
  readonly steps: number;
}

/** The runs of one size. */
export interface SizeExperiment {
  /** `64x2`: width and layers. */
  readonly name: string;
  readonly model: ModelOptions;
  readonly config: ExperimentConfig;
  readonly runs: readonly GridRun[];
}

/** A checked grid. */
export interface CheckedGrid {
  readonly rates: readonly number[];
  readonly horizons: readonly number[];
  readonly cooldown: number;
  readonly sizes: readonly SizeExperiment[];
}

/**
 * Checks a grid and makes an experiment for each size: one version with all text, and one strategy for each rate and
 * horizon, stable at the rate until a branch decays over the last share `cooldown` of the steps. Main paths of one rate
 * begin alike, so the run graph trains one stable run with a branch for each horizon.
 *
 * Throws a BranchlineError (`config`) with all problems of the grid. `place` is the prefix of their places.
 */
export function checkGrid(experiment: unknown, grid: unknown, place: string): CheckedGrid {
  const problems: Problem[] = [];
  const parsed = parsePart(gridSchema, grid ?? {}, '', problems);
  const placed = problems.map(({ configPath = '', ...problem }) => ({
    ...problem,
    configPath: `${place}${configPath}`,
  }));
  // The experiment itself is checked with the experiments that are made of it.
  if (!isObject(experiment)) return fail(placed);
  const training = PARTS.training.safeParse(experiment.training);
  const lr = (training.success ? training.data : PARTS.training.parse(undefined)).lr;
  if (isObject(experiment.model) && 'from' in experiment.model) {
    const message = 'is a checkpoint to continue, and a law for the rate is fitted from scratch';
    placed.push({
      configPath: 'model.from',
      message,
      remedy: 'Give the architecture instead: layers, width, heads, context.',
    });
  }
  const base = modelOptionsSchema.safeParse(withoutVocabulary(experiment.model));
  if (parsed === undefined || placed.length > 0) return fail(placed);
  const { horizons, cooldown } = parsed;
  const rates = [...(parsed.rates ?? [0.25, 0.5, 1, 2, 4].map((factor) => factor * lr.peak))].sort((a, b) => a - b);
  for (const [index, horizon] of horizons.entries()) {
    const decay = decaySteps({ steps: horizon, cooldown });
    if (decay + lr.warmup < horizon) continue;
    placed.push({
      configPath: `${place}horizons[${index}]`,
      message: `${horizon} steps are too few for a warm-up of ${lr.warmup} steps, stable steps and a decay over ${decay}`,
      remedy: 'Use more steps, or a shorter warm-up (training.lr.warmup).',
    });
  }
  const wanted = parsed.sizes ?? (base.success ? [{ width: base.data.width, layers: base.data.layers }] : []);
  const groups = training.success ? training.data.optimizer.groups : undefined;
  for (const [index, { width, layers }] of wanted.entries()) {
    if (!base.success || (width === base.data.width && layers === base.data.layers)) continue;
    if (base.data.init === undefined && base.data.multipliers === undefined && groups === undefined) continue;
    placed.push({
      configPath: `${place}sizes[${index}]`,
      message: 'the experiment has multipliers, deviations or factors of another size',
      remedy: 'Make an experiment of each size with branchline lr transfer, and fit each.',
    });
  }
  const models = wanted.map((one, index) =>
    resize(experiment.model, base.data, one, `${place}sizes[${index}]`, placed),
  );
  if (base.success && placed.length === 0) {
    const counts = models.map(countOf);
    for (const [index, parameters] of counts.entries()) {
      if (counts.indexOf(parameters) === index) continue;
      const message = `has as many parameters as ${place}sizes[${counts.indexOf(parameters)}], ${parameters}`;
      placed.push({ configPath: `${place}sizes[${index}]`, message, remedy: 'Leave one of them out.' });
    }
  }
  if (placed.length > 0) return fail(placed);
  const runs = rates.flatMap((rate) =>
    [...horizons].sort((a, b) => a - b).map((each) => ({ name: `rate ${rate}, ${each} steps`, rate, steps: each })),
  );
  const sizes = models.map((model, index): SizeExperiment => {
    const name = base.success ? `${wanted[index]!.width}x${wanted[index]!.layers}` : 'model';
    const strategies = Object.fromEntries(runs.map((run) => [run.name, strategyOf(run, cooldown)]));
    return { name, model: model as ModelOptions, runs, config: experimentOf(experiment, { name, model, strategies }) };
  });
  return { rates, horizons: [...horizons].sort((a, b) => a - b), cooldown, sizes };
}

function fail(problems: readonly Problem[]): never {
  throw new BranchlineError('config', problems);
}

/** A stable run whose end is released after a cooldown. */
const strategyOf = (run: GridRun, cooldown: number): StrategyConfig => ({
  plugins: [stableOnly()],
  overrides: gridOverrides({ ...run, cooldown }),
});

/** The user's experiment without its strategies, so that everything else of it can be checked. */
export function probeOf(experiment: unknown): unknown {
  if (!isObject(experiment)) return experiment;
  const { strategies: _s, baseline: _b, compare: _c, tasks: _t, ...rest } = experiment;
  return { ...rest, strategies: { grid: [stableOnly()] } };
}

/** Keys of the user's experiment that the grid keeps. Others are about strategies and versions. */
const KEPT = [
  ...['training', 'trainer', 'seed', 'seeds', 'checkpointEvery'],
  ...['budget', 'prices', 'disk', 'lanes', 'hookSeconds'],
];

function experimentOf(
  experiment: Readonly<Record<string, unknown>>,
  own: { readonly name: string; readonly model: unknown; readonly strategies: ExperimentConfig['strategies'] },
): ExperimentConfig {
  const kept = Object.fromEntries(KEPT.filter((key) => key in experiment).map((key) => [key, experiment[key]]));
  return { ...kept, ...own, data: oneVersion(experiment.data) } as ExperimentConfig;
}

/** All text as one version. Longer horizons than before then read the same text in the same order. */
function oneVersion(data: unknown): unknown {
  if (!isObject(data)) return data;
  const { score: _, ...rest } = data;
  return { ...rest, versions: { by: 'random', count: 1 } };
}

/** The model of an experiment without the key that is not an option of the decoder. */
export function withoutVocabulary(model: unknown): unknown {
  if (!isObject(model)) return model;
  const { vocabulary: _, ...rest } = model;
  return rest;
}

/**
 * Trainable scalars outside of the embedding and the output matrix of an experiment's model at another size. Throws a
 * BranchlineError (`config`) if there is no such model.
 */
export function parametersOfSize(model: unknown, wanted: GridSize, place: string): number {
  const problems: Problem[] = [];
  const base = parsePart(modelOptionsSchema, withoutVocabulary(model), 'model', problems);
  const sized = resize(model, base, wanted, place, problems);
  if (problems.length > 0) return fail(problems);
  return countOf(sized);
}

/** Trainable scalars outside of the embedding and the output matrix of a valid model. */
const countOf = (model: unknown): number =>
  nonEmbeddingCount(withVocabulary(modelOptionsSchema.parse(withoutVocabulary(model)), 1));

/** The model of a size: heads keep their size, key and value heads and the inner width keep their ratios. */
export function resize(
  written: unknown,
  base: ModelOptions | undefined,
  { width, layers, heads }: GridSize,
  place: string,
  problems: Problem[],
): unknown {
  // An invalid model is reported by the check of the experiment.
  if (base === undefined || !isObject(written)) return written;
  const sized = heads ?? width / headSize(base);
  if (!Number.isInteger(sized)) {
    const message = `width ${width} is no multiple of the size of the experiment's heads, ${headSize(base)}`;
    problems.push({ configPath: place, message, remedy: 'Use another width, or give the heads of this size.' });
    return written;
  }
  const ratio = width / base.width;
  const scaled = {
    ...written,
    ...{ width, layers, heads: sized },
    ...(written.kvHeads !== undefined && { kvHeads: Math.max(1, Math.round((base.kvHeads * sized) / base.heads)) }),
    ...(written.hidden !== undefined && { hidden: 8 * Math.max(1, Math.round((ratio * base.hidden) / 8)) }),
  };
  parsePart(modelOptionsSchema, withoutVocabulary(scaled), place, problems);
  return scaled;
}
