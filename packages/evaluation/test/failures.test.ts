/** Failing or diverging trainers, full disks, lost locks: what is kept, what stops, and what is reported. */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BranchlineError, type EvaluationSet } from '@branchline/core';
import {
  averaging,
  branching,
  continual,
  stepwise,
  ToyTrainer,
  temporaryDirectory,
  toyData,
  version,
} from '@branchline/core/fixtures';
import { expect, test } from 'vitest';
import { digests, names, run } from './run.js';

test('a model that diverges in evaluation fails alone, in this run and the next', async () => {
  class Diverging extends ToyTrainer {
    override async evaluate(state: Parameters<ToyTrainer['evaluate']>[0], set: EvaluationSet) {
      const results = await super.evaluate(state, set);
      return results.map((result) => (result.nll > 1e6 ? { ...result, nll: Number.NaN } : result));
    }
  }
  const wild = version('wild', { lr: { peak: 1e5 } });
  const directory = await temporaryDirectory();
  for (let start = 0; start < 2; start++) {
    const { results, failures, trainer } = await run(
      { tame: [continual()], wild: [wild] },
      { directory, trainer: new Diverging() },
    );
    expect(names(results)).toEqual(['tame']);
    expect(failures.map(({ strategies, error }) => [strategies, error.code])).toContainEqual([['wild'], 'trainer']);
    expect(trainer.alive).toBe(0);
  }
});

test('one fault of many states is one failure and one warning, which names other strategies only if there are any', async () => {
  class Blown extends ToyTrainer {
    override async *train(...given: Parameters<ToyTrainer['train']>): ReturnType<ToyTrainer['train']> {
      const [, batch] = given;
      if (batch.lr[0]! > 1) throw new Error('the loss is NaN');
      yield* super.train(...given);
    }
  }
  const wild = version('wild', { start: { from: 'scratch' }, lr: { peak: 1e5, warmup: 0 } });
  const some = await run({ tame: [continual()], wild: [wild], more: [wild] }, { trainer: new Blown() });
  expect(some.failures).toHaveLength(1);
  expect(some.failures[0]!.strategies).toEqual(['wild', 'more']);
  const about = some.warnings.filter((line) => line.includes('the loss is NaN'));
  expect(about).toHaveLength(1);
  expect(about[0]).toContain('Other strategies continue.');

  const directory = await temporaryDirectory();
  const none = run({ wild: [wild], more: [wild] }, { trainer: new Blown(), directory });
  await expect(none).rejects.toMatchObject({
    code: 'trainer',
    problems: [{ message: 'the loss is NaN', strategy: 'wild, more' }],
  });
  await expect(none).rejects.not.toThrow('continue');
});

test('a release that is worse than guessing is in the results and in one warning', async () => {
  class Wild extends ToyTrainer {
    override async evaluate(...given: Parameters<ToyTrainer['evaluate']>) {
      const results = await super.evaluate(...given);
      return results.map((result) => ({ ...result, nll: result.tokens * 3 }));
    }
  }
  // The vocabulary of the toy text has 10 tokens, so guessing has loss ln 10.
  const { results, warnings } = await run({ s: [continual()], b: [branching()] }, { trainer: new Wild() });
  expect(results.data.uniformLoss).toBe(Math.log(10));
  expect(results.warnings).toMatchObject([{ strategies: ['s', 'b'] }]);
  expect(warnings).toEqual([expect.stringContaining('"s" (versions 1, 2, 3, 4), "b" (versions 1, 2, 3, 4)')]);
});

test.each(['evaluate', 'combine', 'restore', 'save'] as const)(
  'a trainer that fails in %s leaves no state behind and names it',
  async (call) => {
    class Failing extends ToyTrainer {}
    Failing.prototype[call] = async () => {
      throw new TypeError(`${call} is down`);
    };
    const trainer = new Failing();
    const strategies = { plain: [branching()], averaged: [averaging()] };
    const outcome = await run(strategies, { trainer }).catch((error: unknown) => error);
    expect(trainer.alive).toBe(0);
    const text =
      outcome instanceof BranchlineError
        ? outcome.message
        : (outcome as Awaited<ReturnType<typeof run>>).failures.map(({ error }) => error.message).join();
    expect(text).toContain(`${call} is down`);
    if (call === 'combine') expect(names((outcome as Awaited<ReturnType<typeof run>>).results)).toEqual(['plain']);
  },
);

