/** Experiments that continue a checkpoint, with the embedded trainer. */
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeSafetensors, defineTrainer } from '@branchline/core';
import { byteTokenizer } from '@branchline/data';
import { modelSchema } from '@branchline/model';
import { writeCheckpoint } from '@branchline/model/test/checkpoints.js';
import { expect, it } from 'vitest';
import {
  BranchlineError,
  bench,
  continual,
  type ExperimentConfig,
  fromScratch,
  pathSwitching,
  plan,
  quadratic,
  type Run,
} from '../src/index.js';
import { folder, TINY, writeTexts } from './corpus.js';

const { context: _, ...shape } = TINY.model;
const SPEC = modelSchema.parse({ ...shape, context: 32, vocabulary: 260 });

const experiment = (from: string, more: Partial<ExperimentConfig> = {}): ExperimentConfig => ({
  ...TINY,
  model: { from },
  training: { batch: 4, lr: { peak: 1e-3, warmup: 3 } },
  strategies: { scratch: [fromScratch()], switching: [pathSwitching({ alpha: 0.5 })] },
  ...more,
});

/** A folder with text and a checkpoint `start` that was trained on bytes, and options for it. */
function place() {
  const directory = folder();
  writeTexts(directory);
  writeCheckpoint(join(directory, 'start'), SPEC, { dtype: 'BF16', shards: 2 });
  for (const { name, content } of byteTokenizer.files) writeFileSync(join(directory, 'start', name), content);
  return { runs: join(directory, 'runs'), directory, name: 'tiny' };
}

async function problems(config: ExperimentConfig, options: Parameters<typeof plan>[1]): Promise<readonly string[]> {
  const error: unknown = await plan(config, options).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(BranchlineError);
  return (error as BranchlineError).problems.map(({ configPath, message }) => `${configPath}: ${message}`);
}

const digests = ({ results }: Run) =>
  results.strategies.map(({ name, releases }) => [name, ...releases.map(({ weightsDigest }) => weightsDigest)]);
const keys = ({ results }: Run) => results.strategies.flatMap(({ releases }) => releases.map((one) => one.checkpoint));

it('starts every path from the weights of the checkpoint, whatever the seed', async () => {
  const options = place();
  // A rate of almost 0 leaves the weights as they are.
  const training = { batch: 4, lr: { peak: 1e-30, warmup: 3 }, optimizer: { weightDecay: 0 } };
  const { results } = await bench(experiment('./start', { seeds: 2, training }), options);
  const adopted = join(options.runs, '.data', 'checkpoints', results.model.start!.digest, 'model.safetensors');
  const weights = decodeSafetensors(readFileSync(adopted));
  expect(weights.map(({ name }) => name)).toContain('model.embed_tokens.weight');
  for (const { releases } of results.strategies) {
    for (const { checkpoint } of releases) {
      const file = join(options.runs, 'tiny', 'checkpoints', checkpoint, 'model.safetensors');
      for (const [index, { name, data }] of decodeSafetensors(readFileSync(file)).entries()) {
        const [ended, began] = [data, weights[index]!.data].map((bytes) => new Float32Array(bytes.slice().buffer));
        for (const [at, value] of ended!.entries()) expect(value, name).toBeCloseTo(began![at]!, 20);
      }
    }
  }
  expect(results.model).toMatchObject({ spec: { vocabulary: 260, context: 32 }, start: { from: './start' } });
  expect(results.data.tokenizer).toMatchObject({ name: 'bytes', endOfDocument: 256 });
});

it('holds the content of the weights in its keys, and not their place, files or type', async () => {
  const options = place();
  const first = await bench(experiment('./start'), options);
  // The weights before they were cut off to bfloat16.
  writeCheckpoint(join(options.directory, 'other'), SPEC);
  const other = await plan(experiment('./other', { data: { ...TINY.data, tokenizer: 'bytes' } }), options);
  expect(other.stored!.releases).toEqual({ stored: 0, missing: 6 });
  expect(other.stored!.why[0]!.difference).toMatchObject({ what: 'basis', part: 'model' });

  cpSync(join(options.directory, 'start'), join(options.directory, 'moved'), { recursive: true });
  rmSync(join(options.directory, 'start'), { recursive: true });
  const moved = await bench(experiment('moved'), options);
  expect(keys(moved)).toEqual(keys(first));
  expect(moved.results.graph.tokensTrained).toBe(first.results.graph.tokensTrained);
  const { stored } = await plan(experiment('moved'), options);
  expect(stored!.steps.missing).toBe(0);
});

