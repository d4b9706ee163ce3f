/** Plans the strategies of an experiment for a model and text that need not exist here. */
import {
  BranchlineError,
  type DeviceRate,
  type DiskForecast,
  type ExperimentSpec,
  estimateGraph,
  estimateStrategy,
  type Failure,
  forecastDisk,
  formatProblem,
  type ModelDescription,
  messageOf,
  type PredictedLosses,
  type PriceTable,
  type Problem,
  planExperiment,
  priceTime,
  rateOf,
  type StrategyPlan,
  targetsOf,
} from '@branchline/core';
import { type LossLaw, relativeInterval, resolveLaw } from '@branchline/trainer-simulated';
import { parsePart } from '../config/issues.js';
import { readPrices } from '../config/prices.js';
import { PARTS } from '../config/schema.js';
import { readStrategies } from '../config/strategies.js';
import {
  type ExperimentInput,
  type ExperimentOptions,
  type LoadedExperiment,
  loadExperiment,
} from '../experiment/input.js';
import { PluginFinder } from '../registry/plugins.js';
import { declaredData } from './declared-data.js';
import { predictedLoss } from './predicted-loss.js';
import { parseScale, type Scale } from './scale.js';

/** Steps for the new tokens of all versions: more need more memory than a laptop has. */
const MOST_STEPS = 2e7;

/** Cost of some training. */
export interface ScaledCost {
  readonly steps: number;
  readonly tokens: number;
  readonly flops: number;
  /** On all devices at the stated utilization; null without devices. */
  readonly seconds: number | null;
  readonly deviceHours: number | null;
  /** At the power limit of the devices; null if it is not known. */
  readonly kilowattHours: number | null;
  /** At list prices; null if there is none. */
  readonly money: number | null;
}

/** A strategy at scale, with all versions. */
export interface ScaledStrategy {
  readonly name: string;
  readonly cost: ScaledCost;
  /** Cost of what the last version adds to those before it. */
  readonly lastVersion: ScaledCost;
  /** Tokens relative to the baseline. */
  readonly ratioToBaseline: number;
  /** Predicted loss of the last release, nats per token; null without a law, and where the law does not cover it. */
  readonly loss: number | null;
  /** Whether no other strategy costs less and has a lower predicted loss; null without a predicted loss. */
  readonly onFront: boolean | null;
}

/** A plan at scale. */
export interface ScalePlan {
  readonly scale: Scale;
  readonly baseline: string;
  /** The law that predicts losses, and half the width of its 95% interval relative to the loss; null without one. */
  readonly predicted: PredictedLosses | null;
  /** Everything that was assumed, in words, with sources. */
  readonly assumptions: readonly string[];
  /** Tokens per step, and steps for the new tokens of one version. */
  readonly batch: number;
  readonly stepsPerVersion: number;
  /** ISO 4217. */
  readonly currency: string;
  readonly strategies: readonly ScaledStrategy[];
  /** All strategies together, with what they share trained once. */
  readonly together: ScaledCost & { readonly saved: number };
  /** Bytes of all checkpoints. */
  readonly disk: DiskForecast;
  /** Strategies that cannot be planned, with the reason. */
  readonly failures: readonly { readonly strategies: readonly string[]; readonly message: string }[];
}

/** Options of `planAtScale`. */
export type ScaleOptions = Pick<ExperimentOptions, 'directory' | 'name' | 'only' | 'loading'>;

/**
 * Plans every strategy of an experiment at a scale, which replaces its model and its text; strategies, baseline, rates
 * and prices are those of the experiment. Nothing is read but the experiment, and nothing is written. Throws a
 * BranchlineError (`config`) with all problems of scale, strategies and prices.
 */
