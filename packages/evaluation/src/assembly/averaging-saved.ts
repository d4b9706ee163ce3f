/** What was not trained because an average replaces a decay. */
import {
  type ExactCost,
  type ExperimentCosts,
  type Segment,
  type StrategyPlan,
  segmentsBehind,
  sumCosts,
} from '@branchline/core';

/** A strategy whose releases are averages, beside one that trains branches off the same path for its releases. */
export interface AveragingSaved {
  readonly strategy: string;
  readonly seed: number;
  /** The cheapest such strategy of the experiment. */
  readonly insteadOf: string;
  /** Of the branches that were not trained. */
  readonly branches: ExactCost;
  /** Of what the averages needed and the branches did not: a longer main path. */
  readonly extra: ExactCost;
}

/**
 * What averaging saved in this experiment. Only measured costs are compared: a strategy that averages states of one
 * path without branches is listed when another one of the experiment releases, for every version, the trained end of a
 * branch off that path.
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

/** Segments of the branches that leave a path for each release; undefined when a release is no such branch. */
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
