/** Moves a tuned experiment to another size, batch or number of tokens. */
import { inspect } from 'node:util';
import { BranchlineError, type Problem } from '@branchline/core';
import { parseQuantity } from '@branchline/data';
import {
  classesOf,
  headSize,
  initialStd,
  type ModelOptions,
  modelOptionsSchema,
  withVocabulary,
} from '@branchline/model';
import {
  LearningRateError,
  TRANSFER_RULE_NAMES,
  TRANSFER_RULES,
  type TransferPoint,
  type TransferRuleName,
  type Transferred,
  transferSettings,
} from '@branchline/plugin-learning-rate';
import { type CheckedExperiment, checkExperiment } from '../config/check.js';
import type { ExperimentConfig } from '../config/define.js';
import { codeIn, strategyDocument, trainerDocument } from '../config/document.js';
import { joinPath } from '../config/issues.js';
import type { ModuleLoading } from '../files/module.js';
import { isObject } from '../files/objects.js';
import { PluginFinder } from '../registry/plugins.js';
import { resize, withoutVocabulary } from './grid.js';

/** The run to transfer to. What is absent is as in the experiment. */
export interface TransferTarget {
  readonly width?: number;
  readonly layers?: number;
  /** Query heads. Default: so many that heads keep their size. */
  readonly heads?: number;
  /** Sequences per step. */
  readonly batch?: number;
  /** Tokens of all versions. */
  readonly tokens?: number;
}

/** How to transfer an experiment. */
export interface TransferExperimentOptions {
  readonly rule: TransferRuleName;
  /** Exponent of the depth, 1/2 to 1. Default: that of the rule. */
  readonly alpha?: number;
  /** The peak falls with the tokens to the power of minus this. Default: what the rule says. */
  readonly horizon?: number;
  /** Tokens of all versions of the tuned run. Default: from `data.versions`, if it says so. */
  readonly baseTokens?: number;
  /** Folder of the experiment file: relative paths in it stay relative to it. */
  readonly directory: string;
  /** Name of an experiment without one. */
  readonly name: string;
  readonly loading?: ModuleLoading;
  /** Prefix of the places of problems of the target. Default `to.`. */
  readonly targetPlace?: string;
}

/** A transferred experiment. */
export interface TransferredExperiment extends Omit<Transferred, 'settings'> {
  readonly rule: TransferRuleName;
  readonly source: string;
  /** As plain data, for a JSON or YAML file in the folder of the experiment. */
  readonly experiment: Readonly<Record<string, unknown>>;
  readonly base: TransferredPoint;
  readonly target: TransferredPoint;
}

/** A run; null: the experiment does not say how many tokens, and they do not change. */
export interface TransferredPoint extends Omit<TransferPoint, 'tokens'> {
  readonly tokens: number | null;
}

/**
 * The experiment at a target, with the hyperparameters that a rule gives it. Trains nothing. Throws a BranchlineError
 * (`config`) with all problems of the experiment, the target and the rule.
 */
