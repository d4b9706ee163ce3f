/** The experiment that confirms a search: its best candidates with several seeds, and claims fixed beforehand. */
import { BranchlineError, type PluginDefinition, type Problem } from '@branchline/core';
import { checkExperiment } from '../config/check.js';
import { joinPath } from '../config/issues.js';
import type { ModuleLoading } from '../files/module.js';
import { isObject } from '../files/objects.js';
import { KNOWN_PLUGINS, PluginFinder } from '../registry/plugins.js';
import { DEFAULT_TRAINER, KNOWN_TRAINERS } from '../registry/trainers.js';
import type { Candidate } from './evaluate.js';
import type { Optimization } from './optimize.js';
import { optionsWith } from './search-space.js';

/** Seeds where the deviation between seeds is not known. */
const USUAL_SEEDS = 5;
/** The most seeds that are written; comparisons that need more stay undecided, and say so. */
const MOST_SEEDS = 20;

/** What an experiment consists of besides strategies. */
export interface ConfirmOptions {
  /** Folder of the experiment file: relative paths in it stay relative to it. */
  readonly directory: string;
  /** Name of the experiment that was searched. */
  readonly name: string;
  readonly loading?: ModuleLoading;
}

/** An experiment as plain data, which `bench` trains. */
export type ConfirmingExperiment = Readonly<Record<string, unknown>>;

/**
 * The experiment that confirms a search, as plain data for a JSON or YAML file in the folder of the experiment: model,
 * text and training of the experiment, the candidates to confirm and the baseline, a claim for each comparison, and the
 * seeds that the undecided ones need. A trainer that predicts is left out. Throws a BranchlineError (`config`) with all
 * problems that `bench` would have with it, and if a part of the experiment is code that no file can name.
 */
export async function confirmingExperiment(
  experiment: unknown,
  optimization: Pick<Optimization, 'fronts' | 'comparisons' | 'baseline' | 'candidates' | 'deviation'>,
  { directory, name, loading }: ConfirmOptions,
): Promise<ConfirmingExperiment> {
  const problems: Problem[] = [];
  const raw = experiment as Readonly<Record<string, unknown>>;
  const { strategies, compare, seeds: _, budget: __, trainer, baseline: ___, ...rest } = raw;
  const finder = new PluginFinder(directory, loading);
  const written: Record<string, unknown> = {};
  for (const one of candidatesToConfirm(optimization)) {
    const strategy = (strategies as Readonly<Record<string, unknown>>)[one.strategy];
    written[one.name] = await strategyIn(strategy, one, finder, problems);
  }
  const confirming = {
    ...rest,
    name: `${typeof raw.name === 'string' ? raw.name : name}-confirm`,
    ...trainerIn(trainer, problems),
    strategies: written,
    baseline: optimization.baseline,
    seeds: seedsFor(optimization),
    compare: { ...(isObject(compare) && compare), claims: claimsFor(optimization) },
  };
  problems.push(...codeIn(confirming, ''));
  if (problems.length > 0) throw new BranchlineError('config', problems);
  // bench must take it as it stands.
  await checkExperiment(confirming, { baseDirectory: directory, defaultName: confirming.name, loading });
  return confirming;
}

/** The candidates to confirm and the baseline, each once, cheapest first. */
export function candidatesToConfirm({
  fronts,
  baseline,
  candidates,
}: Pick<Optimization, 'fronts' | 'baseline' | 'candidates'>): readonly Pick<
  Candidate,
  'name' | 'strategy' | 'options'
>[] {
  const chosen = new Set([...fronts.last, ...fronts.mean].filter((one) => one.toConfirm).map((one) => one.candidate));
  const sorted = [...chosen].sort((a, b) => a.cost.steps - b.cost.steps);
  if (sorted.some(({ name }) => name === baseline)) return sorted;
  // It is confirmed even if it was left out: everything else is compared with it.
  const known = candidates.find(({ name }) => name === baseline);
  return [...sorted, known ?? { name: baseline, strategy: baseline, options: {} }];
}

