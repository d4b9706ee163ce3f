/** Costs of strategies relative to training from scratch, and which of them are Pareto-optimal. */
import type { Results } from '@branchline/evaluation';
import { lossOf, meanOf, namesOf } from '../paper/tables.js';

/**
 * Tokens a strategy trained on, divided by those of training every version from scratch: 1 + 2 + ... + N increments.
 */
export function costOf(results: Results, name: string): number {
  const scratch = results.data.versions.reduce(
    (sum, { tokens }, index, { length }) => sum + (length - index) * tokens,
    0,
  );
  return meanOf(results, name, ({ cost }) => cost.standalone.tokens)!.mean / scratch;
}

/** A strategy with its mean cost and loss. */
export interface CostPoint {
  readonly name: string;
  readonly cost: number;
  readonly loss: number;
  /** Whether it is on the Pareto front: no strategy costs at most as much and has a lower loss. */
  readonly best: boolean;
}

/** Points of all strategies that released with at least one seed. */
export function pointsOf(results: Results): readonly CostPoint[] {
  const points = namesOf(results).map((name) => ({
    name,
    cost: costOf(results, name),
    loss: lossOf(results, name)!.mean,
  }));
  return points.map((one) => ({
    ...one,
    best: points.every((other) => other === one || other.cost > one.cost || other.loss >= one.loss),
  }));
}
