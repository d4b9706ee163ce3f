import { type ModelSpec, modelSchema, parameterTable, referenceLogits, referenceNll, sizeOf } from '@branchline/model';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { contextOf, MemoryCheckpoint, saved, source, steps, tiny, train } from '../test/fixtures.js';
import type { TfjsTrainerOptions } from './options.js';
import { views } from './state.js';
import { type TfjsTrainer, tfjsTrainer } from './trainer.js';

const create = (options: TfjsTrainerOptions, spec: ModelSpec = tiny, optimizer: object = {}) =>
  tfjsTrainer(options).create(contextOf(spec, optimizer));

const bytes = (array: Float32Array) => Buffer.from(array.buffer, array.byteOffset, array.byteLength).toString('hex');

/** Largest difference between two arrays, against the largest element of the second. */
function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [difference, scale] = [0, 0];
  for (let i = 0; i < b.length; i++) {
    difference = Math.max(difference, Math.abs(a[i]! - b[i]!));
    scale = Math.max(scale, Math.abs(b[i]!));
  }
  return difference / scale;
}

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

  it('describe themselves: threads are shown but do not count as numerics', async () => {
    const [one, two, cpu] = await Promise.all([
      create({ engine: 'jit', threads: 1 }),
      create({ engine: 'jit', threads: 2 }),
      create({ engine: 'eager', backend: 'cpu' }),
    ]);
    expect(two.describe().numerics).toBe(one.describe().numerics);
    expect(two.describe().engine).toMatch(/^jit on onnxruntime \d+\.\d+\.\d+ \(cpu, 2 threads\)$/);
    expect(cpu.describe().numerics).not.toBe(one.describe().numerics);
    expect(one.describe()).toMatchObject({ name: 'trainer-tfjs', precision: 'float32', deterministic: true });
    await Promise.all([one, two, cpu].map((trainer) => trainer.dispose()));
  });
});

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

  it('does not change with the state that it was saved from', async () => {
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

describe('train', () => {
  let trainer: TfjsTrainer;
  beforeAll(async () => {
    trainer = await create({ engine: 'jit', threads: 1 });
  });
  afterAll(() => trainer.dispose());

  it('counts sequences by weight: none is as if it were absent, and only ratios matter', async () => {
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

  it('stops with whole steps behind it when the caller stops', async () => {
    const [stopped, whole] = [await trainer.initialize(1), await trainer.initialize(1)];
    for await (const _ of trainer.train(stopped, steps(9, 2))) if (stopped.step === 3) break;
    await train(trainer, whole, steps(3, 2));
    expect(bytes(stopped.weights)).toBe(bytes(whole.weights));
  });

  it('reports a loss that is not a number with its step, and leaves the state before it', async () => {
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

  it('reports a held-out loss that is not a number with its place', async () => {
    const state = await trainer.initialize(1);
    state.weights.fill(Number.NaN);
    const part = { version: 2, domain: 'docs', sequences: Uint32Array.of(1), bytes: 1 };
    const evaluation = trainer.evaluate(state, { digest: '', parts: [part] });
    await expect(evaluation).rejects.toThrow(/held-out text of version 2, domain "docs" is not a finite.* lr.peak/);
  });

  it('lets other states train in between', async () => {
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
      const own = await tfjsTrainer({ engine: 'jit', threads: 1 }).create({
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
    await expect(reading(() => new Int32Array(17))).rejects.toThrow('2 sequences of 9 tokens came as 17 tokens');
    await expect(reading(() => new Int32Array(18).fill(19, 9))).rejects.toThrow(
      'sequence 6 has token 19, but the vocabulary is 19',
    );
  });
});
