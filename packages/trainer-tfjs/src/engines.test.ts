import { digestBytes } from '@branchline/core';
import { modelSchema, parameterTable, referenceLogits, referenceNll, sizeOf } from '@branchline/model';
import { Compiled } from '@branchline/tfjs-jit';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bytes, create, distance, saved, source, steps, tiny, train } from '../test/fixtures.js';
import { program } from './decoder.js';
import type { TfjsTrainerOptions } from './options.js';
import { views } from './state.js';
import { type TfjsTrainer } from './trainer.js';

const engines: [string, TfjsTrainerOptions][] = [
  ['jit', { engine: 'jit', threads: 1 }],
  ['eager on cpu', { engine: 'eager', backend: 'cpu' }],
  ['eager on wasm', { engine: 'eager', backend: 'wasm' }],
];

describe.each(engines)('%s', (_name, options) => {
  let trainer: TfjsTrainer;
  beforeAll(async () => {
    trainer = await create(options);
  });
  afterAll(() => trainer.dispose());

  it.each([
    ['grouped heads, tied', tiny],
    ['full heads, untied', { ...tiny, kvHeads: 4, tieEmbeddings: false }],
    ['one key head, other constants', { ...tiny, kvHeads: 1, ropeTheta: 50, normEpsilon: 0.1 }],
  ])('agrees with the reference on logits: %s', async (_case, spec) => {
    const own = await create(options, spec);
    const state = await own.initialize(3);
    const tokens = source(spec).read(Uint32Array.of(7)).subarray(0, spec.context);
    const expected = referenceLogits(spec, views(parameterTable(spec), state.weights), tokens);
    expect(distance(await own.logits(state, tokens), expected)).toBeLessThan(1e-5);
    await own.dispose();
  });

  it('agrees with the reference on losses, whole or in a padded batch, and changes nothing', async () => {
    const state = await trainer.initialize(3);
    const before = bytes(state.weights);
    const ids = Uint32Array.from({ length: 21 }, (_, i) => i * i);
    const parts = [
      { version: 1, domain: 'a', sequences: ids.subarray(0, 18), bytes: 100 },
      { version: 2, domain: 'b', sequences: ids.subarray(18), bytes: 7 },
      { version: 2, domain: 'empty', sequences: ids.subarray(21), bytes: 0 },
    ];
    const results = await trainer.evaluate(state, { digest: '', parts });
    const weights = views(parameterTable(tiny), state.weights);
    for (const [index, part] of parts.entries()) {
      let nll = 0;
      for (const id of part.sequences) {
        nll += referenceNll(tiny, weights, source(tiny).read(Uint32Array.of(id))).reduce((a, b) => a + b, 0);
      }
      const { nll: found, ...rest } = results[index]!;
      expect(Math.abs(found - nll)).toBeLessThanOrEqual(1e-5 * nll);
      expect(rest).toEqual({
        version: part.version,
        domain: part.domain,
        bytes: part.bytes,
        tokens: part.sequences.length * 8,
      });
    }
    const alone = await trainer.evaluate(state, { digest: '', parts: [parts[1]!] });
    expect(alone[0]!.nll).toBe(results[1]!.nll);
    expect(bytes(state.weights)).toBe(before);
    expect(state.step).toBe(0);
  });

  it('has gradients that agree with finite differences of the reference', async () => {
    // Without moments, momentum, decay and clipping, AdamW's first step shows the sign only; the moments show more.
    const own = await create(options, tiny, { beta1: 0, clipNorm: 0, weightDecay: 0 });
    const state = await own.initialize(5);
    const table = parameterTable(tiny);
    const weights = views(table, state.weights).map((values) => Float64Array.from(values));
    const weighted = Float32Array.of(1, 3, 0.5);
    const batch = steps(1, 3);
    const loss = () => {
      let sum = 0;
      for (const [row, id] of batch.sequences[0]!.entries()) {
        const nll = referenceNll(tiny, weights, source(tiny).read(Uint32Array.of(id)));
        sum += weighted[row]! * nll.reduce((a, b) => a + b, 0);
      }
      return sum / (4.5 * tiny.context);
    };
    const expectedLoss = loss();
    const [metrics] = await train(own, state, { ...batch, weights: [weighted] });
    expect(metrics!.loss).toBeCloseTo(expectedLoss, 5);
    const gradients = views(table, state.first);
    for (const [index, { name, shape }] of table.entries()) {
      const values = weights[index]!;
      const scale = Math.max(...gradients[index]!.map(Math.abs));
      const samples = Array.from({ length: 6 }, (_, i) => Math.floor(((i + 0.5) / 6) * sizeOf(shape)));
      for (const at of samples) {
        const original = values[at]!;
        values[at] = original + 1e-5;
        const up = loss();
        values[at] = original - 1e-5;
        const slope = (up - loss()) / 2e-5;
        values[at] = original;
        expect(Math.abs(gradients[index]![at]! - slope), `${name}[${at}]`).toBeLessThan(1e-4 * scale);
      }
    }
    await own.dispose();
  });

  it('learns, and gives the same bits again', async () => {
    const run = async () => {
      const state = await trainer.initialize(1);
      const metrics = await train(trainer, state, steps(30, 4));
      return { metrics, weights: bytes(state.weights) };
    };
    const [one, two] = [await run(), await run()];
    expect(one).toEqual(two);
    expect(one.metrics.at(-1)!.loss).toBeLessThan(0.7 * one.metrics[0]!.loss);
  });

  it('goes on from a saved state to the bit', async () => {
    const straight = await trainer.initialize(2);
    const metrics = await train(trainer, straight, steps(10, 4));
    const first = await trainer.initialize(2);
    const begun = await train(trainer, first, steps(5, 4));
    const restored = await trainer.restore(await saved(trainer, first));
    first.dispose();
    const ended = await train(trainer, restored, steps(5, 4, 20));
    expect([...begun, ...ended]).toEqual(metrics);
    expect(bytes(restored.weights)).toBe(bytes(straight.weights));
    expect(bytes(restored.first) + bytes(restored.second)).toBe(bytes(straight.first) + bytes(straight.second));
    expect(restored.step).toBe(10);
  });

  it('leaves no tensor behind', async () => {
    tf.enableProdMode();
    const state = await trainer.initialize(1);
    await train(trainer, state, steps(1, 4));
    const before = tf.memory().numTensors;
    for await (const _ of trainer.train(state, steps(3, 4))) expect(tf.memory().numTensors).toBe(before);
    await trainer.evaluate(state, {
      digest: '',
      parts: [{ version: 1, domain: '', sequences: Uint32Array.of(1), bytes: 1 }],
    });
    expect(tf.memory().numTensors).toBe(before);
  });
});

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

  it.each([
    // The sizes of the quick experiment, and others for which ONNX Runtime divides its work differently.
    [{ layers: 2, width: 96, heads: 4, context: 128 }, 8],
    [{ layers: 3, width: 96, heads: 3, context: 128 }, 16],
    [{ layers: 1, width: 60, heads: 6, kvHeads: 2, hidden: 17, context: 33 }, 1],
  ])('jit gives the same bits with any number of threads: %o, batches of %i', async (options, batch) => {
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
  });

  it('jit gives the same bits wherever the arrays lie in memory', async () => {
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

  it('jit computes what it did in the last release', async () => {
    // A change here may change bits. It must be meant, and the trainer's VERSION, which is part of step keys, must rise.
    const { fn, inputs } = program('train', tiny, 2);
    const compiled = await Compiled.create(fn, inputs);
    expect(digestBytes(compiled.toOnnx()).slice(0, 16)).toMatchInlineSnapshot(`"e56d9cc398a16012"`);
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
