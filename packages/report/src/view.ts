import {
  type ReleaseResult,
  type Results,
  type StrategyResult,
  shortNames,
  type ValidationResult,
  type VersionNames,
  versionNames,
} from '@branchline/evaluation';
import { textWidth } from './format.js';
import { graphOfSeed, graphOfStrategies, meanOf } from './seeds.js';

/** Number of colours besides the baseline's. Further strategies reuse them with other symbols. */
const colours = 8;

/**
 * The rule for many strategies: above this number, charts and legends draw those of `choose` in colour, with a symbol
 * each, and the points of the others in grey. The others' panels are folded away, and every table has all of them, in
 * full. Where a name has little room, `shortNames` keeps it different from all others; hovering shows it in full.
 */
export const MANY = 32;

/** Strategies that charts draw in colour if there are many. */
const SHOWN = 20;

/** A strategy with its look in the report. */
export interface StrategyView {
  /** Means over seeds; paths are those of the first. */
  readonly result: StrategyResult;
  /** One result per seed under which it is complete. */
  readonly runs: readonly StrategyResult[];
  readonly name: string;
  /** Index in the results. */
  readonly index: number;
  /** Picks the symbol, so that strategies differ by more than colour: the place among those that are drawn. */
  readonly symbol: number;
  readonly isBaseline: boolean;
  /** Whether charts draw it; the others are grey. */
  readonly isShown: boolean;
  /** Class that sets the colour `--c`, e.g. `c3`; neutral `c0` for the baseline, grey `cr` if it is not shown. */
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
  /**
   * The strategies that charts and legends draw: all, or if there are many the baseline, those with no other below
   * them in both cost and loss, and those with the lowest losses. In order of the results.
   */
  readonly shown: readonly StrategyView[];
  /** The others; empty unless there are many. */
  readonly others: readonly StrategyView[];
  readonly baseline: StrategyView;
  readonly byName: ReadonlyMap<string, StrategyView>;
  /** Indices of the versions, in order. */
  readonly versions: readonly number[];
  /** The name of a version in tables and texts, the same as on the terminal. */
  readonly versionName: VersionNames;
  /** The name of a version in charts, shortened if it is long. */
  readonly versionMark: VersionNames;
  /** The experiment's last version; in partial results, the last one that some strategy released. */
  readonly lastVersion: number;
  /** The run graph of `shown` under the first seed; all seeds have the same shape. */
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
  let drawn = 0;
  const names = [...new Set(results.strategies.map(({ name }) => name))];
  const runsOf = new Map<string, StrategyResult[]>(names.map((name) => [name, []]));
  for (const result of results.strategies) runsOf.get(result.name)!.push(result);
  const plain = names.map((name, index) => {
    const runs = runsOf.get(name)!;
    const result = meanOf(runs);
    const last = result.releases.find((release) => release.version === lastVersion);
    return { result, runs, name, index, isBaseline: name === results.baseline, last, isWhole: !lacking.has(name) };
  });
  const chosen = plain.length > MANY ? choose(plain) : new Set(plain);
  const strategies = plain.map((strategy): StrategyView => {
    if (!chosen.has(strategy)) return { ...strategy, isShown: false, symbol: 0, colour: 'cr' };
    return {
      ...strategy,
      isShown: true,
      symbol: drawn++,
      colour: strategy.isBaseline ? 'c0' : `c${(coloured++ % colours) + 1}`,
    };
  });
  const baseline = strategies.find((strategy) => strategy.isBaseline);
  if (!baseline) throw new Error(`no strategy is the baseline ${JSON.stringify(results.baseline)}`);
  return {
    results,
    strategies,
    shown: strategies.filter(({ isShown }) => isShown),
    others: strategies.filter(({ isShown }) => !isShown),
    baseline,
    byName: new Map(strategies.map((strategy) => [strategy.name, strategy])),
    versions,
    ...namesOf(results),
    lastVersion,
    graph: graphOfStrategies(
      graphOfSeed(results, results.strategies[0]!.seed),
      strategies.filter(({ isShown }) => isShown).map(({ name }) => name),
      strategies.length,
    ),
  };
}

type Plain = Omit<StrategyView, 'isShown' | 'colour' | 'symbol'>;

/** The strategies to draw of many: see `ReportView.shown`. */
function choose(strategies: readonly Plain[]): ReadonlySet<Plain> {
  const lossOf = ({ last }: Plain) => last?.loss ?? Number.POSITIVE_INFINITY;
  const byLoss = [...strategies].sort((a, b) => lossOf(a) - lossOf(b));
  const costOf = ({ last }: Plain) => last?.cumulative.tokens ?? Number.POSITIVE_INFINITY;
  let least = Number.POSITIVE_INFINITY;
  const front = [...byLoss]
    .sort((a, b) => costOf(a) - costOf(b))
    .filter((strategy) => {
      const isLower = lossOf(strategy) < least;
      least = Math.min(least, lossOf(strategy));
      return isLower;
    });
  // The end of the front has the lowest losses.
  const ranked = [...strategies.filter(({ isBaseline }) => isBaseline), ...front.reverse(), ...byLoss];
  return new Set([...new Set(ranked)].slice(0, SHOWN));
}

/** Rows of a table: if there are many, the baseline first and the others by their loss after the last version. */
export function ranked({ strategies, others }: ReportView): readonly StrategyView[] {
  if (others.length === 0) return strategies;
  const lossOf = ({ isBaseline, last }: StrategyView) =>
    isBaseline ? Number.NEGATIVE_INFINITY : (last?.loss ?? Number.POSITIVE_INFINITY);
  return [...strategies].sort((a, b) => lossOf(a) - lossOf(b));
}

/** The result of a release on a validation set. */
export const validationOf = (release: ReleaseResult | undefined, name: string): ValidationResult | undefined =>
  release?.validation?.find((set) => set.name === name);

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

/** What paths start from. */
export const startText = ({ model }: Results): string =>
  model.start === undefined ? 'fresh weights' : `the checkpoint ${model.start.from}`;

/** Width in pixels of the name of a version in a chart. */
const MARK = { width: 64, size: 11.5 };

function namesOf({ data }: Results): Pick<ReportView, 'versionName' | 'versionMark'> {
  const versionName = versionNames(data.versions);
  const names = data.versions.map(({ index }) => versionName(index));
  const short = shortNames(names, MARK.width, (text) => textWidth(text, MARK.size));
  return { versionName, versionMark: (index) => short(versionName(index)) };
}

/** The loss of a domain or version. Safe for names such as `toString`. */
export const lossUnder = (values: Readonly<Record<string, number>> = {}, name: string): number | undefined =>
  Object.hasOwn(values, name) ? values[name] : undefined;