/** Seeds that the comparisons need which the law leaves undecided; at most 20. */
export function seedsFor({ comparisons, deviation }: Pick<Optimization, 'comparisons' | 'deviation'>): number {
  if (deviation === null) return USUAL_SEEDS;
  const needed = comparisons.filter((one) => !one.distinguishable).map(({ seeds }) => seeds ?? MOST_SEEDS);
  return Math.min(MOST_SEEDS, Math.max(3, ...needed));
}

function claimsFor({ comparisons }: Pick<Optimization, 'comparisons'>) {
  return Object.fromEntries(
    comparisons.map(({ of, better, cheaper, difference, distinguishable }) => [
      `${better} below ${cheaper}${of === 'mean' ? ', mean' : ''}`,
      {
        claim: `predicted difference ${difference.toFixed(4)}, which the law ${distinguishable ? 'distinguishes' : 'cannot distinguish'}`,
        ...{ strategy: better, against: cheaper, metric: 'loss', version: of, expect: '< 0' },
      },
    ]),
  );
}

/** A strategy of the experiment with the options of a candidate, by names of plugins. */
async function strategyIn(
  strategy: unknown,
  { options, strategy: name }: Pick<Candidate, 'options' | 'strategy'>,
  finder: PluginFinder,
  problems: Problem[],
): Promise<unknown> {
  const entries = (isObject(strategy) ? strategy.plugins : strategy) as readonly unknown[];
  const plugins: unknown[] = [];
  for (const [index, entry] of entries.entries()) {
    const { plugin, options: own } = isObject(entry) ? entry : { plugin: entry, options: undefined };
    // What the file names, and the name of the plugin there: a path has another one.
    const written = typeof plugin === 'string' ? plugin : (plugin as PluginDefinition).name;
    const definition = typeof plugin === 'string' ? await finder.find(plugin) : (plugin as PluginDefinition);
    if (typeof plugin !== 'string' && KNOWN_PLUGINS.get(written) !== plugin) {
      problems.push({
        configPath: `${joinPath('strategies', [name])}[${index}]`,
        message: `the plugin ${written} is code of the experiment, which the file to write cannot name`,
        remedy: 'Name it by its path or package in the experiment, such as ./my-strategy.ts.',
      });
    }
    const set = optionsWith(definition.name, own, options);
    plugins.push(set === undefined ? written : { plugin: written, options: set });
  }
  const overrides = isObject(strategy) ? strategy.overrides : undefined;
  return overrides === undefined ? plugins : { plugins, overrides };
}

/** The trainer by its name; none for one that predicts, so that the default trains. */
function trainerIn(trainer: unknown, problems: Problem[]): { readonly trainer?: unknown } {
  if (trainer === undefined) return {};
  const { trainer: of, options } = isObject(trainer) ? trainer : { trainer, options: undefined };
  const definition = typeof of === 'string' ? KNOWN_TRAINERS.get(of) : of;
  if (isObject(definition) && definition.predicts === true) return {};
  if (typeof of === 'string') return { trainer };
  const name = isObject(of) ? String(of.name) : DEFAULT_TRAINER.name;
  if (KNOWN_TRAINERS.get(name) !== of) {
    problems.push({
      configPath: 'trainer',
      message: `the trainer ${name} is code of the experiment, which the file to write cannot name`,
      remedy: 'Name it by its path or package in the experiment, such as ./my-trainer.ts.',
    });
  }
  return { trainer: options === undefined ? name : { trainer: name, options } };
}

/** Values that JSON and YAML cannot hold. */
function codeIn(value: unknown, path: string): readonly Problem[] {
  if (value === undefined || value === null || ['string', 'number', 'boolean'].includes(typeof value)) return [];
  if (Array.isArray(value)) return value.flatMap((one, index) => codeIn(one, `${path}[${index}]`));
  if (isObject(value) && ([Object.prototype, null] as unknown[]).includes(Object.getPrototypeOf(value))) {
    return Object.entries(value).flatMap(([key, one]) => codeIn(one, joinPath(path, [key])));
  }
  return [{ configPath: path, message: `is code (${typeof value}), which the file to write cannot hold` }];
}
