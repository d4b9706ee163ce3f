/** Agreement with the embedded trainer, from the same checkpoints. It needs PyTorch. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type CheckpointReader,
  type CheckpointWriter,
  decodeSafetensors,
  encodeSafetensors,
  type TensorGroup,
  type Trainer,
  type TrainerState,
} from '@branchline/core';
import {
  describeModel,
  initialize,
  type ModelSpec,
  modelSchema,
  parameterTable,
  referenceLogits,
} from '@branchline/model';
import { type TfjsTrainer, tfjs } from '@branchline/trainer-tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { contextOf, create, distance, refusal, source, steps, tiny, train } from '../test/fixtures.js';
import type { TorchTrainer } from './trainer.js';

/** Large enough for several blocks of every kernel. */
const small = modelSchema.parse({ layers: 2, width: 64, heads: 4, kvHeads: 2, context: 32, vocabulary: 101 });

/** Small enough that no rounding changes the experts of a token. */
const mixed = modelSchema.parse({
  ...{ layers: 2, width: 32, heads: 4, kvHeads: 2, hidden: 24, context: 32, vocabulary: 101 },
  ...{ initStd: 0.1, experts: { count: 4, balance: 0.1 } },
});

const base = mkdtempSync(join(tmpdir(), 'branchline-agreement-'));
afterAll(() => rmSync(base, { recursive: true }));
let folders = 0;

/** A checkpoint in files, as the kernel keeps it. */
class FileCheckpoint implements CheckpointReader, CheckpointWriter {
  readonly key = 'file';
  readonly groups: TensorGroup[] = [];
  readonly #folder = mkdtempSync(join(base, `${folders++}-`));

  constructor(readonly step: number) {}

