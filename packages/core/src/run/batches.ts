import type { Segment } from '../graph/run-graph.js';
import type { Digest } from '../json.js';
import { rateAt } from '../path/rate-pieces.js';
import { dropSteps, takeSteps } from '../path/step-ranges.js';
import type { StepBatch } from '../trainer/trainer.js';

/** Steps `from` to `to` of a segment as input for a trainer: the learning rate and the batch of each. */
export function batchesOf(
  segment: Segment,
  from: number,
  to: number,
  orders: ReadonlyMap<Digest, Uint32Array>,
  batch: number,
): StepBatch {
  const lr = new Float64Array(to - from);
  const sequences: Uint32Array[] = [];
  const weights: (Float32Array | undefined)[] = [];
  for (const range of dropSteps(takeSteps(segment.ranges, to, batch), from, batch)) {
    const ids = orders.get(range.order)!;
    for (let step = 0; step < range.rate.steps; step++) {
      lr[sequences.length] = rateAt(range.rate, step);
      sequences.push(ids.slice(range.offset + step * batch, range.offset + (step + 1) * batch));
      weights.push(range.weights && Float32Array.from(range.weights));
    }
  }
  return { lr, sequences, ...(weights.some(Boolean) && { weights }) };
}
