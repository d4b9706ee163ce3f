/** An experiment at a scale: strategies of the file, with a model, text and devices that need not exist here. */
import {
  BranchlineError,
  type DataProvider,
  type DeviceRate,
  type ExperimentSpec,
  type ModelDescription,
  messageOf,
  type PriceTable,
  type Problem,
  priceTime,
  rateOf,
  type Sourced,
} from '@branchline/core';
import { type LossLaw, resolveLaw } from '@branchline/trainer-simulated';
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
import { SCALE_CONSTANTS } from './constants.js';
import { declaredData } from './declared-data.js';
import { parseScale, type Scale, tokensOf } from './scale.js';

/** Steps for the new tokens of all versions: more need more memory than a laptop has. */
const MOST_STEPS = 2e7;

/** Options of everything at scale. */
export type ScaleOptions = Pick<ExperimentOptions, 'directory' | 'name' | 'only' | 'loading'>;

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

/** What plans at a scale are made of. */
export interface ScaledExperiment {
  readonly scale: Scale;
  readonly spec: ExperimentSpec;
  readonly model: ModelDescription;
  readonly data: DataProvider;
  /** Tokens per step. */
  readonly batch: number;
  /** Steps for the new tokens of each version. */
  readonly stepsOfVersions: readonly number[];
  /** ISO 4217. */
  readonly currency: string;
  readonly law: LossLaw | undefined;
  /** What a number of steps costs. */
  readonly costOf: (steps: number, flops?: number) => ScaledCost;
  /** Everything that was assumed, in words, with sources. */
  readonly assumptions: readonly string[];
}

/**
 * Reads an experiment for a scale, which replaces its model and its text. Nothing is read but the experiment, and the
 * law. Throws a BranchlineError (`config`) with all problems of scale, strategies and prices.
 */
export async function scaledExperiment(
  experiment: ExperimentInput,
  scale: string | Scale,
  options: ScaleOptions,
): Promise<ScaledExperiment> {
  const wanted = typeof scale === 'string' ? parseScale(scale) : scale;
  const { spec, prices, base } = await readSpec(experiment, wanted, options);
  const batch = wanted.batch ?? stepLawBatch(sum(tokensOf(wanted)));
  const stepsOfVersions = stepsFor(wanted, batch);
  const model: ModelDescription = {
    spec: null,
    parameters: wanted.parameters,
    context: batch,
    flopsPerToken: SCALE_CONSTANTS.flopsPerParameter.value * wanted.parameters,
  };
  const law = wanted.law === undefined ? undefined : lawOf(wanted.law, base);
  const rate = wanted.devices && deviceRate(wanted.devices, prices);
  return {
    ...{ scale: wanted, spec, model, batch, stepsOfVersions, law, currency: prices.currency },
    data: declaredData(stepsOfVersions, batch),
    costOf: (steps, flops) => costOf({ steps, flops }, model, wanted, rate),
    assumptions: [...assumptionsOf(wanted, batch, spec, rate), ...(law === undefined ? [] : [assumptionOfLaw(law)])],
  };
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

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
    objectives: ['distil', 'prefix'],
    lr: { ...lr, warmup: scale.warmup },
    warmupAssumed: true,
    baseline: strategies.find(({ name }) => name === baseline)?.name ?? strategies[0]!.name,
    checkpointEvery: Number.MAX_SAFE_INTEGER,
  };
  return { spec, prices, base };
}

/** The best batch for the new tokens of all versions by StepLaw, in whole tokens. */
function stepLawBatch(tokens: number): number {
  const { batchFactor, batchExponent } = SCALE_CONSTANTS;
  return Math.round(batchFactor.value * tokens ** batchExponent.value);
}

