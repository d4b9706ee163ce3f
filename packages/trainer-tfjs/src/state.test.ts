import { parameterTable } from '@branchline/model';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bytes, create, MemoryCheckpoint, saved, steps, tiny, train } from '../test/fixtures.js';
import type { TfjsTrainer } from './trainer.js';

describe('state', () => {
  let trainer: TfjsTrainer;
  beforeAll(async () => {
    trainer = await create({ engine: 'jit', threads: 1 });
  });
  afterAll(() => trainer.dispose());

  it('is saved under Hugging Face names', async () => {
    const checkpoint = await saved(trainer, await trainer.initialize(1));
    const names = parameterTable(tiny).map(({ name }) => name);
    expect((await checkpoint.read('weights')).map(({ name }) => name)).toEqual(names);
    expect((await checkpoint.read('optimizer')).map(({ name }) => name)).toEqual([
      ...names.map((name) => `exp_avg.${name}`),
      ...names.map((name) => `exp_avg_sq.${name}`),
      'step',
    ]);
  });

  it('is restored in parts', async () => {
    const state = await trainer.initialize(1);
    await train(trainer, state, steps(3, 2));
    const checkpoint = await saved(trainer, state);
    const zero = bytes(new Float32Array(state.first.length));
    const drawn = bytes((await trainer.initialize(9)).weights);
    const parts = async (...args: Parameters<TfjsTrainer['restore']>) => {
      const { weights, first, second, step } = await trainer.restore(...args);
      return [bytes(weights), bytes(first), bytes(second), step];
    };
    const [weights, first, second] = [bytes(state.weights), bytes(state.first), bytes(state.second)];
    expect(await parts(checkpoint)).toEqual([weights, first, second, 3]);
    expect(await parts(checkpoint, { optimizer: false })).toEqual([weights, zero, zero, 0]);
    expect(await parts(checkpoint.without('optimizer'))).toEqual([weights, zero, zero, 0]);
    expect(await parts(checkpoint, { weights: false, seed: 9 })).toEqual([drawn, first, second, 3]);
    await expect(trainer.restore(checkpoint, { weights: false })).rejects.toThrow('need a seed');
  });

  it('does not change when the saved state is trained further', async () => {
    const state = await trainer.initialize(1);
    const checkpoint = await saved(trainer, state);
    const before = bytes(state.weights);
    await train(trainer, state, steps(1, 2));
    expect(bytes((await trainer.restore(checkpoint)).weights)).toBe(before);
    expect(bytes(state.weights)).not.toBe(before);
  });

  it('is refused when it belongs to another model', async () => {
    const other = await create({ engine: 'jit', threads: 1 }, { ...tiny, hidden: 32 });
    const checkpoint = await saved(other, await other.initialize(1));
    await expect(trainer.restore(checkpoint)).rejects.toThrow(
      'model.layers.0.mlp.gate_proj.weight is F32 [32, 16] in the checkpoint, not F32 [24, 16]',
    );
    await expect(trainer.restore(new MemoryCheckpoint())).rejects.toThrow('has no model.embed_tokens.weight');
    await other.dispose();
  });

  it('is a weighted sum of others, computed in float64', async () => {
    const states = [await trainer.initialize(1), await trainer.initialize(2), await trainer.initialize(3)];
    const weights = [0.2, 1.3, -0.5];
    const parts = await Promise.all(
      states.map(async (state, i) => ({ checkpoint: await saved(trainer, state), weight: weights[i]! })),
    );
    const { weights: sum, first, step } = await trainer.combine(parts);
    const expected = sum.map((_, i) => states.reduce((total, state, j) => total + weights[j]! * state.weights[i]!, 0));
    expect(sum).toEqual(expected);
    expect([Math.max(...first), step]).toEqual([0, 0]);
    const same = await trainer.combine([{ checkpoint: parts[0]!.checkpoint, weight: 1 }]);
    expect(bytes(same.weights)).toBe(bytes(states[0]!.weights));
    await expect(trainer.combine([])).rejects.toThrow('at least one');
  });

  it('cannot be used once disposed', async () => {
    const state = await trainer.initialize(1);
    state.dispose();
    await expect(train(trainer, state, steps(1, 2))).rejects.toThrow('disposed');
  });
});