export async function planAtScale(
  experiment: ExperimentInput,
  scale: string | Scale,
  options: ScaleOptions = {},
): Promise<ScalePlan> {
  const wanted = typeof scale === 'string' ? parseScale(scale) : scale;
  const { spec, prices, base } = await readSpec(experiment, wanted, options);
  const { batch, assumption } = batchOf(wanted);
  const sequences = sequencesOf(wanted, batch);
  const model: ModelDescription = {
    spec: null,
    parameters: wanted.parameters,
    context: batch,
    flopsPerToken: 6 * wanted.parameters,
  };
  const data = declaredData(sequences, batch);
  const law = wanted.law === undefined ? undefined : lawOf(wanted.law, base);
  const plan = await planExperiment({ spec, model, data, numerics: '', log: () => undefined });
  if (plan.strategies.length === 0) throw failedPlan(plan.failures);
  const rate = wanted.devices && deviceRate(wanted.devices, prices);
  const priced = (steps: number) => costOf(steps, model, wanted, rate);
  const perStep = { steps: 1, tokens: batch, flops: 0n };
  const stepsOf = (strategy: StrategyPlan) => estimateStrategy(strategy, perStep).steps;
  const baseline = plan.strategies.find(({ strategy }) => strategy.name === spec.baseline) ?? plan.strategies[0]!;
  const lossOf = new Map(
    plan.strategies.map((of) => [of, law === undefined ? null : predictedLoss(of.releases.at(-1)!, law)]),
  );
  const isBeaten = (strategy: StrategyPlan) =>
    plan.strategies.some((other) => {
      const [loss, own] = [lossOf.get(other)!, lossOf.get(strategy)!];
      if (loss === null) return false;
      const cheaper = stepsOf(other) <= stepsOf(strategy) && loss <= own;
      return cheaper && (stepsOf(other) < stepsOf(strategy) || loss < own);
    });
  const alone = plan.strategies.reduce((sum, strategy) => sum + stepsOf(strategy), 0);
  const together = estimateGraph(plan, perStep).steps;
  return {
    scale: wanted,
    baseline: baseline.strategy.name,
    predicted: law === undefined ? null : { law: law.name ?? law.form, interval: relativeInterval(law) },
    assumptions: [...assumption, ...assumptionsOf(wanted, rate), ...assumptionsOfLaw(law)],
    batch,
    stepsPerVersion: sequences[0]!,
    currency: prices.currency,
    strategies: plan.strategies.map((strategy) => ({
      name: strategy.strategy.name,
      cost: priced(stepsOf(strategy)),
      lastVersion: priced(stepsOf(strategy) - stepsBefore(strategy, perStep)),
      ratioToBaseline: stepsOf(strategy) / stepsOf(baseline),
      loss: lossOf.get(strategy)!,
      onFront: lossOf.get(strategy) === null ? null : !isBeaten(strategy),
    })),
    disk: forecastDisk({ graph: plan.graph, targets: targetsOf(plan), parameters: wanted.parameters }),
    together: { ...priced(together), saved: alone > 0 ? 1 - together / alone : 0 },
    failures: plan.failures.map(({ strategies, error }) => ({
      strategies,
      message: error.problems.map(formatProblem).join('\n'),
    })),
  };
}

/** The parts of an experiment that a plan at scale needs. */
async function readSpec(experiment: ExperimentInput, scale: Scale, options: ScaleOptions) {
  const { loading, only } = options;
  const loaded: Partial<LoadedExperiment> =
    typeof experiment === 'string' || experiment instanceof URL
      ? await loadExperiment(experiment, loading)
      : { experiment };
  const base = options.directory ?? loaded.directory ?? process.cwd();
  const problems: Problem[] = [];
  const raw = loaded.experiment as unknown as Readonly<Record<string, unknown>>;
  const training = parsePart(PARTS.training, raw.training, 'training', problems);
  const baseline = parsePart(PARTS.baseline, raw.baseline, 'baseline', problems);
  const prices = await readPrices(raw.prices, base, 'prices', problems);
  const all = await readStrategies(raw.strategies, { finder: new PluginFinder(base, loading), problems });
  const strategies = only === undefined ? all : all.filter(({ name }) => only.includes(name));
  for (const name of only ?? []) {
    if (!all.some((strategy) => strategy.name === name)) {
      problems.push({
        message: `there is no strategy "${name}"`,
        remedy: `There are ${all.map((of) => of.name).join(', ')}.`,
      });
    }
  }
  if (problems.length > 0) throw new BranchlineError('config', problems);
  const { lr, optimizer } = training!;
  const spec: ExperimentSpec = {
    ...{ name: options.name ?? loaded.name ?? 'experiment', seeds: [1], batch: 1, optimizer, strategies },
    lr: { ...lr, warmup: scale.warmup },
    warmupAssumed: true,
    baseline: strategies.find(({ name }) => name === baseline)?.name ?? strategies[0]!.name,
    checkpointEvery: Number.MAX_SAFE_INTEGER,
  };
  return { spec, prices, base };
}

/**
 * Tokens per step: as given, or by the batch law of StepLaw, 0.58 · D^0.571 (Li et al., 2025, arXiv 2503.04715), for
 * the new tokens of all versions.
 */