/** Steps for the new tokens of each version. */
function stepsFor(scale: Scale, batch: number): readonly number[] {
  const steps = tokensOf(scale).map((tokens) => Math.floor(tokens / batch));
  const refuse = (message: string, remedy: string) =>
    new BranchlineError('config', { configPath: '--scale batch', message, remedy });
  if (Math.min(...steps) < 1)
    throw refuse('is more than the tokens of a version', 'Give a smaller one, or more tokens.');
  if (sum(steps) > MOST_STEPS)
    throw refuse(`gives ${sum(steps)} steps; at most ${MOST_STEPS} can be planned`, 'Give a larger batch.');
  return steps;
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
  { steps, flops: given }: { readonly steps: number; readonly flops: number | undefined },
  model: ModelDescription,
  { devices, utilization }: Scale,
  rate: DeviceRate | undefined,
): ScaledCost {
  const tokens = steps * model.context;
  const flops = given ?? tokens * model.flopsPerToken;
  const seconds = rate === undefined ? null : flops / (rate.peakFlops! * utilization);
  const paid = rate === undefined || seconds === null ? null : priceTime(seconds, rate);
  return {
    ...{ steps, tokens, flops, seconds },
    deviceHours: seconds === null ? null : (seconds / 3600) * devices!.count,
    kilowattHours: paid?.energyJoules == null ? null : paid.energyJoules / 3.6e6,
    money: paid?.money ?? null,
  };
}

/** Lines about everything that the scale leaves open. */
function assumptionsOf(
  { batch: given, utilization, devices, warmup }: Scale,
  batch: number,
  { lr }: ExperimentSpec,
  rate: DeviceRate | undefined,
): readonly string[] {
  const { flopsPerParameter, bytesPerParameter, batchFactor } = SCALE_CONSTANTS;
  const sourced = (constant: { readonly value: number; readonly meaning: string; readonly source: string }) =>
    `${constant.meaning} (${constant.source})`;
  const usual = (name: 'utilization' | 'warmup', value: number) =>
    value === SCALE_CONSTANTS[name].value ? `: ${sourced(SCALE_CONSTANTS[name])}` : ', as given';
  return [
    ...(given === undefined ? [`a batch of ${batch.toExponential(2)} tokens: ${sourced(batchFactor)}`] : []),
    `${flopsPerParameter.value} ${sourced(flopsPerParameter)}`,
    `a warm-up of ${warmup} steps${usual('warmup', warmup)}`,
    `a peak rate of ${lr.peak}, training.lr.peak of the experiment, unless a plugin sets it: learning-rate has laws for it`,
    `${bytesPerParameter.value} ${sourced(bytesPerParameter)}`,
    ...(devices === undefined || rate === undefined
      ? []
      : [
          `${devices.count} devices, each segment on all of them, with a peak in bfloat16 of ${(rate.peakFlops! / devices.count / 1e12).toFixed(0)} TFLOP/s: ${sourceOf(rate.peakSource!)}`,
          `a utilization of ${utilization}${usual('utilization', utilization)}`,
          ...(rate.price === null ? [] : [`list price: ${sourceOf(rate.price)}`]),
          ...(rate.power === null ? [] : [`power limit: ${sourceOf(rate.power)}`]),
        ]),
  ];
}

const sourceOf = ({ source, date }: Sourced): string => `${source} (${date})`;

function lawOf(law: string, directory: string): LossLaw {
  try {
    return resolveLaw(law, directory);
  } catch (cause) {
    throw new BranchlineError('config', { configPath: '--scale law', message: messageOf(cause) }, { cause });
  }
}

/** What a law was fitted to, and for what its predictions hold. */
export function assumptionOfLaw({ name, form, source, fitted }: LossLaw): string {
  const from = source === undefined ? `fitted to ${fitted.curves.join(', ')}` : source;
  const [low, high] = fitted.steps;
  return `losses by the law ${name ?? form} (${from}), for the model, batch and text of its curves, ${low} to ${high} steps; of the data it knows nothing, and no public curve confirms it for rates that rise again`;
}
