import { digestBytes } from '@branchline/core';
import { modelSchema } from '@branchline/model';
import { Compiled } from '@branchline/tfjs-jit';
import '@tensorflow/tfjs-backend-cpu';
import { describe, expect, inject, it } from 'vitest';
import { testEngine } from '../test/engine-suite.js';
import { bytes, create, distance, steps, tiny, train } from '../test/fixtures.js';
import { program } from './decoder.js';
import type { TfjsTrainerOptions } from './options.js';
import { views } from './state.js';

const engines: [string, TfjsTrainerOptions][] = [
  ['jit', { engine: 'jit', threads: 1 }],
  ['eager on cpu', { engine: 'eager', backend: 'cpu' }],
  ['eager on wasm', { engine: 'eager', backend: 'wasm' }],
];

for (const [name, options] of engines) testEngine(name, options);

describe('engines', () => {
  it('agree on all parameters after one and after several steps', async () => {
    const [jit, eager] = [await create(engines[0]![1]), await create(engines[1]![1])];
    const [a, b] = [await jit.initialize(4), await eager.initialize(4)];
    for (const count of [1, 5]) {
      await train(jit, a, steps(count, 4));
      await train(eager, b, steps(count, 4));
      for (const slot of ['weights', 'first', 'second'] as const) {
        const [own, other] = [views(a.table, a[slot]), views(b.table, b[slot])];
        for (const [index, { name }] of a.table.entries()) {
          expect(distance(own[index]!, other[index]!), `${slot} ${name} after ${count}`).toBeLessThan(1e-4);
        }
      }
    }
    await Promise.all([jit.dispose(), eager.dispose()]);
  });

  const sizes: [Record<string, number>, number][] = [
    // The sizes of the quick experiment, and others for which ONNX Runtime partitions work differently.
    [{ layers: 2, width: 96, heads: 4, context: 128 }, 8],
    [{ layers: 3, width: 96, heads: 3, context: 128 }, 16],
    [{ layers: 1, width: 60, heads: 6, kvHeads: 2, hidden: 17, context: 33 }, 1],
  ];
  it.each(sizes.filter(([, batch]) => inject('full') || batch === 1))(
    'jit gives the same bits with any number of threads: %o, batches of %i',
    async (options, batch) => {
      const spec = modelSchema.parse({ ...options, vocabulary: 257 });
      const run = async (threads: number) => {
        const trainer = await create({ engine: 'jit', threads }, spec);
        const state = await trainer.initialize(1);
        const metrics = await train(trainer, state, steps(3, batch));
        const sequences = Uint32Array.from({ length: 20 }, (_, i) => i);
        const evaluated = await trainer.evaluate(state, {
          digest: '',
          parts: [{ version: 1, domain: '', sequences, bytes: 1 }],
        });
        await trainer.dispose();
        return { metrics, evaluated, weights: bytes(state.weights) };
      };
      const one = await run(1);
      expect(await run(2)).toEqual(one);
      expect(await run(3)).toEqual(one);
    },
    300_000,
  );

  it('jit gives the same bits at any memory alignment', async () => {
    const trainer = await create({ engine: 'jit', threads: 2 }, { ...tiny, width: 32, hidden: 40, context: 32 });
    const run = async (offset: number) => {
      const state = await trainer.initialize(1);
      const memory = new Float32Array(state.weights.length + offset);
      memory.set(state.weights, offset);
      state.weights = memory.subarray(offset);
      const metrics = await train(trainer, state, steps(3, 8));
      return { metrics, weights: bytes(state.weights) };
    };
    const aligned = await run(0);
    for (const offset of [1, 2, 3, 5]) expect(await run(offset)).toEqual(aligned);
    await trainer.dispose();
  });

  it('jit computes the same bits as the last release', async () => {
    // If bits change on purpose, raise the trainer's VERSION, which is part of step keys.
    const { fn, inputs } = program('train', tiny, 2);
    const compiled = await Compiled.create(fn, inputs);
    expect(digestBytes(compiled.toOnnx()).slice(0, 16)).toMatchInlineSnapshot(`"9c271f2be3ee063c"`);
    await compiled.dispose();
  });

  it('describe themselves: threads are shown but do not count as numerics', async () => {
    const [one, two, cpu] = await Promise.all([
      create({ engine: 'jit', threads: 1 }),
      create({ engine: 'jit', threads: 2 }),
      create({ engine: 'eager', backend: 'cpu' }),
    ]);
    expect(two.describe().numerics).toBe(one.describe().numerics);
    expect([one.describe().units, two.describe().units]).toEqual([1, 2]);
    expect(two.describe().engine).toMatch(/^jit on onnxruntime \d+\.\d+\.\d+ \(cpu, 2 threads\)$/);
    expect(cpu.describe().numerics).not.toBe(one.describe().numerics);
    expect(one.describe()).toMatchObject({ name: 'trainer-tfjs', precision: 'float32', deterministic: true });
    await Promise.all([one, two, cpu].map((trainer) => trainer.dispose()));
  });
});