export async function transferExperiment(
  experiment: ExperimentConfig,
  to: TransferTarget,
  options: TransferExperimentOptions,
): Promise<TransferredExperiment> {
  const { rule, directory, name: defaultName, loading, targetPlace: place = 'to.' } = options;
  const problems: Problem[] = [];
  const origin = { baseDirectory: directory, loading };
  const checked = await checkExperiment(experiment, { ...origin, defaultName }).catch((error: unknown) => {
    if (!(error instanceof BranchlineError)) throw error;
    problems.push(...error.problems);
    return undefined;
  });
  problems.push(...targetProblems(to, place), ...ruleProblems(rule), ...rateProblems(experiment));
  const { baseTokens } = options;
  if (baseTokens !== undefined && !(baseTokens > 0)) {
    const configPath = place === '--to ' ? '--from tokens' : 'baseTokens';
    problems.push({ configPath, message: `${baseTokens} is not a number above 0` });
  }
  const raw = experiment as unknown as Readonly<Record<string, unknown>>;
  const written = isObject(raw.model) ? raw.model : {};
  if ('from' in written) {
    const message = 'is a checkpoint to continue, and its size is given';
    problems.push({ configPath: 'model.from', message, remedy: 'Transfer an experiment that trains from scratch.' });
  }
  if (checked === undefined || 'from' in written) throw new BranchlineError('config', problems);
  const base = checked.model as ModelOptions;
  const size = { width: to.width ?? base.width, layers: to.layers ?? base.layers };
  // Invalid numbers are reported already.
  const isSize = [size.width, size.layers, to.heads ?? 1].every((value) => Number.isInteger(value) && value > 0);
  const heads = to.heads !== undefined && { heads: to.heads };
  const sized = isSize ? resize(written, base, { ...size, ...heads }, place.replace(/[. ]$/, ''), problems) : written;
  const target = modelOptionsSchema.safeParse(withoutVocabulary(sized));
  const { batch } = checked.spec;
  const tokens = tokensOf(raw, to, options, problems);
  if (!target.success || problems.length > 0) throw new BranchlineError('config', problems);
  const pointOf = (model: ModelOptions) => ({ width: model.width, layers: model.layers, headSize: headSize(model) });
  const points = {
    base: { ...pointOf(base), batch, tokens: tokens.base },
    target: { ...pointOf(target.data), batch: to.batch ?? batch, tokens: tokens.target },
  };
  const found = transferred(checked, base, points, options, place);
  const refused = mixtureProblems(target.data, found, options, place);
  if (refused.length > 0) throw new BranchlineError('config', refused);
  const next = await documentOf(raw, { checked, sized, found, to, target: target.data, options });
  await checkExperiment(next, { ...origin, defaultName: String(next.name) });
  const { settings: _, ...rest } = found;
  const assumptions = [...rest.assumptions, ...tokens.assumptions];
  const factors = [...rest.factors, ...warmupFactor(checked, found)];
  return { rule, source: TRANSFER_RULES[rule].source, experiment: next, ...points, ...rest, factors, assumptions };
}

function targetProblems(to: TransferTarget, place: string): readonly Problem[] {
  const problems: Problem[] = [];
  for (const [key, value] of Object.entries(to) as [keyof TransferTarget, unknown][]) {
    if (value === undefined) continue;
    const isCount = typeof value === 'number' && Number.isFinite(value) && value > 0;
    if (isCount && (key === 'tokens' || Number.isInteger(value))) continue;
    const kind = key === 'tokens' ? 'a number' : 'a whole number';
    problems.push({ configPath: `${place}${key}`, message: `${inspect(value)} is not ${kind} above 0` });
  }
  if (Object.values(to).every((value) => value === undefined)) {
    const remedy = 'Name some of width, layers, heads, batch and tokens.';
    problems.push({ configPath: place.replace(/[. ]$/, ''), message: 'names nothing that changes', remedy });
  }
  return problems;
}

function ruleProblems(rule: string): readonly Problem[] {
  if ((TRANSFER_RULE_NAMES as readonly string[]).includes(rule)) return [];
  const remedy = `There are ${TRANSFER_RULE_NAMES.join(', ')}.`;
  return [{ configPath: 'rule', message: `there is no rule ${rule}`, remedy }];
}

/** Strategies that decide the peak themselves: what a transfer makes of it would not hold. */
function rateProblems({ strategies }: ExperimentConfig): readonly Problem[] {
  if (!isObject(strategies)) return [];
  return Object.entries(strategies).flatMap(([name, strategy]: [string, unknown]): Problem[] => {
    const place = joinPath('strategies', [name]);
    const entries: unknown = isObject(strategy) && !Array.isArray(strategy) ? strategy.plugins : strategy;
    const named = (Array.isArray(entries) ? entries : []).map((entry: unknown) => {
      const plugin = isObject(entry) ? entry.plugin : entry;
      return isObject(plugin) ? plugin.name : plugin;
    });
    const overrides = isObject(strategy) && isObject(strategy.overrides) ? strategy.overrides : {};
    const problems: Problem[] = [];
    if (named.includes('learning-rate')) {
      const message = 'the plugin learning-rate decides the peak, and a transfer decides it too';
      problems.push({ configPath: place, message, remedy: 'Leave it out, and write the rate to training.lr.peak.' });
    }
    if ('lr.peak' in overrides) {
      const message = 'an override decides the peak, and a transfer decides it too';
      const remedy = 'Write the rate to training.lr.peak.';
      problems.push({ configPath: `${place}.overrides["lr.peak"]`, message, remedy });
    }
    return problems;
  });
}

