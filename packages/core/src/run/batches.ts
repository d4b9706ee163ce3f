import type { Segment } from '../graph/run-graph.js';
import type { Digest } from '../json.js';
import { dropSteps, takeSteps } from '../plan/runs.js';
import { rateAt } from '../plan/schedule.js';
import type { StepBatch } from '../trainer/trainer.js';

/** Steps `from` to `to` of a segment as a trainer wants them: the rate of each, and the sequences of its batch. */
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
  for (const run of dropSteps(takeSteps(segment.runs, to, batch), from, batch)) {
    const ids = orders.get(run.order)!;
    for (let step = 0; step < run.rate.steps; step++) {
      lr[sequences.length] = rateAt(run.rate, step);
      sequences.push(ids.slice(run.offset + step * batch, run.offset + (step + 1) * batch));
      weights.push(run.weights && Float32Array.from(run.weights));
    }
  }
  return { lr, sequences, ...(weights.some(Boolean) && { weights }) };
}
