/** Computes the training saved where an average replaces a decay. */
import {
  type ExactCost,
  type ExperimentCosts,
  type Segment,
  type StrategyPlan,
  segmentsBehind,
  sumCosts,
} from '@branchline/core';

/** Compares a strategy that releases averages with one that trains decay branches off the same path. */
export interface AveragingSaved {
  readonly strategy: string;
  readonly seed: number;
  /** The strategy with branches; the cheapest one if there are several. */
  readonly insteadOf: string;
  /** Cost of the branches that averaging avoids. */
  readonly branches: ExactCost;
  /** Cost of what only the averages need: a longer main path. */
  readonly extra: ExactCost;
}

/**
 * Savings of averaging in this experiment, from measured costs only. A strategy that averages states of a path without
 * branches is listed if another strategy releases, for every version, the trained end of a branch off this path.
 */
export function averagingSaved(costs: ExperimentCosts): readonly AveragingSaved[] {
  const { strategies } = costs.plan;
  return strategies.flatMap((averaged): AveragingSaved[] => {
    if (!averaged.releases.every(({ kind }) => kind === 'derived')) return [];
    const own = segmentsBehind(averaged.releases);
    if (hasBranches(own)) return [];
    const candidates = strategies.flatMap((other) => {
      const branches = branchesOff(other, own);
      return branches === undefined ? [] : [{ other, branches }];
    });
    const found = candidates.map(({ other, branches }): AveragingSaved => {
      const shared = segmentsBehind(other.releases);
      const onlyOwn = [...own].filter((segment) => !shared.has(segment));
      const cost = (segments: Iterable<Segment>) =>
        sumCosts([...segments].map((segment) => costs.segments.of(segment)));
      const { name: strategy, seed } = averaged.strategy;
      return { strategy, seed, insteadOf: other.strategy.name, branches: cost(branches), extra: cost(onlyOwn) };
    });
    const [best] = found.sort((a, b) => Number(a.branches.flops - b.branches.flops));
    return best === undefined ? [] : [best];
  });
}

function hasBranches(segments: ReadonlySet<Segment>): boolean {
  return [...segments].some(({ to }) => to.outgoing.filter((segment) => segments.has(segment)).length > 1);
}

/**
 * Segments of the branches that leave a path for each release; undefined if some release is not the end of such a
 * branch.
 */
function branchesOff({ releases }: StrategyPlan, path: ReadonlySet<Segment>): ReadonlySet<Segment> | undefined {
  const branches = new Set<Segment>();
  for (const release of releases) {
    if (release.kind !== 'step') return undefined;
    let at = release.incoming;
    for (; at !== undefined && !path.has(at); at = at.from.incoming) branches.add(at);
    if (at === undefined || at === release.incoming) return undefined;
  }
  return branches;
}