/** The tokens of both runs. */
function tokensOf(
  raw: Readonly<Record<string, unknown>>,
  { tokens: target }: TransferTarget,
  { baseTokens, targetPlace: place = 'to.' }: TransferExperimentOptions,
  problems: Problem[],
): { readonly base: number | null; readonly target: number | null; readonly assumptions: readonly string[] } {
  const versions = versionsOf(raw.data);
  const each = tokensPerVersion(versions);
  const declared = versions.by === 'random' && each !== undefined ? each * Number(versions.count) : undefined;
  const base = baseTokens ?? declared ?? null;
  if (target === undefined) return { base, target: base, assumptions: [] };
  if (base === null) {
    const message = 'the tokens of the tuned run are not known';
    const remedy = `Give them (${place === '--to ' ? '--from tokens=20M' : 'baseTokens'}), or data.versions.tokens with by: random.`;
    problems.push({ configPath: `${place}tokens`, message, remedy });
  }
  const shown = Math.round(target);
  const assumptions = each === undefined ? [`The text has ${shown} tokens: data.versions says nothing about it.`] : [];
  return { base, target, assumptions };
}

function versionsOf(data: unknown): Readonly<Record<string, unknown>> {
  return isObject(data) && isObject(data.versions) ? data.versions : {};
}

function tokensPerVersion({ tokens }: Readonly<Record<string, unknown>>): number | undefined {
  return typeof tokens === 'string' ? parseQuantity(tokens, 'tokens') : typeof tokens === 'number' ? tokens : undefined;
}

/** The text with another number of tokens for each version, if it says how many. */
function withTokens(data: unknown, ratio: number): unknown {
  const versions = versionsOf(data);
  const each = tokensPerVersion(versions);
  if (each === undefined) return data;
  return { ...(data as object), versions: { ...versions, tokens: Math.round(each * ratio) } };
}

function transferred(
  { spec }: CheckedExperiment,
  model: ModelOptions,
  points: Pick<TransferredExperiment, 'base' | 'target'>,
  { rule, alpha, horizon }: TransferExperimentOptions,
  place: string,
): Transferred {
  // Unknown tokens are the same in both.
  const [base, target] = [points.base, points.target].map((one) => ({ ...one, tokens: one.tokens ?? 1 }));
  const { peak } = spec.lr;
  const { weightDecay, epsilon, beta1, beta2, groups = {} } = spec.optimizer;
  const kinds = ['embedding', 'hidden', 'residual', ...(model.tieEmbeddings ? [] : (['output'] as const))] as const;
  const init = Object.fromEntries(kinds.map((kind) => [kind, initialStd(kind, model)]));
  const settings = { peak, weightDecay, epsilon, beta1, beta2, groups, init, multipliers: model.multipliers ?? {} };
  const classes = [...classesOf(withVocabulary(model, 1))];
  try {
    return transferSettings(rule, base!, target!, settings, { alpha, horizon, tied: model.tieEmbeddings, classes });
  } catch (error) {
    if (!(error instanceof LearningRateError)) throw error;
    const configPath = place === '--to ' ? '--rule' : 'rule';
    const more = rule !== 'completed-p' && { remedy: 'completed-p covers width, depth, batch and tokens.' };
    throw new BranchlineError(
      'config',
      error.reasons.map((reason) => ({ configPath, message: `${rule} cannot transfer this: ${reason}`, ...more })),
    );
  }
}

/** Multipliers of a mixture of experts, which no model has. */
function mixtureProblems(
  { experts, tieEmbeddings }: ModelOptions,
  { settings }: Transferred,
  { rule }: TransferExperimentOptions,
  place: string,
): readonly Problem[] {
  const needed = Object.entries(settings.multipliers).flatMap(([name, value]) => (value === 1 ? [] : [name]));
  if (experts === undefined || needed.length === 0) return [];
  const message = `${rule} needs multipliers here (${needed.join(', ')}), which a mixture of experts cannot have`;
  const remedies = [
    ...(needed.includes('residual') ? ['keep layers'] : []),
    ...(needed.includes('attention') ? ['keep the size of heads'] : []),
    ...(needed.includes('output') && tieEmbeddings ? ['set model.tieEmbeddings to false'] : []),
  ];
  const remedy = `Leave out model.experts${remedies.length === 0 ? '' : `, or ${remedies.join(' and ')}`}.`;
  return [{ configPath: place === '--to ' ? '--rule' : 'rule', message, remedy }];
}

