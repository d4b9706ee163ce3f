import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bytes, contextOf, create, distance, steps, tiny, train } from '../test/fixtures.js';
import { tfjs } from './define.js';
import type { TfjsTrainer } from './trainer.js';

describe('train', () => {
  let trainer: TfjsTrainer;
  beforeAll(async () => {
    trainer = await create({ engine: 'jit', threads: 1 });
  });
  afterAll(() => trainer.dispose());

  it('weights sequences: weight 0 equals absence, and only ratios matter', async () => {
    const run = async (ids: number[], weights?: number[]) => {
      const state = await trainer.initialize(1);
      const batch = { lr: Float64Array.of(0.01), sequences: [Uint32Array.from(ids)] };
      const [metrics] = await train(trainer, state, { ...batch, weights: [weights && Float32Array.from(weights)] });
      return { ...metrics!, weights: state.weights };
    };
    const plain = await run([1, 2]);
    expect(await run([1, 2], [1, 1])).toEqual(plain);
    expect(await run([1, 2], [4, 4])).toEqual(plain);
    const absent = await run([1, 2, 3], [1, 1, 0]);
    expect(absent.loss).toBeCloseTo(plain.loss, 6);
    expect(distance(absent.weights, plain.weights)).toBeLessThan(1e-3);
    expect((await run([1, 2], [1, 3])).loss).not.toBeCloseTo(plain.loss, 3);
    await expect(run([1, 2], [0, 0])).rejects.toThrow('positive sum');
    await expect(run([1, 2], [1])).rejects.toThrow('1 loss weights for 2 sequences');
  });

  it('stops after a whole step when the caller stops', async () => {
    const [stopped, whole] = [await trainer.initialize(1), await trainer.initialize(1)];
    for await (const _ of trainer.train(stopped, steps(9, 2))) if (stopped.step === 3) break;
    await train(trainer, whole, steps(3, 2));
    expect(bytes(stopped.weights)).toBe(bytes(whole.weights));
  });

  it('reports a loss that is not a number with its step, and keeps the state before it', async () => {
    const state = await trainer.initialize(1);
    await train(trainer, state, steps(2, 2));
    const batch = steps(3, 2);
    batch.lr.set([0.01, 1e38, 0.01]);
    const seen: string[] = [];
    const run = async () => {
      for await (const _ of trainer.train(state, batch)) seen.push(bytes(state.weights));
    };
    await expect(run()).rejects.toThrow(
      /step 5 at learning rate 0.01 gave loss .* and gradient norm NaN; lower lr.peak/,
    );
    expect(seen).toHaveLength(2);
    expect(bytes(state.weights)).toBe(seen[1]);
    expect(state.step).toBe(4);
  });

  it('reports a held-out loss that is not a number with its version and domain', async () => {
    const state = await trainer.initialize(1);
    state.weights.fill(Number.NaN);
    const part = { version: 2, domain: 'docs', sequences: Uint32Array.of(1), bytes: 1 };
    const evaluation = trainer.evaluate(state, { digest: '', parts: [part] });
    await expect(evaluation).rejects.toThrow(/held-out text of version 2, domain "docs" is not a finite.* lr.peak/);
  });

  it('trains other states in between', async () => {
    const [a, b, alone] = await Promise.all([1, 1, 1].map((seed) => trainer.initialize(seed)));
    await Promise.all([train(trainer, a!, steps(4, 2)), train(trainer, b!, steps(4, 2, 50))]);
    await train(trainer, alone!, steps(4, 2));
    expect(bytes(a!.weights)).toBe(bytes(alone!.weights));
    expect(bytes(b!.weights)).not.toBe(bytes(alone!.weights));
  });

  it('leaves the event loop free between steps', async () => {
    const state = await trainer.initialize(1);
    let turns = 0;
    let turn = setImmediate(function count() {
      turns++;
      turn = setImmediate(count);
    });
    const seen: number[] = [];
    for await (const _ of trainer.train(state, steps(9, 2))) seen.push(turns);
    clearImmediate(turn);
    expect(new Set(seen).size).toBe(9);
  });

  it('refuses batches that do not fit together', async () => {
    const state = await trainer.initialize(1);
    const uneven = { lr: Float64Array.of(1, 1), sequences: [Uint32Array.of(1), Uint32Array.of(1, 2)] };
    await expect(train(trainer, state, uneven)).rejects.toThrow('batch sizes differ');
    await expect(train(trainer, state, { ...steps(2, 2), lr: Float64Array.of(1) })).rejects.toThrow(
      'learning rate per step',
    );
    expect(await train(trainer, state, { lr: new Float64Array(), sequences: [] })).toEqual([]);
    const infinite = { ...steps(1, 1), lr: Float64Array.of(Number.POSITIVE_INFINITY) };
    await expect(train(trainer, state, infinite)).rejects.toThrow('not a finite number');
  });

  it('refuses data that does not fit the model, before it changes anything', async () => {
    const context = contextOf(tiny);
    const reading = async (read: (ids: Uint32Array) => Int32Array) => {
      const own = await tfjs({ engine: 'jit', threads: 1 }).create({
        ...context,
        data: { ...context.data, read },
      });
      const state = await own.initialize(1);
      const before = bytes(state.weights);
      await train(own, state, steps(1, 2, 5)).finally(() => {
        expect(bytes(state.weights)).toBe(before);
        return own.dispose();
      });
    };
    await expect(reading(() => new Int32Array(17))).rejects.toThrow(
      '2 sequences must have 9 tokens each, but the data has 17 in all',
    );
    await expect(reading(() => new Int32Array(18).fill(19, 9))).rejects.toThrow(
      'sequence 6 has token 19, but the vocabulary is 19',
    );
  });
});
