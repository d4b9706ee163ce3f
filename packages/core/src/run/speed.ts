/** Measures the speed of the trainer with a few steps on a discarded state, when the ledger has no measurements. */
import type { Segment } from '../graph/run-graph.js';
import type { Digest } from '../json.js';
import type { Trainer } from '../trainer/trainer.js';
import { batchesOf } from './batches.js';
import { callTrainer } from './run-errors.js';

/** A speed in seconds, of a step or a FLOP, with the noise of its measurement. */
export interface Speed {
  /** What is expected. */
  readonly likely: number;
  /** The fastest that was seen. Load and compilation only slow a step down, so the true speed is hardly below it. */
  readonly fastest: number;
}

/** The first step includes compilation and is not counted. */
const STEPS = 17;

/** Steps that are made, however slow. */
const LEAST = 4;

/** Seconds after which no further step begins. */
const ENOUGH = 2;

/** Seconds per step over the first steps of a segment: the median, and the fastest. */
export async function secondsPerStep(
  trainer: Trainer,
  segment: Segment,
  orders: ReadonlyMap<Digest, Uint32Array>,
  batch: number,
): Promise<Speed> {
  const steps = batchesOf(segment, 0, Math.min(STEPS, segment.steps), orders, batch);
  const state = await callTrainer(segment.strategies, 'initialize', () => trainer.initialize(0));
  try {
    const times: number[] = [];
    await callTrainer(segment.strategies, 'train', async () => {
      const first = performance.now();
      let begin = first;
      for await (const _ of trainer.train(state, steps)) {
        const now = performance.now();
        times.push((now - begin) / 1000);
        if (times.length >= LEAST && now - first > ENOUGH * 1000) break;
        begin = now;
      }
    });
    const counted = (times.length > 1 ? times.slice(1) : times).sort((a, b) => a - b);
    return { likely: counted[counted.length >> 1] ?? 0, fastest: counted[0] ?? 0 };
  } finally {
    state.dispose();
  }
}