/** What `documentOf` puts together. */
interface Parts {
  readonly checked: CheckedExperiment;
  /** The model at the target, as the user would write it. */
  readonly sized: unknown;
  readonly target: ModelOptions;
  readonly found: Transferred;
  readonly to: TransferTarget;
  readonly options: TransferExperimentOptions;
}

/** The experiment with the new numbers, rounded to six digits. */
async function documentOf(raw: Readonly<Record<string, unknown>>, parts: Parts): Promise<Record<string, unknown>> {
  const { checked, sized, target, found, to, options } = parts;
  const problems: Problem[] = [];
  const finder = new PluginFinder(options.directory, options.loading);
  const strategies: Record<string, unknown> = {};
  for (const [name, strategy] of Object.entries(raw.strategies as object)) {
    strategies[name] = await strategyDocument(strategy, name, finder, problems);
  }
  const { name: _name, ...rest } = raw;
  const next = {
    name: `${typeof raw.name === 'string' ? raw.name : options.name}-${target.width}x${target.layers}`,
    ...rest,
    model: modelOf(sized as Readonly<Record<string, unknown>>, found),
    data: to.tokens === undefined ? raw.data : withTokens(raw.data, found.ratios.tokens),
    training: trainingOf(isObject(raw.training) ? raw.training : {}, checked, found, to),
    ...trainerDocument(raw.trainer, problems),
    strategies,
  };
  problems.push(...codeIn(next, ''));
  if (problems.length > 0) throw new BranchlineError('config', problems);
  return next;
}

function modelOf(
  { init: _init, multipliers: _multipliers, ...written }: Readonly<Record<string, unknown>>,
  { settings }: Transferred,
): unknown {
  const own = { ...written, init: rounded(settings.init), multipliers: rounded(settings.multipliers) };
  // The schema drops what is the default.
  const { init, multipliers } = modelOptionsSchema.parse(withoutVocabulary(own));
  return { ...written, ...(init && { init }), ...(multipliers && { multipliers }) };
}

/** Warm-up takes the same share of the steps. */
function warmupFactor({ spec }: CheckedExperiment, { ratios }: Transferred): Transferred['factors'] {
  const factor = ratios.tokens / ratios.batch;
  const from = spec.lr.warmup;
  if (factor === 1 || from === 0) return [];
  return [{ of: 'warm-up steps', factor, from, to: Math.round(from * factor) }];
}

function trainingOf(
  training: Readonly<Record<string, unknown>>,
  { spec }: CheckedExperiment,
  { settings, ratios }: Transferred,
  { batch }: TransferTarget,
): unknown {
  const { groups: _, ...optimizer } = isObject(training.optimizer) ? training.optimizer : ({} as never);
  const changed = (['weightDecay', 'epsilon', 'beta1', 'beta2'] as const).filter(
    (key) => settings[key] !== spec.optimizer[key],
  );
  const groups = Object.entries(settings.groups).flatMap(([name, factors]) => {
    const own = Object.entries(rounded({ ...factors })).filter(([, value]) => value !== 1);
    return own.length === 0 ? [] : [[name, Object.fromEntries(own)] as const];
  });
  const steps = ratios.tokens / ratios.batch;
  return {
    ...training,
    ...(batch !== undefined && { batch }),
    lr: {
      ...(isObject(training.lr) ? training.lr : {}),
      peak: round(settings.peak),
      ...(steps !== 1 && { warmup: Math.round(spec.lr.warmup * steps) }),
    },
    ...((changed.length > 0 || groups.length > 0 || Object.keys(optimizer).length > 0) && {
      optimizer: {
        ...optimizer,
        ...Object.fromEntries(changed.map((key) => [key, round(settings[key])])),
        ...(groups.length > 0 && { groups: Object.fromEntries(groups) }),
      },
    }),
  };
}

/** Digits that are more than any rule is worth, and the same on every machine. */
const DIGITS = 6;

const round = (value: number): number => Number(value.toPrecision(DIGITS));

function rounded<T extends Readonly<Record<string, number | undefined>>>(values: T): Record<string, number> {
  const entries = Object.entries(values).filter((entry): entry is [string, number] => entry[1] !== undefined);
  return Object.fromEntries(entries.map(([key, value]) => [key, round(value)]));
}
