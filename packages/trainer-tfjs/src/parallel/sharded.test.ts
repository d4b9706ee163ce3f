import { digestBytes } from '@branchline/core';
import { modelSchema, parameterCount } from '@branchline/model';
import { afterAll, describe, expect, it } from 'vitest';
import { contextOf, steps, tiny, train } from '../../test/fixtures.js';
import { tfjs } from '../define.js';
import type { TfjsState } from '../state.js';
import type { TfjsTrainer } from '../trainer.js';
import { Pool } from './pool.js';
import { PIECE } from './protocol.js';

const trainers: TfjsTrainer[] = [];
const create = async (threads: number, spec = tiny): Promise<TfjsTrainer> => {
  const trainer = await tfjs({ engine: 'jit', threads }).create(contextOf(spec));
  trainers.push(trainer);
  return trainer;
};
afterAll(() => Promise.all(trainers.map((trainer) => trainer.dispose())));

const bits = ({ weights, first, second }: TfjsState) => [weights, first, second].map((array) => Array.from(array));

describe('a batch in shards', () => {
  it('gives the same bits with any number of threads, for even, odd and single batches', async () => {
    const [one, two, five] = await Promise.all([create(1), create(2), create(5)]);
    for (const size of [1, 2, 3, 5, 8]) {
      const ends = await Promise.all(
        [one, two, five].map(async (trainer) => {
          const state = await trainer.initialize(1);
          const metrics = await train(trainer, state, steps(3, size));
          return { metrics, bits: bits(state) };
        }),
      );
      expect(ends[1]).toEqual(ends[0]);
      expect(ends[2]).toEqual(ends[0]);
    }
  });

  it('gives the same bits if workers pass gradients in several pieces', async () => {
    const spec = modelSchema.parse({ ...tiny, layers: 4, width: 256, heads: 4, kvHeads: 4, hidden: 680 });
    expect(parameterCount(spec)).toBeGreaterThan(4 * PIECE);
    const ends = [];
    for (const threads of [1, 2]) {
      const trainer = await create(threads, spec);
      const state = await trainer.initialize(1);
      const metrics = await train(trainer, state, steps(3, 2));
      ends.push({ metrics, digest: digestBytes(new Uint8Array(Float32Array.from(state.weights).buffer)) });
    }
    expect(ends[1]).toEqual(ends[0]);
  }, 60_000);

  it('ignores the padding of an odd batch: the loss is the mean over its sequences', async () => {
    const trainer = await create(2);
    const losses = [];
    for (const ids of [[0], [1], [2], [0, 1, 2]]) {
      const state = await trainer.initialize(1);
      const batch = { lr: Float64Array.of(0.01), sequences: [Uint32Array.from(ids)] };
      losses.push((await train(trainer, state, batch))[0]!.loss);
    }
    expect(losses[3]).toBeCloseTo((losses[0]! + losses[1]! + losses[2]!) / 3, 5);
  });

  it('keeps interleaved states apart', async () => {
    const trainer = await create(2);
    const alone = [];
    for (const seed of [1, 2]) {
      const state = await trainer.initialize(seed);
      await train(trainer, state, steps(4, 2));
      alone.push(bits(state));
    }
    const states = await Promise.all([1, 2].map((seed) => trainer.initialize(seed)));
    const runs = states.map((state) => trainer.train(state, steps(4, 2)));
    for (let step = 0; step < 4; step++) await Promise.all(runs.map((run) => run.next()));
    await Promise.all(runs.map((run) => run.return()));
    expect(states.map(bits)).toEqual(alone);
  });
});

describe('pool', () => {
  it('reports the error of a worker, and continues', async () => {
    const pool = new Pool(2);
    await expect(pool.call(() => ({ kind: 'run', program: 7 }))).rejects.toThrow('program 7');
    await expect(pool.call(() => ({ kind: 'gather', program: 8, round: 0 }))).rejects.toThrow('program 8');
    await pool.dispose();
  });

  it('reports that a worker has ended', async () => {
    const pool = new Pool(1);
    const pending = pool.call(() => ({ kind: 'run', program: 7 }));
    await Promise.all([expect(pending).rejects.toThrow('worker ended'), pool.dispose()]);
    await expect(pool.call(() => ({ kind: 'run', program: 7 }))).rejects.toThrow('worker ended');
  });
});
