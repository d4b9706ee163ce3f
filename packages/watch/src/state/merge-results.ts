/** The results of a run that trains: its plan with all releases that are known. */
import type { ReleaseResult, Results, StrategyResult } from '@branchline/evaluation';
import type { ReleaseLine } from '../live-log/format.js';

/** The plan, written results, and releases since. */
export interface Known {
  /** Partial results from the live log. */
  readonly plan: Results | undefined;
  /** `results.json`. */
  readonly written: Results | undefined;
  readonly releases: Iterable<ReleaseLine>;
}

/** Puts results together. Written results of another plan do not count while there is a newer one. */
export function mergeResults({ plan, written, releases }: Known): Results | undefined {
  const isSame = written !== undefined && written.experiment.digest === plan?.experiment.digest;
  const base = plan === undefined || isSame ? written : plan;
  if (base === undefined) return undefined;
  const added = new Map<string, ReleaseResult>();
  for (const { name, releases: own } of plan?.strategies ?? []) {
    for (const release of own) added.set(idOf(name, release), release);
  }
  for (const { strategy, release } of releases) added.set(idOf(strategy, release), release);
  let isNew = false;
  const strategies = base.strategies.map((strategy): StrategyResult => {
    const known = new Set(strategy.releases.map(({ version }) => version));
    const more = base.data.versions.flatMap(({ index }) => {
      const release = added.get(idOf(strategy.name, { seed: strategy.seed, version: index }));
      return release === undefined || known.has(index) ? [] : [release];
    });
    if (more.length === 0) return strategy;
    isNew = true;
    return { ...strategy, releases: [...strategy.releases, ...more].sort((a, b) => a.version - b.version) };
  });
  return isNew ? { ...base, strategies, ...(base.partial && { partial: partialOf(base, strategies) }) } : base;
}

const idOf = (strategy: string, { seed, version }: { readonly seed: number; readonly version: number }) =>
  `${strategy}/${seed}/${version}`;

function partialOf({ data }: Results, strategies: readonly StrategyResult[]): NonNullable<Results['partial']> {
  const missing = strategies.map(({ name, seed, releases }) => {
    const found = new Set(releases.map(({ version }) => version));
    const versions = data.versions.map(({ index }) => index).filter((index) => !found.has(index));
    return { strategy: name, seed, versions };
  });
  return {
    releases: strategies.reduce((sum, { releases }) => sum + releases.length, 0),
    of: strategies.length * data.versions.length,
    missing: missing.filter(({ versions }) => versions.length > 0),
  };
}
