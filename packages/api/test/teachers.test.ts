/** Experiments that learn from teachers, with the embedded trainer. */
import { cpSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type BillRow, type DistilSpec, definePlugin } from '@branchline/core';
import { describeModel, modelSchema } from '@branchline/model';
import { writeCheckpoint } from '@branchline/model/test/checkpoints.js';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { BranchlineError, bench, continual, type ExperimentConfig, plan, quadratic, torch } from '../src/index.js';
import { folder, TINY, writeTexts } from './corpus.js';

const SMALL = modelSchema.parse({ layers: 1, width: 8, heads: 1, context: 32, vocabulary: 257, initStd: 0.2 });

/** Learns in every version; from the second one on if the teacher is a state. */
const learning = definePlugin({
  name: 'learning',
  options: z.custom<DistilSpec>(),
  onVersion: ({ version, options }) =>
    options.teacher.state === 'checkpoint' || version.index > 1 ? { loss: { distil: options } } : {},
});

const CHECKPOINT = { state: 'checkpoint', from: './small' } as const;

const experiment = (more: Partial<ExperimentConfig> = {}): ExperimentConfig => ({
  ...TINY,
  strategies: {
    plain: [continual()],
    small: [continual(), learning({ teacher: CHECKPOINT, weight: 0.6, temperature: 2, steps: 5 })],
    release: [continual(), learning({ teacher: { state: 'release' }, weight: 0.5 })],
  },
  ...more,
});

function place() {
  const directory = folder();
  writeTexts(directory);
  writeCheckpoint(join(directory, 'small'), SMALL);
  return { runs: join(directory, 'runs'), directory, name: 'tiny' };
}

async function problems(config: ExperimentConfig, options: ReturnType<typeof place>): Promise<readonly string[]> {
  const error: unknown = await plan(config, options).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(BranchlineError);
  return (error as BranchlineError).problems.map((one) => `${one.configPath}: ${one.message}`);
}

it('plans, trains and bills the forward passes of teachers, and resumes in the same bits', async () => {
  const options = place();
  const planned = await plan(experiment(), options);
  const whole = await bench(experiment(), { ...options, runs: join(options.directory, 'whole') });
  const { results } = whole;
  const rows = readFileSync(join(whole.directory, 'bill.jsonl'), 'utf8').trim().split('\n');
  const bill = rows.map((row) => JSON.parse(row) as BillRow).filter(({ kind }) => kind === 'train');
  const trained = results.strategies.map(({ name }) => {
    const sum = (amount: (row: BillRow) => number) =>
      bill.reduce((all, row) => all + (row.strategy === name ? amount(row) : 0), 0);
    return {
      steps: sum(({ alone }) => alone.steps),
      tokens: sum(({ alone }) => alone.tokens),
      flops: sum(({ alone }) => Number(alone.flops)),
    };
  });
  expect(planned.strategies.map(({ standalone }) => Number(standalone.flops))).toEqual(
    trained.map(({ flops }) => flops),
  );
  const own = results.model.flopsPerToken;
  const [plain, small, release] = trained.map(({ flops, tokens }) => flops / tokens);
  expect(plain).toBe(own);
  const forward = describeModel(SMALL).flopsPerToken / 3;
  const { steps } = trained[1]!;
  expect(small).toBeCloseTo(own + (forward * 15) / Number(steps), 6);
  expect(release).toBeGreaterThan(own * 1.15);
  const losses = results.strategies.map(({ releases }) => releases.at(-1)!.weightsDigest);
  expect(new Set(losses).size).toBe(3);

  const controller = new AbortController();
  const stopped = bench(experiment(), {
    ...options,
    signal: controller.signal,
    onEvent: (event) => event.type === 'step' && event.step === 12 && controller.abort(),
  });
  await expect(stopped).rejects.toMatchObject({ code: 'interrupted' });
  // Another place of the same weights changes no key.
  cpSync(join(options.directory, 'small'), join(options.directory, 'moved'), { recursive: true });
  rmSync(join(options.directory, 'small'), { recursive: true });
  const moved = experiment();
  const resumed = await bench(
    {
      ...moved,
      strategies: {
        ...moved.strategies,
        small: [
          continual(),
          learning({ teacher: { ...CHECKPOINT, from: 'moved' }, weight: 0.6, temperature: 2, steps: 5 }),
        ],
      },
    },
    options,
  );
  const digests = resumed.results.strategies.map(({ releases }) => releases.at(-1)!.weightsDigest);
  expect(digests).toEqual(losses);
});

it('refuses teachers that do not fit, and trainers that cannot distil, before anything is trained', async () => {
  const options = place();
  const from = (name: string) => ({
    strategies: { a: [continual(), learning({ teacher: { state: 'checkpoint', from: name }, weight: 1 })] },
  });
  expect(await problems(experiment(from('nowhere')), options)).toEqual([
    expect.stringMatching(/^strategies\.a: there is no folder .*nowhere$/),
  ]);
  writeCheckpoint(join(options.directory, 'wide'), { ...SMALL, vocabulary: 270 });
  const { failures } = await plan(experiment(from('wide')), options);
  expect(failures[0]!.message).toContain('the teacher in wide has 270 tokens, and the model has 257');
  for (const trainer of [quadratic(), torch({ stack: 2 })]) {
    const refused = await plan(experiment({ trainer }), options);
    expect(refused.failures.map(({ message }) => message)).toEqual([
      expect.stringContaining('cannot do that') as string,
      expect.stringContaining('cannot do that') as string,
    ]);
  }
});
