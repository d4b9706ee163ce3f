/** Measures the speed of the trainer with a few steps on a discarded state, when the ledger has no measurements. */
import type { Segment } from '../graph/run-graph.js';
import type { Digest } from '../json.js';
import type { Trainer } from '../trainer/trainer.js';
import { batchesOf } from './batches.js';
import { callTrainer } from './run-errors.js';

/** The first step includes compilation and is not counted. */
const STEPS = 4;

/** Median seconds per step over the first steps of a segment. */
export async function secondsPerStep(
  trainer: Trainer,
  segment: Segment,
  orders: ReadonlyMap<Digest, Uint32Array>,
  batch: number,
): Promise<number> {
  const steps = batchesOf(segment, 0, Math.min(STEPS, segment.steps), orders, batch);
  const state = await callTrainer(segment.strategies, 'initialize', () => trainer.initialize(0));
  try {
    const times: number[] = [];
    await callTrainer(segment.strategies, 'train', async () => {
      let begin = performance.now();
      for await (const _ of trainer.train(state, steps)) {
        const now = performance.now();
        times.push((now - begin) / 1000);
        begin = now;
      }
    });
    const counted = times.length > 1 ? times.slice(1) : times;
    return counted.sort((a, b) => a - b)[counted.length >> 1] ?? 0;
  } finally {
    state.dispose();
  }
}
