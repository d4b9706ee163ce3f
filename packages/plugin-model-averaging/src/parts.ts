import type { AveragePart } from '@branchline/core';

/**
 * Steps between `last` checkpoints that span a share of an increment; at least 1. The span matters most (WSM: Tian et
 * al., arXiv 2507.17634), so it does not depend on the number of checkpoints: six over half of an increment are a tenth
 * of it apart.
 */
export function spacing(last: number, stepsOfIncrement: number, span = 0.5): number {
  return Math.max(1, Math.floor((span * stepsOfIncrement) / (last - 1)));
}

/**
 * The parts of an average from weights, newest first. Checkpoints of weight 0 are left out, so they need not be kept.
 */
export function partsOf(weights: readonly number[], every: number): readonly AveragePart[] {
  return weights.map((weight, age) => ({ stepsBack: age * every, weight })).filter(({ weight }) => weight !== 0);
}