test('a lost lock stops the run before it writes', async () => {
  const directory = await temporaryDirectory();
  const files = () => readdirSync(directory, { recursive: true }).sort();
  let before: unknown;
  const trainer = new ToyTrainer({
    beforeStep: (made) => {
      if (made !== 5) return;
      rmSync(join(directory, '.lock'), { recursive: true });
      before = files();
    },
  });
  const attempt = run({ s: [continual()] }, { directory, trainer });
  await expect(attempt).rejects.toMatchObject({
    code: 'locked',
    message: expect.stringContaining('was lost') as string,
  });
  expect(files()).toEqual(before);
});

test('many damaged captures are all recomputed', async () => {
  const directory = await temporaryDirectory();
  const data = toyData({ versions: 1 });
  const capturing = { s: [continual(), stepwise('keeper', () => ({ capture: true }))] };
  const first = await run(capturing, { directory, data });
  expect(first.results.strategies[0]!.captures).toHaveLength(10);
  const folder = join(directory, 'checkpoints');
  for (const key of await readdir(folder)) await writeFile(join(folder, key, 'model.safetensors'), 'x');
  const averaged = await run({ s: [continual()], avg: [continual(), averaging(6, 1)] }, { directory, data });
  expect(averaged.failures).toEqual([]);
  expect(digests(averaged.results)[0]).toEqual(digests(first.results)[0]);
});

test('an altered manifest is set aside, because it affects bits', async () => {
  const directory = await temporaryDirectory();
  const first = await run({ s: [continual()] }, { directory });
  const key = first.results.strategies[0]!.releases[0]!.checkpoint;
  const path = join(directory, 'checkpoints', key, 'manifest.json');
  const text = await readFile(path, 'utf8');
  await writeFile(path, text.replace('"optimizerStep": 10', '"optimizerStep": 1'));
  const second = await run({ s: [continual()] }, { directory });
  expect(second.warnings.join()).toContain('was altered');
  expect(digests(second.results)).toEqual(digests(first.results));
});

test('a complete run leaves no leftovers of a kill', async () => {
  const directory = await temporaryDirectory();
  const strategies = { s: [averaging()], b: [branching()] };
  const clean = await run(strategies);
  for (const stop of [3, 8, 13]) {
    const trainer = new ToyTrainer({
      beforeStep: (made) => {
        if (made === stop) throw new BranchlineError('store', { message: 'killed' });
      },
    });
    await run(strategies, { directory, trainer }).catch(() => undefined);
  }
  await run(strategies, { directory });
  const stored = async (place: string) => (await readdir(join(place, 'checkpoints'))).sort();
  expect(await stored(directory)).toEqual(await stored(clean.directory));
});

test('temporary files of a killed run are removed by the next run', async () => {
  const directory = await temporaryDirectory();
  await run({ s: [continual()] }, { directory });
  const left = ['results.json.tmp-1', 'bill.jsonl.tmp-1', 'plans/x.json.tmp-1', 'stretches/x.json.tmp-1'];
  for (const name of left) await writeFile(join(directory, name), 'half of it');
  await run({ s: [continual()] }, { directory });
  for (const name of left) expect(existsSync(join(directory, name)), name).toBe(false);
});

test('a damaged record of a training chunk is reported once and set aside; only the curve lacks its steps', async () => {
  const directory = await temporaryDirectory();
  const first = await run({ s: [continual()] }, { directory });
  const [name] = (await readdir(join(directory, 'stretches'))).sort();
  await writeFile(join(directory, 'stretches', name!), 'x');
  const second = await run({ s: [continual()] }, { directory });
  expect(second.warnings).toEqual([expect.stringContaining(`${name} is damaged and was set aside`)]);
  expect(digests(second.results)).toEqual(digests(first.results));
  expect(second.results.strategies[0]!.cost).toEqual(first.results.strategies[0]!.cost);
  expect(await readdir(join(directory, 'damaged'))).toEqual([name]);
  expect((await run({ s: [continual()] }, { directory })).warnings).toEqual([]);
});

