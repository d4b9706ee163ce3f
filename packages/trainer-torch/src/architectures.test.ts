/** Checkpoints of other architectures than llama. It needs PyTorch. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type BranchlineError,
  type ModelDescription,
  type Problem,
  startingFrom,
  type TrainerState,
} from '@branchline/core';
import {
  adoptWeights,
  describeModel,
  isTransformers,
  openAdopted,
  openCheckpoint,
  optimizerSchema,
  parseSpec,
  type TransformersSpec,
} from '@branchline/model';
import { syntheticData } from '@branchline/testing';
import { tfjs } from '@branchline/trainer-tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { refusal, steps, train } from '../test/fixtures.js';
import { models } from '../test/models.js';
import { checkModel } from './check-model.js';
import { torch } from './define.js';
import { torchTrainerOptions } from './options.js';

const KINDS = ['qwen2', 'qwen3', 'gpt2', 'gemma2', 'olmo2', 'mixtral', 'llama'];

const base = mkdtempSync(join(tmpdir(), 'branchline-architectures-'));
afterAll(() => rmSync(base, { recursive: true }));

const data = syntheticData({ context: 16, vocabulary: 260 });

const lines = (found: readonly Problem[]) =>
  found.map(({ configPath = '', message, remedy = '' }) => `${configPath}: ${message} | ${remedy}`);

/** What keeps the trainer from training a model. */
const problems = async (model: ModelDescription, python?: string) =>
  lines(await checkModel(torchTrainerOptions.parse({ python }), model));

/** What trainers of a checkpoint are made from. */
async function opened(kind: string) {
  const folder = await openCheckpoint(join(base, kind), { context: data.context });
  expect(isTransformers(folder.spec)).toBe(true);
  const context = { model: describeModel(folder.spec), optimizer: optimizerSchema.parse({}), data };
  return { context, weights: await openAdopted(await adoptWeights(folder, join(base, 'own'))) };
}

describe.skipIf(refusal !== undefined)('a checkpoint of another architecture', { timeout: 240_000 }, () => {
  beforeAll(() => models('make', base, ...KINDS, 'bert'), 240_000);

  it.each(KINDS)('has the loss that transformers computes: %s', async (kind) => {
    const { context, weights } = await opened(kind);
    expect(await problems(context.model)).toEqual([]);
    const trainer = await torch({ device: 'cpu', threads: 1 }).create(context);
    try {
      const begun = startingFrom(trainer, weights);
      const state = await begun.initialize(1);
      const batch = steps(1, 3);
      const [first] = await train(begun, state, batch);
      const tokens = data.read(batch.sequences[0]!);
      const rows = Array.from({ length: 3 }, (_, row) => Array.from(tokens.subarray(17 * row, 17 * (row + 1))));
      const expected = Number(await models('loss', join(base, kind), JSON.stringify(rows)));
      expect(Math.abs(first!.loss - expected)).toBeLessThan(1e-5);
      await expect(trainer.initialize(1)).rejects.toThrow(/come from a checkpoint, and are never drawn/);
    } finally {
      await trainer.dispose();
    }
  });

  it('is trained by the embedded trainer too, if it is a mixtral with a load-balancing loss', async () => {
    const folder = await openCheckpoint(join(base, 'mixtral'), { context: data.context, balance: 0.1 });
    const context = { model: describeModel(folder.spec), optimizer: optimizerSchema.parse({}), data };
    const weights = await openAdopted(await adoptWeights(folder, join(base, 'own')));
    const [batch, losses] = [steps(2, 3), [] as number[][]];
    for (const use of [torch({ device: 'cpu', threads: 1 }), tfjs({ engine: 'jit', threads: 1 })]) {
      const trainer = await use.create(context);
      const begun = startingFrom<TrainerState>(trainer, weights);
      losses.push((await train(begun, await begun.initialize(1), batch)).map(({ loss }) => loss));
      await trainer.dispose();
    }
    const tokens = data.read(batch.sequences[0]!);
    const rows = Array.from({ length: 3 }, (_, row) => Array.from(tokens.subarray(17 * row, 17 * (row + 1))));
    const expected = Number(await models('loss', join(base, 'mixtral'), JSON.stringify(rows)));
    for (const [first, second] of losses) {
      expect(Math.abs(first! - expected)).toBeLessThan(1e-5);
      expect(Math.abs(second! - losses[0]![1]!)).toBeLessThan(1e-4);
    }
  });

  it('is refused by the embedded trainer, with the trainer to use instead', async () => {
    const { context } = await opened('qwen2');
    const error: unknown = await tfjs()
      .create(context)
      .catch((thrown: unknown) => thrown);
    expect(lines((error as BranchlineError).problems)).toEqual([
      expect.stringMatching(/^trainer: .*and this is a qwen2 \| Set trainer: torch/),
    ]);
  });

  it('is refused with all its problems, and again where it would be trained', async () => {
    const { context } = await opened('qwen2');
    const spec = parseSpec(context.model.spec) as TransformersSpec;
    const config = { ...spec.config, max_position_embeddings: 8 };
    const model = { ...context.model, spec: { ...spec, config, arrays: { ...spec.arrays, extra: [3] } } };
    expect(await problems(model)).toEqual([
      expect.stringMatching(/^: allows 8 tokens .* \| Set model.context to at most 8\./),
      expect.stringMatching(/^: has arrays that Qwen2ForCausalLM does not have: extra \| .*save_pretrained/),
    ]);
    await expect(torch().create({ ...context, model })).rejects.toThrow(
      /the model has arrays that Qwen2ForCausalLM does not have: extra/,
    );
    const bert = await opened('bert');
    expect(await problems(bert.context.model)).toEqual([expect.stringMatching(/^: is of the type bert, an encoder/)]);
  });
});

describe('without PyTorch', () => {
  it('names the missing library at the trainer', async () => {
    const spec = { kind: 'transformers', config: { model_type: 'qwen2' }, arrays: {}, context: 8, vocabulary: 9 };
    const model = { spec, parameters: 1, context: 8, flopsPerToken: 1 };
    expect(await problems(model, '/no/such/python')).toEqual([
      expect.stringMatching(
        /^trainer: .*PyTorch cannot be used: .*was not found \| Run npx branchline backend install/,
      ),
    ]);
  });
});