function batchOf({ batch, tokens }: Scale): { readonly batch: number; readonly assumption: readonly string[] } {
  if (batch !== undefined) return { batch, assumption: [] };
  const optimal = Math.round(0.58 * tokens ** 0.571);
  const assumption = `a batch of ${optimal.toExponential(2)} tokens: 0.58 · D^0.571 for all D tokens (StepLaw, arXiv 2503.04715)`;
  return { batch: optimal, assumption: [assumption] };
}

/** Steps for the new tokens of each version. */
function sequencesOf({ tokens, versions }: Scale, batch: number): readonly number[] {
  const steps = Math.floor(tokens / versions / batch);
  const refuse = (message: string, remedy: string) =>
    new BranchlineError('config', { configPath: '--scale batch', message, remedy });
  if (steps < 1) throw refuse('is more than the tokens of a version', 'Give a smaller one, or more tokens.');
  if (steps * versions > MOST_STEPS)
    throw refuse(`gives ${steps * versions} steps; at most ${MOST_STEPS} can be planned`, 'Give a larger batch.');
  return Array.from({ length: versions }, () => steps);
}

/** Price, power and peak of all devices. Throws a `config` error for a device that the table does not know. */
function deviceRate({ count, name }: NonNullable<Scale['devices']>, prices: PriceTable): DeviceRate {
  const info = { name: '', version: '', engine: '', deterministic: true, numerics: '' };
  const rate = rateOf(prices, { ...info, device: name, units: count, precision: 'bfloat16' });
  if (rate.peakFlops !== null) return rate;
  const known = prices.devices.filter(({ peak }) => peak?.bfloat16 !== undefined).map(({ match }) => match);
  throw new BranchlineError('config', {
    configPath: '--scale devices',
    message: `the table of prices has no peak in bfloat16 of "${name}"`,
    remedy: `Name one of ${known.join(', ')}, or add a row to prices.`,
  });
}

function costOf(
  steps: number,
  model: ModelDescription,
  { devices, utilization }: Scale,
  rate?: DeviceRate,
): ScaledCost {
  const tokens = steps * model.context;
  const flops = tokens * model.flopsPerToken;
  const seconds = rate === undefined ? null : flops / (rate.peakFlops! * utilization);
  const paid = rate === undefined || seconds === null ? null : priceTime(seconds, rate);
  return {
    ...{ steps, tokens, flops, seconds },
    deviceHours: seconds === null ? null : (seconds / 3600) * devices!.count,
    kilowattHours: paid?.energyJoules == null ? null : paid.energyJoules / 3.6e6,
    money: paid?.money ?? null,
  };
}

/** Steps of a strategy without its last version. */
function stepsBefore(strategy: StrategyPlan, perStep: Parameters<typeof estimateStrategy>[1]): number {
  const releases = strategy.releases.slice(0, -1);
  return estimateStrategy({ ...strategy, releases, captures: [] }, perStep).steps;
}

function assumptionsOf({ utilization, devices, warmup }: Scale, rate?: DeviceRate): readonly string[] {
  return [
    '6 FLOPs per parameter and token, forward and backward (Kaplan et al., 2020, arXiv 2001.08361); attention is not counted',
    `a warm-up of ${warmup} steps`,
    'checkpoints of 12 bytes per parameter: float32 weights and two moments; averages of 4',
    ...(devices === undefined || rate === undefined
      ? []
      : [
          `${devices.count} devices, each segment on all of them, at ${Math.round(100 * utilization)}% of the peak in bfloat16 of ${(rate.peakFlops! / devices.count / 1e12).toFixed(0)} TFLOP/s`,
          ...(rate.price === null ? [] : [`list price: ${rate.price.source} (${rate.price.date})`]),
          ...(rate.power === null ? [] : [`power limit: ${rate.power.source} (${rate.power.date})`]),
        ]),
  ];
}

function lawOf(law: string, directory: string): LossLaw {
  try {
    return resolveLaw(law, directory);
  } catch (cause) {
    throw new BranchlineError('config', { configPath: '--scale law', message: messageOf(cause) }, { cause });
  }
}

function assumptionsOfLaw(law: LossLaw | undefined): readonly string[] {
  if (law === undefined) return [];
  const { name = law.form, source, fitted } = law;
  const from = source === undefined ? `fitted to ${fitted.curves.join(', ')}` : source;
  const [low, high] = fitted.steps;
  return [
    `losses by the law ${name} (${from}), for the model, batch and text of its curves, ${low} to ${high} steps; of the data it knows nothing`,
  ];
}

function failedPlan(failures: readonly Failure[]): BranchlineError {
  return new BranchlineError(
    'config',
    failures.flatMap(({ error }) => error.problems),
  );
}
