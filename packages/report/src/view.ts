import type { ReleaseResult, Results, StrategyResult } from '@branchline/evaluation';
import { graphOfSeed, meanOf } from './seeds.js';

/** How many colours there are beside the baseline's; further strategies take them again, with other symbols. */
const colours = 8;

/** A strategy with how it looks everywhere in the report. */
export interface StrategyView {
  /** Means over seeds; paths are those of the first. */
  readonly result: StrategyResult;
  /** One for each seed under which it is complete. */
  readonly runs: readonly StrategyResult[];
  readonly name: string;
  /** Place in the results; also picks the symbol, so that colour never stands alone. */
  readonly index: number;
  readonly isBaseline: boolean;
  /** Class that sets the colour `--c`, e.g. `c3`; the baseline is always the neutral `c0`. */
  readonly colour: string;
  /** The release of the experiment's last version; absent when the strategy did not get that far. */
  readonly last: ReleaseResult | undefined;
}

/** The results, prepared once for all sections. */
export interface ReportView {
  readonly results: Results;
  readonly strategies: readonly StrategyView[];
  readonly baseline: StrategyView;
  readonly byName: ReadonlyMap<string, StrategyView>;
  /** Indices of the versions, in order. */
  readonly versions: readonly number[];
  readonly lastVersion: number;
  /** The run graph of the first seed, which the others repeat. */
  readonly graph: Results['graph'];
}

/** Prepares results for drawing. */
export function viewOf(results: Results): ReportView {
  const versions = results.data.versions.map((version) => version.index).sort((a, b) => a - b);
  const lastVersion = versions.at(-1) ?? 0;
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

/** `v3`: how a version is called in charts, whatever the length of its name. */
export const versionLabel = (version: number): string => `v${version}`;

/** A loss by its domain or version; a name can be one that every object has. */
export const lossUnder = (values: Readonly<Record<string, number>> = {}, name: string): number | undefined =>
  Object.hasOwn(values, name) ? values[name] : undefined;
