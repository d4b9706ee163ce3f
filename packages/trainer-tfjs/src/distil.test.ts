import {
  describeModel,
  initialize,
  type ModelSpec,
  parameterTable,
  referenceDivergence,
  referenceNll,
} from '@branchline/model';
import '@tensorflow/tfjs-backend-cpu';
import { describe, expect, it } from 'vitest';
import { create, saved, source, tiny, train } from '../test/fixtures.js';
import type { TfjsTrainerOptions } from './options.js';
import { views } from './state.js';

/** Another architecture with the same context and vocabulary. */
const small: ModelSpec = { ...tiny, layers: 1, width: 8, heads: 2, kvHeads: 2, hidden: 8, tieEmbeddings: false };

const [ids, shares, weight, temperature] = [[4, 9, 2], [1, 3, 0.5], 0.4, 2.5];

/** A step that learns from fresh weights of a model. */
async function lesson(teacher: ModelSpec, seed: number) {
  const trainer = await create({ engine: 'eager', backend: 'cpu' }, teacher);
  const checkpoint = await saved(trainer, await trainer.initialize(seed));
  return {
    ...{ lr: Float64Array.of(0.01), sequences: [Uint32Array.from(ids)], weights: [Float32Array.from(shares)] },
    objective: { distil: { teacher: { model: describeModel(teacher), checkpoint }, weight, temperature } },
  };
}

/** The loss of the step, in float64. */
function lossOf(weights: readonly Float64Array[]): number {
  const teacher = { spec: small, weights: initialize(small, 5) };
  const total = shares.reduce((sum, share) => sum + share, 0) * tiny.context;
  const losses = ids.map((id, row) => {
    const tokens = source(tiny).read(Uint32Array.of(id));
    const nll = referenceNll(tiny, weights, tokens);
    const divergence = referenceDivergence({ spec: tiny, weights }, teacher, tokens, temperature);
    const mixed = nll.map((value, at) => (1 - weight) * value + weight * temperature ** 2 * divergence[at]!);
    return shares[row]! * mixed.reduce((sum, value) => sum + value, 0);
  });
  return losses.reduce((sum, loss) => sum + loss, 0) / total;
}

const engines: readonly TfjsTrainerOptions[] = [
  { engine: 'jit', threads: 2 },
  { engine: 'eager', backend: 'cpu' },
];

describe.each(engines)('distillation with %o', (options) => {
  it('has the gradient of the float64 reference, from a smaller teacher', async () => {
    // Without a first moment and clipping, the moment after one step is the gradient.
    const trainer = await create(options, tiny, { beta1: 0, clipNorm: 0, weightDecay: 0 });
    const state = await trainer.initialize(3);
    const start = views(state.table, state.weights).map((values) => Float64Array.from(values));
    const [metrics] = await train(trainer, state, await lesson(small, 5));
    const found = views(state.table, state.first);
    const largest = Math.max(...state.first.map(Math.abs));
    for (const [index, { name }] of parameterTable(tiny).entries()) {
      const at = (7 * index) % start[index]!.length;
      const slope = [1e-4, -1e-4].map((reach) => {
        const moved = start.map((values) => values.slice());
        moved[index]![at]! += reach;
        return lossOf(moved);
      });
      expect(Math.abs(found[index]![at]! - (slope[0]! - slope[1]!) / 2e-4) / largest, name).toBeLessThan(1e-4);
    }
    const total = shares.reduce((sum, share) => sum + share, 0) * tiny.context;
    const nll = ids.map((id, row) => {
      const own = referenceNll(tiny, start, source(tiny).read(Uint32Array.of(id)));
      return shares[row]! * own.reduce((sum, value) => sum + value, 0);
    });
    expect(metrics!.loss).toBeCloseTo(nll.reduce((sum, value) => sum + value, 0) / total, 5);
    await trainer.dispose();
  });

  it('refuses a teacher of other text', async () => {
    const trainer = await create(options);
    const state = await trainer.initialize(1);
    const steps = await lesson({ ...small, vocabulary: 23 }, 5);
    await expect(train(trainer, state, steps)).rejects.toThrow('the teacher has a context of 8 and 23 tokens');
    await trainer.dispose();
  });
});