  file(group: TensorGroup): string {
    return join(this.#folder, `${group}.safetensors`);
  }

  bytes(group: TensorGroup): Buffer {
    return readFileSync(this.file(group));
  }

  async read(group: TensorGroup) {
    return decodeSafetensors(this.bytes(group));
  }

  async write(group: TensorGroup, tensors: Parameters<CheckpointWriter['write']>[1]) {
    const { writeFileSync } = await import('node:fs');
    writeFileSync(this.file(group), Buffer.concat(encodeSafetensors(tensors)));
    this.groups.push(group);
  }

  async writeFile(group: TensorGroup, write: (path: string) => Promise<void>) {
    await write(this.file(group));
    this.groups.push(group);
  }
}

async function saved<S extends TrainerState>(trainer: Trainer<S>, state: S): Promise<FileCheckpoint> {
  const checkpoint = new FileCheckpoint(state.step);
  await trainer.save(state, checkpoint);
  return checkpoint;
}

const MODELS: [string, ModelSpec][] = [
  ['one block in each layer', small],
  ['a mixture of experts', mixed],
];

describe.skipIf(refusal !== undefined).each(MODELS)('the torch trainer and the embedded one: %s', (_model, model) => {
  let torch: TorchTrainer;
  let embedded: TfjsTrainer;
  beforeAll(async () => {
    torch = await create({}, model);
    embedded = await tfjs({ engine: 'jit', threads: 1 }).create(contextOf(model));
  }, 120_000);
  afterAll(async () => {
    await torch?.dispose();
    await embedded?.dispose();
  });

  it('draw the same initial weights and write the same files', async () => {
    const [one, two] = [
      await saved(torch, await torch.initialize(7)),
      await saved(embedded, await embedded.initialize(7)),
    ];
    for (const group of ['weights', 'optimizer'] as const) expect(one.bytes(group)).toEqual(two.bytes(group));
    expect(one.groups).toEqual(two.groups);
  });

  it('have the same logits after training, from checkpoints of each other', async () => {
    const tokens = source(model).read(Uint32Array.of(3)).subarray(0, model.context);
    const [a, b] = [await torch.initialize(1), await embedded.initialize(1)];
    await train(torch, a, steps(5, 4));
    await train(embedded, b, steps(5, 4));
    const [ofTorch, ofEmbedded] = [await saved(torch, a), await saved(embedded, b)];
    const [inEmbedded, inTorch] = [await embedded.restore(ofTorch), await torch.restore(ofEmbedded)];
    expect([inEmbedded.step, inTorch.step]).toEqual([5, 5]);
    expect(distance(await embedded.logits(inEmbedded, tokens), await torch.logits(a, tokens))).toBeLessThan(1e-4);
    expect(distance(await torch.logits(inTorch, tokens), await embedded.logits(b, tokens))).toBeLessThan(1e-4);
    // Nothing is lost on the way.
    for (const group of ['weights', 'optimizer'] as const) {
      expect((await saved(embedded, inEmbedded)).bytes(group)).toEqual(ofTorch.bytes(group));
      expect((await saved(torch, inTorch)).bytes(group)).toEqual(ofEmbedded.bytes(group));
    }
  });

  it('have the same gradients', async () => {
    // Without a first moment and clipping, the moments after one step are the gradient.
    const optimizer = { beta1: 0, clipNorm: 0, weightDecay: 0 };
    const [one, two] = [
      await create({}, model, optimizer),
      await tfjs({ engine: 'jit', threads: 1 }).create(contextOf(model, optimizer)),
    ];
    const gradients = async <S extends TrainerState>(trainer: Trainer<S>) => {
      const state = await trainer.initialize(5);
      await train(trainer, state, { ...steps(1, 3), weights: [Float32Array.of(1, 3, 0.5)] });
      const tensors = await (await saved(trainer, state)).read('optimizer');
      return tensors.slice(0, parameterTable(model).length);
    };
    const [found, expected] = [await gradients(one), await gradients(two)];
    for (const [index, { name, data }] of expected.entries()) {
      const values = (bytes: Uint8Array) => new Float32Array(Uint8Array.from(bytes).buffer);
      expect(found[index]!.name).toBe(name);
      expect(distance(values(found[index]!.data), values(data)), name).toBeLessThan(1e-3);
    }
    await one.dispose();
    await two.dispose();
  });

  it('update classes of parameters with the same factors', async () => {
    const factors = model.experts === undefined && { multipliers: { residual: 0.7, output: 0.5 } };
    const spec = { ...model, tieEmbeddings: false, ...factors };
    const groups = {
      embedding: { rate: 2, weightDecay: 0.5 },
      hidden: { rate: 0.25, weightDecay: 4, epsilon: 30 },
      norm: { rate: 3, epsilon: 0.1 },
      outputNorm: { rate: 0.5 },
      output: { weightDecay: 0, epsilon: 7 },
      ...(model.experts && {
        router: { rate: 0.1, weightDecay: 0 },
        expert: { rate: 1.5, weightDecay: 2, epsilon: 5 },
      }),
    };
    const optimizer = { epsilon: 1e-4, weightDecay: 0.5, groups };
    const one = await create({}, spec, optimizer);
    const two = await tfjs({ engine: 'jit', threads: 1 }).create(contextOf(spec, optimizer));
    const ends = async <S extends TrainerState>(trainer: Trainer<S>) => {
      const state = await trainer.initialize(5);
      await train(trainer, state, steps(5, 3));
      return (await saved(trainer, state)).read('weights');
    };
    const [found, expected] = [await ends(one), await ends(two)];
    for (const [index, { name, data }] of expected.entries()) {
      const values = (bytes: Uint8Array) => new Float32Array(Uint8Array.from(bytes).buffer);
      expect(distance(values(found[index]!.data), values(data)), name).toBeLessThan(1e-4);
    }
    await one.dispose();
    await two.dispose();
  });

  it('have the same gradients when they learn from a smaller model', async () => {
    const optimizer = { beta1: 0, clipNorm: 0, weightDecay: 0 };
    const teacher = modelSchema.parse({ layers: 1, width: 32, heads: 2, context: 32, vocabulary: 101, initStd: 0.3 });
    const taught = await tfjs({ engine: 'jit', threads: 1 }).create(contextOf(teacher));
    const checkpoint = await saved(taught, await taught.initialize(9));
    const lesson = { teacher: { model: describeModel(teacher), checkpoint }, weight: 0.7, temperature: 1.5 };
    const [one, two] = [
      await create({}, small, optimizer),
      await tfjs({ engine: 'jit', threads: 1 }).create(contextOf(small, optimizer)),
    ];
    const gradients = async <S extends TrainerState>(trainer: Trainer<S>) => {
      const state = await trainer.initialize(5);
      const [metrics] = await train(trainer, state, { ...steps(1, 3), objective: { distil: lesson } });
      const tensors = (await (await saved(trainer, state)).read('optimizer')).slice(0, parameterTable(small).length);
      return { metrics: metrics!, tensors };
    };
    const [found, expected] = [await gradients(one), await gradients(two)];
    expect(found.metrics.loss).toBeCloseTo(expected.metrics.loss, 5);
    for (const [index, { name, data }] of expected.tensors.entries()) {
      const values = (bytes: Uint8Array) => new Float32Array(Uint8Array.from(bytes).buffer);
      expect(distance(values(found.tensors[index]!.data), values(data)), name).toBeLessThan(1e-3);
    }
    await Promise.all([one, two, taught].map((trainer) => trainer.dispose()));
  });

  it('have losses within 1e-3 of each other over fifty steps', async () => {
    const [a, b] = [await torch.initialize(2), await embedded.initialize(2)];
    const batch = { ...steps(50, 4), lr: Float64Array.from({ length: 50 }, (_, step) => 0.003 * (1 - step / 50)) };
    const [found, expected] = [await train(torch, a, batch), await train(embedded, b, batch)];
    for (const [step, { loss }] of expected.entries()) {
      expect(Math.abs(found[step]!.loss - loss), `step ${step + 1}`).toBeLessThan(1e-3);
    }
    expect(expected.at(-1)!.loss).toBeLessThan(0.8 * expected[0]!.loss);
    const set = {
      digest: '',
      parts: [{ version: 1, domain: 'a', sequences: Uint32Array.of(900, 901, 902), bytes: 9 }],
    };
    const [[one], [two]] = [await torch.evaluate(a, set), await embedded.evaluate(b, set)];
    expect(Math.abs(one!.nll / one!.tokens - two!.nll / two!.tokens)).toBeLessThan(1e-3);
  });
});

describe.skipIf(refusal !== undefined)('the torch trainer', () => {
  it.each([
    ['grouped heads, tied', tiny],
    ['full heads, untied', { ...tiny, kvHeads: 4, tieEmbeddings: false }],
    ['one key head, other constants', { ...tiny, kvHeads: 1, ropeTheta: 50, normEpsilon: 0.1 }],
    ['multipliers', { ...tiny, multipliers: { embedding: 3, residual: 0.5, attention: 0.4, output: 0.7 } }],
    ['experts', { ...tiny, ropeTheta: 50, experts: { count: 5, active: 3, balance: 0 } }],
  ])('has the logits of the reference: %s', async (_case, spec) => {
    const own = await create({}, spec);
    const state = await own.initialize(3);
    const tokens = source(spec).read(Uint32Array.of(7)).subarray(0, spec.context);
    const expected = referenceLogits(spec, initialize(spec, 3), tokens);
    expect(distance(await own.logits(state, tokens), expected)).toBeLessThan(1e-5);
    await own.dispose();
  });
});
