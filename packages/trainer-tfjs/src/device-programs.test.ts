import { optimizerSchema, parameterTable } from '@branchline/model';
import { Compiled, type HostArray } from '@branchline/tfjs-jit';
import { expect, inject, it } from 'vitest';
import { create, distance, source, steps, tiny, train } from '../test/fixtures.js';
import { Batch } from './batch.js';
import { coefficients, type DeviceProgram, gradientProgram, Layout, updateProgram } from './device-programs.js';

const table = parameterTable(tiny);
const layout = new Layout(table);

it('join is the inverse of divide', () => {
  const size = layout.sizes.reduce((a, b) => a + b);
  const flat = Float32Array.from({ length: size }, (_, i) => i);
  const arrays = layout.divide(flat);
  expect(arrays.map(({ length }) => length)).toEqual(layout.sizes);
  const again = new Float32Array(size);
  layout.join(arrays, again);
  expect(again).toEqual(flat);
  // Norm parameters are vectors of width 16: two in each of two layers and one at the end.
  expect(layout.sizes[1]).toBe(5 * 16);
});

/** Compiled for the processor, so that the test runs on every machine. */
const compiled = ({ fn, inputs }: DeviceProgram) => Compiled.create(fn, inputs, { threads: 1 });

const settings: [string, object][] = [
  ['clipped, with decay', { clipNorm: 0.01, weightDecay: 0.5 }],
  ['not clipped', { clipNorm: 1e9 }],
  ['without clipping and momentum', { clipNorm: 0, beta1: 0 }],
];

/** Classes with factors, of which two have the same. */
const groups = {
  embedding: { rate: 2 },
  hidden: { rate: 0.5, weightDecay: 3, epsilon: 1e4 },
  norm: { rate: 0.25 },
  outputNorm: { rate: 0.25 },
};

it.each([...settings.slice(0, inject('full') ? 3 : 1), ['with factors', { weightDecay: 0.5, groups }] as const])(
  'steps of the device are the same function as the model and AdamW of the host: %s',
  async (_name, options) => {
    const trainer = await create({ engine: 'jit', threads: 1 }, tiny, options);
    const [begin, expected] = [await trainer.initialize(1), await trainer.initialize(1)];
    const optimizer = optimizerSchema.parse(options);
    const backward = await compiled(gradientProgram(tiny, 3));
    const update = await compiled(updateProgram(tiny, optimizer));
    const batch = new Batch(3, tiny.context, tiny.vocabulary);
    let slots: HostArray[] = [begin.weights, begin.first, begin.second].flatMap((flat) => layout.divide(flat));
    for (let step = 1; step <= 4; step++) {
      const run = steps(1, 3, 3 * step, 0.02);
      const weighted = Float32Array.of(1, step, 0.5);
      const [metrics] = await train(trainer, expected, { ...run, weights: [weighted] });
      batch.weigh(weighted);
      batch.fill(source(tiny), run.sequences[0]!);
      // Copies, because ONNX Runtime accepts no shared memory.
      const own = [batch.tokens, batch.targets, batch.factors].map((array) => array.slice());
      const inputs = [...own, ...slots.slice(0, 2)];
      const [, norm, ...gradient] = await backward.run(inputs);
      expect(norm![0]! / metrics!.gradNorm).toBeCloseTo(1, 4);
      const values = coefficients(tiny, optimizer, { lr: 0.02, step, gradNorm: norm![0]! });
      slots = [...(await update.run([...values, ...gradient, ...slots]))];
      for (const [index, slot] of (['weights', 'first', 'second'] as const).entries()) {
        const found = new Float32Array(expected[slot].length);
        layout.join(slots.slice(2 * index, 2 * index + 2) as Float32Array[], found);
        expect(distance(found, expected[slot]), `${slot} after step ${step}`).toBeLessThan(1e-3);
      }
    }
    for (const one of [backward, update, trainer]) await one.dispose();
  },
);
