/** Two processes, in one worker because it takes ten seconds to start. They need OLMo-core. */
import type { BranchlineError } from '@branchline/core';
import { describeModel, type ModelSpec, modelSchema, optimizerSchema } from '@branchline/model';
import { distance, patternSource, steps, train } from '@branchline/testing';
import { torch, tryWorker } from '@branchline/trainer-torch';
import { describe, expect, it } from 'vitest';
import { olmoCore } from './define.js';
import { OLMO_CORE } from './engine.js';
import type { OlmoCoreOptions } from './options.js';

const refusalOf = (worker: Promise<unknown>) => worker.then(() => undefined, String);

/** Why OLMo-core cannot be used here; undefined if it can. */
const refusal = await refusalOf(tryWorker(undefined, 120, OLMO_CORE));
if (refusal !== undefined) console.warn(`SKIPPED: tests of the OLMo-core trainer. ${refusal}`);
const torchRefusal = refusal ?? (await refusalOf(tryWorker()));
if (refusal === undefined && torchRefusal !== undefined) {
  console.warn(`SKIPPED: agreement of the OLMo-core trainer with the torch trainer. ${torchRefusal}`);
}

const shared = { device: 'cpu', threads: 1, processes: 2 } as const;

const use = (options: OlmoCoreOptions = {}) => olmoCore({ ...shared, ...options });

const tiny = modelSchema.parse({
  ...{ layers: 2, width: 16, heads: 4, kvHeads: 2, hidden: 24, context: 8, vocabulary: 19, initStd: 0.2 },
});

const contextOf = (spec: ModelSpec) => ({
  model: describeModel(spec),
  optimizer: optimizerSchema.parse({}),
  data: patternSource(spec),
});

describe.skipIf(refusal !== undefined)('olmo-core', { timeout: 120_000 }, () => {
  it('says what trains, in what the ledger and the keys hold', async () => {
    const trainer = await use({ trainModule: { tp_config: { degree: 2 } } }).create(contextOf(tiny));
    const { name, engine, units, numerics } = trainer.describe();
    expect([name, units]).toEqual(['trainer-olmo-core', 2]);
    expect(engine).toMatch(/^OLMo-core 3\.0\.0 on torch 2\.\d+/);
    expect(numerics).toMatch(/^trainer-olmo-core .* 2 processes, float32, \{"tp_config": \{"degree": 2\}\}$/);
    await trainer.dispose();
  });

  it('refuses what OLMo-core does not have or cannot divide, before anything is trained', async () => {
    const problemOf = async (options: OlmoCoreOptions) => {
      const error: unknown = await use(options)
        .create(contextOf(tiny))
        .catch((caught: unknown) => caught);
      return (error as BranchlineError).problems[0]!;
    };
    const unknown = await problemOf({ trainModule: { tp_config: { degree: 2, asynchronous: true } } });
    expect(unknown.message).toMatch(/^trainer-olmo-core: trainModule\.tp_config\.asynchronous is no option/);
    expect(unknown.remedy).toContain('degree, enable_async');
    const indivisible = await problemOf({
      processes: 2,
      trainModule: { cp_config: { degree: 2, uly: {} }, ep_config: { degree: 2 } },
    });
    expect(indivisible.message).toContain('trainModule.ep_config: the model is dense');
  });
});

describe.skipIf(torchRefusal !== undefined)('olmo-core and torch with two processes', { timeout: 120_000 }, () => {
  it.each<[string, OlmoCoreOptions]>([
    ['sharded', {}],
    ['with tensor parallelism', { trainModule: { tp_config: { degree: 2 } } }],
  ])('have the same losses and end with the same weights: %s', async (_case, options) => {
    const [own, other] = [await use(options).create(contextOf(tiny)), await torch(shared).create(contextOf(tiny))];
    const lr = Float64Array.from({ length: 20 }, (_, step) => 0.005 * (1 - step / 20));
    const batch = { ...steps(20, 5), lr };
    const [found, expected] = [
      await train(own, await own.initialize(3), batch),
      await train(other, await other.initialize(3), batch),
    ];
    const losses = (metrics: readonly { readonly loss: number }[]) => Float32Array.from(metrics, ({ loss }) => loss);
    const norms = (metrics: typeof found) => Float32Array.from(metrics, ({ gradNorm }) => gradNorm);
    expect(distance(losses(found), losses(expected))).toBeLessThan(1e-5);
    expect(distance(norms(found), norms(expected))).toBeLessThan(1e-3);
    expect(found.at(-1)!.loss).toBeLessThan(0.8 * found[0]!.loss);
    await own.dispose();
    await other.dispose();
  });
});
