/** Which predictions differ, and what it takes to find out by training. */
import { largestDeviation, seedsNeeded } from '@branchline/comparison';
import type { Candidate } from './evaluate.js';
import { distinguishable, levelsOf, paretoFront } from './front.js';

/** Which loss a front is about: that of the last release, or the mean over all releases. */
export type FrontLoss = 'last' | 'mean';

/** A candidate that no other one beats. */
export interface FrontPoint {
  readonly candidate: Candidate;
  /** Predicted, nats per token. */
  readonly loss: number;
  /** In which 95% of the measured losses were that the law was compared with. */
  readonly interval: readonly [low: number, high: number];
  /**
   * 1, 2, ... from the cheapest on: a level begins with the cheapest point whose interval is apart from that of the
   * first point of the level before.
   */
  readonly level: number;
  /** Whether the runs that confirm the search train it: the first of a level, and the one with the lowest loss. */
  readonly toConfirm: boolean;
}

/** A number of seeds, and what it can decide. */
export interface SeedsAndDeviation {
  readonly seeds: number;
  /** Largest standard deviation of the paired differences at which so many seeds suffice, nats per token. */
  readonly deviation: number;
}

/** Two candidates that training would compare. */
export interface PlannedComparison {
  readonly of: FrontLoss;
  /** Names of the candidates; the second costs more and has the lower predicted loss. */
  readonly cheaper: string;
  readonly better: string;
  /** Predicted loss of `better` minus that of `cheaper`, below 0. */
  readonly difference: number;
  /** Whether the law distinguishes them. If not, training has to decide. */
  readonly distinguishable: boolean;
  /** Seeds that find the predicted difference; null if the deviation is not known, or none suffice. */
  readonly seeds: number | null;
  /** What usual numbers of seeds can decide. */
  readonly decidedBy: readonly SeedsAndDeviation[];
}

/** Error level of all comparisons together, and the probability with which each finds the predicted difference. */
export const POWER = { alpha: 0.05, power: 0.8 } as const;

const USUAL_SEEDS = [3, 5, 8, 16];

/** The front of cost and one of the two losses, from the cheapest point on. */
export function frontOf(candidates: readonly Candidate[], of: FrontLoss, interval: number): readonly FrontPoint[] {
  const items = candidates.flatMap((candidate) => {
    const loss = of === 'last' ? candidate.loss : candidate.meanLoss;
    return loss === null ? [] : [{ candidate, loss, steps: candidate.cost.steps }];
  });
  const front = paretoFront(items);
  const levels = levelsOf(front, interval);
  return front.map(({ candidate, loss }, index) => ({
    ...{ candidate, loss, level: levels[index]! },
    interval: [loss * (1 - interval), loss * (1 + interval)],
    toConfirm: levels[index] !== levels[index - 1] || index === front.length - 1,
  }));
}

/**
 * Comparisons of the points of both fronts that are to be confirmed, each with the one before. The error level is
 * divided by their number, as the correction of Holm does at first.
 */
export function comparisonsOf(
  fronts: Readonly<Record<FrontLoss, readonly FrontPoint[]>>,
  interval: number,
  deviation: number | undefined,
): readonly PlannedComparison[] {
  const pairs = (['last', 'mean'] as const).flatMap((of) => {
    const chosen = fronts[of].filter(({ toConfirm }) => toConfirm);
    return chosen.slice(1).map((better, index) => ({ of, cheaper: chosen[index]!, better }));
  });
  const wanted = { alpha: POWER.alpha / Math.max(1, pairs.length), power: POWER.power };
  return pairs.map(({ of, cheaper, better }) => {
    const difference = better.loss - cheaper.loss;
    return {
      ...{ of, cheaper: cheaper.candidate.name, better: better.candidate.name, difference },
      distinguishable: distinguishable(cheaper.loss, better.loss, interval),
      seeds: deviation === undefined ? null : seedsNeeded(difference, deviation, wanted),
      decidedBy: USUAL_SEEDS.map((seeds) => ({ seeds, deviation: largestDeviation(difference, seeds, wanted) })),
    };
  });
}
