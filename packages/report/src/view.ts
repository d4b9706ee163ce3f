import type { ReleaseResult, Results, StrategyResult } from '@branchline/evaluation';
import { graphOfSeed, meanOf } from './seeds.js';

/** Number of colours besides the baseline's. Further strategies reuse them with other symbols. */
const colours = 8;

/** A strategy with its look in the report. */
export interface StrategyView {
  /** Means over seeds; paths are those of the first. */
  readonly result: StrategyResult;
  /** One result per seed under which it is complete. */
  readonly runs: readonly StrategyResult[];
  readonly name: string;
  /** Index in the results. Also picks the symbol, so that strategies differ by more than colour. */
  readonly index: number;
  readonly isBaseline: boolean;
  /** Class that sets the colour `--c`, e.g. `c3`. The baseline always has the neutral `c0`. */
  readonly colour: string;
  /** The release of `lastVersion`; undefined if the strategy did not release it. */
  readonly last: ReleaseResult | undefined;
  /** False if partial results lack some of its releases, under some seed. */
  readonly isWhole: boolean;
}

/** The results, prepared once for all sections. */
export interface ReportView {
  readonly results: Results;
  readonly strategies: readonly StrategyView[];
  readonly baseline: StrategyView;
  readonly byName: ReadonlyMap<string, StrategyView>;
  /** Indices of the versions, in order. */
  readonly versions: readonly number[];
  /** The experiment's last version; in partial results, the last one that some strategy released. */
  readonly lastVersion: number;
  /** The run graph of the first seed; all seeds have the same shape. */
  readonly graph: Results['graph'];
}

/** Prepares results for drawing. */
export function viewOf(results: Results): ReportView {
  const versions = results.data.versions.map((version) => version.index).sort((a, b) => a - b);
  const { partial } = results;
  const released = results.strategies.flatMap(({ releases }) => releases.map(({ version }) => version));
  const lastVersion =
    (partial === undefined ? undefined : Math.max(...released, versions[0] ?? 0)) ?? versions.at(-1) ?? 0;
  const lacking = new Set(partial?.missing.map(({ strategy }) => strategy));
  let coloured = 0;
  const names = [...new Set(results.strategies.map(({ name }) => name))];
  const strategies = names.map((name, index): StrategyView => {
    const isBaseline = name === results.baseline;
    const runs = results.strategies.filter((result) => result.name === name);
    const result = meanOf(runs);
    return {
      result,
      runs,
      name,
      index,
      isBaseline,
      colour: isBaseline ? 'c0' : `c${(coloured++ % colours) + 1}`,
      last: result.releases.find((release) => release.version === lastVersion),
      isWhole: !lacking.has(name),
    };
  });
  const baseline = strategies.find((strategy) => strategy.isBaseline);
  if (!baseline) throw new Error(`no strategy is the baseline ${JSON.stringify(results.baseline)}`);
  return {
    results,
    strategies,
    baseline,
    byName: new Map(strategies.map((strategy) => [strategy.name, strategy])),
    versions,
    lastVersion,
    graph: graphOfSeed(results, results.strategies[0]!.seed),
  };
}

/** The release of a version, if the strategy has one. */
export function releaseOf(strategy: StrategyView, version: number): ReleaseResult | undefined {
  return strategy.result.releases.find((release) => release.version === version);
}

/**
 * The release of a version and all those before it, if the strategy has them: what its cost so far is the cost of.
 * Partial results can lack an earlier release.
 */
export function releaseWithCost(strategy: StrategyView, version: number): ReleaseResult | undefined {
  if (!strategy.isWhole && strategy.runs.some((run) => !hasAllUpTo(run, version))) return undefined;
  return releaseOf(strategy, version);
}

const hasAllUpTo = ({ releases }: StrategyResult, version: number): boolean =>
  releases.filter((release) => release.version <= version).length === version;

/** Whether a release is worse than guessing every token alike, so that its training diverged. */
export const hasDiverged = ({ results }: Pick<ReportView, 'results'>, loss: number): boolean =>
  results.data.uniformLoss !== undefined && !(loss <= results.data.uniformLoss);

/** `v3`: the short label of a version in charts. */
export const versionLabel = (version: number): string => `v${version}`;

/** The loss of a domain or version. Safe for names such as `toString`. */
export const lossUnder = (values: Readonly<Record<string, number>> = {}, name: string): number | undefined =>
  Object.hasOwn(values, name) ? values[name] : undefined;
