/** What strategies cost in parts of training from scratch, and which of them nothing beats. */
import type { Results } from '@branchline/evaluation';
import { lossOf, meanOf, namesOf } from '../paper/tables.js';

/** Tokens a strategy trained on, over those of training every version from scratch: 1 + 2 + ... + N increments. */
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
  /** On the Pareto front: nothing is as cheap and better. */
  readonly best: boolean;
}

/** Of every strategy that released under some seed. */
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