it('continues when interrupted, in the bits of an uninterrupted run', async () => {
  const options = place();
  const whole = await bench(experiment('start'), { ...options, runs: join(options.directory, 'whole') });
  const controller = new AbortController();
  const stopped = bench(experiment('start'), {
    ...options,
    signal: controller.signal,
    onEvent: (event) => event.type === 'step' && event.step === 4 && controller.abort(),
  });
  await expect(stopped).rejects.toMatchObject({ code: 'interrupted' });
  expect(digests(await bench(experiment('start'), options))).toEqual(digests(whole));
});

it('reports what does not fit before anything is trained, all at once', async () => {
  const options = place();
  const found = await problems(
    {
      ...experiment('start'),
      model: { from: 'start', layers: 2, vocabulary: 9 },
      training: { batch: 4 },
      trainer: quadratic(),
      strategies: { a: [continual()] },
    },
    options,
  );
  expect(found).toEqual([
    expect.stringMatching(/^model.layers: is decided by the checkpoint/),
    expect.stringMatching(/^model.vocabulary: is decided by the checkpoint/),
    expect.stringMatching(/^model.from: the quadratic trainer trains no language model/),
    expect.stringMatching(/^training.lr.peak: must be given/),
  ]);
  expect(await problems(experiment('nowhere'), options)).toEqual([
    expect.stringMatching(/^model.from: there is no folder/),
  ]);
  expect(await problems(experiment('start', { model: { from: 'start', context: 64 } }), options)).toEqual([
    expect.stringMatching(/^model.from: .*allows 32 tokens/),
  ]);
  expect(existsSync(options.runs)).toBe(false);
});

it('refuses other architectures with trainers of decoders, and asks those that train them', async () => {
  const options = place();
  writeCheckpoint(join(options.directory, 'other'), SPEC, { config: { model_type: 'qwen2' } });
  for (const { name, content } of byteTokenizer.files) writeFileSync(join(options.directory, 'other', name), content);
  expect(await problems(experiment('other'), options)).toEqual([
    expect.stringMatching(/^model.from: .* is of the type qwen2, and the tfjs trainer trains only decoders/),
  ]);
  const error = await plan(experiment('other'), options).catch((thrown: unknown) => thrown as BranchlineError);
  expect((error as BranchlineError).problems[0]!.remedy).toContain('trainer: torch');
  const asking = defineTrainer({
    name: 'asking',
    checkModel: async (_, { spec, parameters }) => [
      { message: `lacks norms of ${(spec as { vocabulary: number }).vocabulary} of ${parameters > 0}` },
      { configPath: 'trainer', message: 'has no device' },
    ],
    create: () => Promise.reject(new Error('not created')),
  });
  expect(await problems({ ...experiment('other'), trainer: asking(), training: { batch: 4 } }, options)).toEqual([
    expect.stringMatching(/^model.from: the checkpoint in .*other lacks norms of 260 of true/),
    expect.stringMatching(/^training.lr.peak: must be given/),
    expect.stringMatching(/^trainer: has no device/),
  ]);
  expect(existsSync(options.runs)).toBe(false);
  // A decoder is not asked about.
  const made = bench({ ...experiment('start'), trainer: asking() }, options);
  await expect(made).rejects.toThrow('not created');
});

it('takes the tokenizer of the checkpoint, and asks for one if there is none or if it does not fit', async () => {
  const options = place();
  unlinkSync(join(options.directory, 'start', 'tokenizer.json'));
  expect(await problems(experiment('start'), options)).toEqual([
    expect.stringMatching(/^data.tokenizer: must be given: .* has no tokenizer.json/),
  ]);
  await expect(
    plan(experiment('start', { data: { ...TINY.data, tokenizer: 'bytes' } }), options),
  ).resolves.toBeDefined();
  mkdirSync(join(options.directory, 'small'));
  writeCheckpoint(join(options.directory, 'small'), { ...SPEC, vocabulary: 200 });
  const small = experiment('small', { data: { ...TINY.data, tokenizer: 'bytes' } });
  expect(await problems(small, options)).toEqual([
    expect.stringMatching(/^model.from: has 200 tokens, but the tokenizer has 257/),
  ]);
});
