/** The experiment that confirms a search: its best candidates with several seeds, and claims fixed beforehand. */
import { BranchlineError, type Problem } from '@branchline/core';
import { checkExperiment } from '../config/check.js';
import { codeIn, strategyDocument, trainerDocument } from '../config/document.js';
import type { ModuleLoading } from '../files/module.js';
import { isObject } from '../files/objects.js';
import { PluginFinder } from '../registry/plugins.js';
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
    written[one.name] = await strategyDocument(strategy, one.strategy, finder, problems, (plugin, options) =>
      optionsWith(plugin, options, one.options),
    );
  }
  const confirming = {
    ...rest,
    name: `${typeof raw.name === 'string' ? raw.name : name}-confirm`,
    ...trainerDocument(trainer, problems),
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
