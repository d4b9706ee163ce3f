/** Multipliers of the model and factors of the optimizer, in both engines, against float64. */
import {
  initialize,
  type ModelSpec,
  modelSchema,
  parameterTable,
  referenceLogits,
  referenceNll,
} from '@branchline/model';
import { describe, expect, it } from 'vitest';
import { create, distance, source, steps, tiny, train } from '../test/fixtures.js';
import type { TfjsTrainerOptions } from './options.js';
import { views } from './state.js';

const multipliers = { embedding: 3, residual: 0.5, attention: 0.4, output: 0.7 };
const tied: ModelSpec = { ...tiny, multipliers };
const untied: ModelSpec = modelSchema.parse({
  ...{ ...tiny, tieEmbeddings: false, multipliers },
  init: { embedding: 0.3, hidden: 0.1, residual: 0.2, output: 0.05 },
});

const engines: [string, TfjsTrainerOptions][] = [
  ['jit', { engine: 'jit', threads: 2 }],
  ['eager', { engine: 'eager', backend: 'cpu' }],
];

describe.each(engines)('%s', (_name, options) => {
  it('has the logits and the gradients of the reference', async () => {
    for (const spec of [tied, untied]) {
      const trainer = await create(options, spec, { beta1: 0, clipNorm: 0, weightDecay: 0 });
      const state = await trainer.initialize(3);
      const weights = initialize(spec, 3).map((values) => Float64Array.from(values));
      const tokens = source(spec).read(Uint32Array.of(7));
      const expected = referenceLogits(spec, weights, tokens.subarray(0, spec.context));
      expect(distance(await trainer.logits(state, tokens.slice(0, spec.context)), expected)).toBeLessThan(1e-5);
      const text = await trainer.decode(state);
      const last = await text.append(tokens.slice(0, spec.context));
      expect(distance(last, expected.slice(-spec.vocabulary))).toBeLessThan(1e-5);
      await text.dispose();
      // Without a first moment and clipping, the moment after one step is the gradient.
      await train(trainer, state, { lr: Float64Array.of(1e-3), sequences: [Uint32Array.of(7)] });
      const loss = () => referenceNll(spec, weights, tokens).reduce((a, b) => a + b, 0) / spec.context;
      for (const [index, values] of weights.entries()) {
        const at = Math.floor(values.length / 3);
        const own = values[at]!;
        values[at] = own + 1e-5;
        const above = loss();
        values[at] = own - 1e-5;
        const slope = (above - loss()) / 2e-5;
        values[at] = own;
        const gradient = views(state.table, state.first)[index]!;
        const scale = Math.max(...gradient.map(Math.abs));
        expect(Math.abs(gradient[at]! - slope), state.table[index]!.name).toBeLessThan(1e-4 * scale);
      }
      await trainer.dispose();
    }
  });

  it('updates each class of parameters with its factors', async () => {
    const base = { beta1: 0.8, beta2: 0.9, epsilon: 1e-4, weightDecay: 0.2, clipNorm: 0.5 };
    const groups = {
      embedding: { rate: 2, weightDecay: 0.5 },
      hidden: { rate: 0.25, weightDecay: 4, epsilon: 30 },
      norm: { rate: 3, epsilon: 0.1 },
      outputNorm: { rate: 0.5 },
      output: { weightDecay: 0, epsilon: 7 },
    };
    const trainer = await create(options, untied, { ...base, groups });
    const state = await trainer.initialize(1);
    const table = parameterTable(untied);
    const expected = initialize(untied, 1).map((values) => Float64Array.from(values));
    const moments = [0, 1].map(() => expected.map((values) => new Float64Array(values.length)));
    const classOf = (name: string) => {
      if (name === 'lm_head.weight') return 'output';
      if (name.includes('norm')) return name === 'model.norm.weight' ? 'outputNorm' : 'norm';
      return name.includes('embed') ? 'embedding' : 'hidden';
    };
    // Gradients are those of the trainer itself at each state: here only the update is tested.
    const plain = await create(options, untied, { beta1: 0, clipNorm: 0, weightDecay: 0 });
    for (let step = 1; step <= 3; step++) {
      const batch = steps(1, 2, 2 * step, 0.01 / step);
      const probe = await plain.initialize(1);
      probe.weights.set(state.weights);
      await train(plain, probe, batch);
      const gradients = views(table, probe.first);
      const [metrics] = await train(trainer, state, batch);
      const clip = Math.min(1, 0.5 / metrics!.gradNorm);
      for (const [index, { name, shape }] of table.entries()) {
        const factors: { rate?: number; weightDecay?: number; epsilon?: number } = groups[classOf(name)];
        const rate = (0.01 / step) * (factors.rate ?? 1);
        const decay = shape.length > 1 ? rate * 0.2 * (factors.weightDecay ?? 1) : 0;
        const [values, first, second] = [expected[index]!, moments[0]![index]!, moments[1]![index]!];
        for (let i = 0; i < values.length; i++) {
          const gradient = clip * gradients[index]![i]!;
          first[i] = 0.8 * first[i]! + 0.2 * gradient;
          second[i] = 0.9 * second[i]! + 0.1 * gradient ** 2;
          const spread = Math.sqrt(second[i]! / (1 - 0.9 ** step)) + 1e-4 * (factors.epsilon ?? 1);
          values[i] = values[i]! * (1 - decay) - (rate * (first[i]! / (1 - 0.8 ** step))) / spread;
        }
        expect(distance(views(table, state.weights)[index]!, values), `${name}, step ${step}`).toBeLessThan(1e-5);
      }
    }
    await trainer.dispose();
    await plain.dispose();
  });
});
