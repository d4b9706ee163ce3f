/** Whole experiments that continue checkpoints of other architectures than llama. They need PyTorch. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bench, type ExperimentConfig, modelAveraging, pathSwitching, plan, torch } from '@branchline/api';
import { folder, TINY, writeTexts } from '@branchline/api/test/corpus.js';
import { BranchlineError, type JsonValue } from '@branchline/core';
import { byteTokenizer } from '@branchline/data';
import { tryWorker } from '@branchline/trainer-torch';
import { models } from '@branchline/trainer-torch/test/models.js';
import { describe, expect, inject, it } from 'vitest';
import { branchline } from './bin.js';

const refusal = await tryWorker().then(
  () => undefined,
  (error: unknown) => String(error),
);
if (refusal !== undefined) console.warn(`SKIPPED: experiments with other architectures. ${refusal}`);

const experiment = (kind: string): ExperimentConfig => ({
  ...TINY,
  model: { from: kind },
  training: { batch: 4, lr: { peak: 1e-3, warmup: 3 } },
  trainer: torch({ device: 'cpu', threads: 1 }),
  strategies: {
    switching: [pathSwitching({ alpha: 0.5 })],
    averaging: [pathSwitching({ alpha: 0 }), modelAveraging()],
  },
});

/** A folder with text and checkpoints that were trained on bytes, and options for it. */
async function place(...kinds: string[]) {
  const directory = folder();
  writeTexts(directory);
  await models('make', directory, ...kinds);
  for (const kind of kinds)
    for (const { name, content } of byteTokenizer.files) writeFileSync(join(directory, kind, name), content);
  return { runs: join(directory, 'runs'), directory, name: 'tiny' };
}

describe.skipIf(refusal !== undefined)('a checkpoint of another architecture', { timeout: 300_000 }, () => {
  const kinds = ['gpt2', 'mixtral', 'qwen3', 'gemma2', 'olmo2', 'llama'];
  // States are stored alike, but for arrays that are arranged in another way: those of gpt2 and of experts.
  const resumed = ['gpt2', 'mixtral'];

  it.each(inject('full') ? kinds : kinds.slice(0, 1))('is trained, averaged and exported: %s', async (kind) => {
    const options = await place(kind);
    const { results } = await bench(experiment(kind), options);
    const steps = results.graph.tokensTrained / (TINY.training.batch * 32);
    expect(results.model).toMatchObject({ spec: { kind: 'transformers', config: { model_type: kind } }, context: 32 });
    expect(results.strategies.map(({ name, releases }) => [name, releases.length])).toEqual([
      ['switching', 3],
      ['averaging', 3],
    ]);

    const digests = ({ strategies }: typeof results) =>
      strategies.flatMap(({ releases }) => releases.map(({ weightsDigest }) => weightsDigest));
    expect(new Set(digests(results)).size).toBe(6);
    if (resumed.includes(kind)) {
      const controller = new AbortController();
      const other = { ...options, runs: join(options.directory, 'stopped') };
      const onEvent = (event: { type: string }) =>
        event.type === 'step' && 'step' in event && event.step === 4 && controller.abort();
      await expect(bench(experiment(kind), { ...other, signal: controller.signal, onEvent })).rejects.toMatchObject({
        code: 'interrupted',
      });
      expect(digests((await bench(experiment(kind), other)).results)).toEqual(digests(results));
    }
    expect(steps).toBeGreaterThan(20);

    for (const strategy of ['switching', 'averaging']) {
      const ended = await branchline(options.directory, 'store', 'export', 'runs/tiny', strategy, '--out', strategy);
      expect(ended).toMatchObject({ code: 0 });
      await models('export', join(options.directory, strategy));
    }
    const config = (path: string) => readFileSync(join(options.directory, path, 'config.json'), 'utf8');
    expect(config('switching')).toBe(config(kind));
  });

  it.runIf(inject('full'))(
    'is a mixture of experts, drawn, exported to transformers, and continued by the other trainer',
    async () => {
      const options = await place('mixtral');
      const mixture: ExperimentConfig = {
        ...TINY,
        model: { layers: 2, width: 16, heads: 2, context: 32, experts: { count: 4, balance: 0.1 } },
        strategies: { averaging: [pathSwitching({ alpha: 0 }), modelAveraging()] },
      };
      const { results } = await bench(mixture, options);
      expect(results.model.activeParameters).toBeLessThan(results.model.parameters);
      const exported = join(options.directory, 'exported');
      const ended = await branchline(
        options.directory,
        'store',
        'export',
        'runs/tiny',
        'averaging',
        '--out',
        'exported',
      );
      expect(ended).toMatchObject({ code: 0 });
      expect(await models('export', exported)).toBe('MixtralForCausalLM');

      const next = { ...experiment('exported'), model: { from: 'exported', context: 32, balance: 0.1 } };
      const continued = await bench({ ...next, trainer: 'torch' }, { ...options, name: 'next' });
      const { initStd: _, ...spec } = results.model.spec as Record<string, JsonValue>;
      expect(continued.results.model.spec).toMatchObject(spec);
      const plain = { ...next, model: { from: 'exported', context: 32 }, trainer: 'tfjs' };
      const refused = async (config: ExperimentConfig) =>
        ((await plan(config, options).catch((thrown: unknown) => thrown)) as BranchlineError).problems.map(
          ({ configPath, message, remedy }) => `${configPath}: ${message} | ${remedy}`,
        );
      expect(await refused(plain)).toEqual([
        expect.stringMatching(/^model.from: .* \| Set model.balance, .*, or set trainer: torch/),
      ]);
      expect(await refused({ ...mixture, trainer: 'olmo-core' })).toEqual([
        expect.stringMatching(/^model.experts: .*no mixture of experts/),
      ]);
    },
  );

  it('is refused before anything is trained, with all problems', async () => {
    const options = await place('qwen2');
    const path = join(options.directory, 'qwen2', 'config.json');
    const config = JSON.parse(readFileSync(path, 'utf8')) as object;
    writeFileSync(path, JSON.stringify({ ...config, intermediate_size: 20 }));
    const wrong = { ...experiment('qwen2'), training: { batch: 0 } };
    const error = await plan(wrong, options).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(BranchlineError);
    const found = (error as BranchlineError).problems.map(({ configPath, message }) => `${configPath}: ${message}`);
    expect(found).toEqual([
      expect.stringMatching(/^model.from: .*does not fit its own config.json: .*down_proj.weight is \[16, 24\]/),
      expect.stringMatching(/^training.batch/),
      expect.stringMatching(/^training.lr.peak: must be given/),
    ]);
    expect(existsSync(options.runs)).toBe(false);
  });
});
