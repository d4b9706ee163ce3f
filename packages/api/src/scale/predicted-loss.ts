/** Predicts the loss of a planned state from the learning rates of all steps before it. */
import { type GraphNode, rateAt, type Segment } from '@branchline/core';
import { type LossLaw, lossAfter, powerOf, RateHistory } from '@branchline/trainer-simulated';

/** Nats per token; null where no law covers how the state is made: averages, and weights that are drawn anew. */
export function predictedLoss(node: GraphNode, law: LossLaw): number | null {
  const segments = segmentsBefore(node);
  if (segments === null) return null;
  const history = new RateHistory(powerOf(law));
  for (const { ranges } of segments) {
    for (const { rate } of ranges) for (let step = 0; step < rate.steps; step++) history.push(rateAt(rate, step));
  }
  return lossAfter(law, history.snapshot());
}

/** All segments from fresh weights to a state, in order. */
function segmentsBefore(node: GraphNode): readonly Segment[] | null {
  const segments: Segment[] = [];
  let at = node;
  for (;;) {
    for (; at.incoming !== undefined; at = at.incoming.from) segments.push(at.incoming);
    const { recipe } = at;
    if (recipe?.kind === 'init') return segments.reverse();
    if (recipe?.kind !== 'reset' || !recipe.weights) return null;
    // Only the moments begin anew.
    at = at.sources[0]!.node;
  }
}