test('a trainer that makes too few steps fails instead of hanging', async () => {
  class Lazy extends ToyTrainer {
    override async *train(): ReturnType<ToyTrainer['train']> {}
  }
  await expect(run({ s: [continual()] }, { trainer: new Lazy() })).rejects.toThrow(/made 0 steps of/);
});

test('a run directory that is a file is reported as a store error', async () => {
  const directory = join(await temporaryDirectory(), 'file');
  await writeFile(directory, '');
  await expect(run({ s: [continual()] }, { directory })).rejects.toMatchObject({ code: 'store' });
});

test('a full disk stops the run with one error, and no strategy is blamed', async () => {
  const directory = await temporaryDirectory();
  let full = false;
  // Writes to a deleted folder fail on any file system and for any user.
  const trainer = new ToyTrainer({
    beforeStep: (made) => {
      if (made === 5) full = true;
    },
  });
  const save = trainer.save.bind(trainer);
  trainer.save = async (state, to) => {
    if (!full) return save(state, to);
    const folder = (await readdir(join(directory, 'checkpoints'))).find((name) => name.startsWith('tmp-'))!;
    await rm(join(directory, 'checkpoints', folder), { recursive: true });
    return save(state, to);
  };
  await expect(run({ s: [continual()] }, { directory, trainer })).rejects.toMatchObject({
    code: 'store',
    problems: [{ remedy: expect.stringContaining('Free disk space') as string }],
  });
  expect(trainer.alive).toBe(0);
  expect((await run({ s: [continual()] }, { directory })).results.actual.steps).toBe(40);
});

test('a release that cannot be evaluated does not stop strategies that only pass through it', async () => {
  class Picky extends ToyTrainer {
    override async evaluate(state: Parameters<ToyTrainer['evaluate']>[0], set: EvaluationSet) {
      // A stored release is restored without moments, so its step count is 0.
      if (state.step !== 10) throw new Error('not this one');
      return super.evaluate(state, set);
    }
  }
  const data = toyData({ versions: 1 });
  const strategies = { short: [version('x', { steps: 5 })], long: [version('x', { steps: 10 })] };
  const directory = await temporaryDirectory();
  for (const made of [10, 0]) {
    const { results, failures, trainer } = await run(strategies, { directory, data, trainer: new Picky() });
    expect(names(results)).toEqual(['long']);
    expect(failures.map(({ strategies: whose }) => whose)).toEqual([['short']]);
    expect(trainer.made).toBe(made);
    expect(trainer.alive).toBe(0);
  }
});

test('damaged text found in an evaluation stops the run with an error', async () => {
  class Unreadable extends ToyTrainer {
    override evaluate(): ReturnType<ToyTrainer['evaluate']> {
      return Promise.reject(new BranchlineError('damaged', { message: 'shard 3 was cut off' }));
    }
  }
  const outcome = run({ s: [continual()] }, { trainer: new Unreadable() });
  await expect(outcome).rejects.toMatchObject({ code: 'data', message: 'shard 3 was cut off' });
});

test('an evaluation with a damaged record is repeated and paid for again, and counts once for its strategy', async () => {
  const directory = await temporaryDirectory();
  const first = await run({ s: [continual()] }, { directory });
  const folder = join(directory, 'evaluations');
  const [name] = await readdir(folder);
  await writeFile(join(folder, name!), 'x');
  const second = await run({ s: [continual()] }, { directory });
  const [of] = first.results.strategies;
  // A forward pass over the 10 held-out tokens of one version.
  const evaluation = (10 * 12_345) / 3;
  expect(second.results.actual.flops).toBe(first.results.actual.flops + evaluation);
  expect(second.results.strategies[0]!.cost.standalone.flops).toBe(of!.cost.standalone.flops);
});
