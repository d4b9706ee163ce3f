/**
 * Several seeds in one experiment: each gives the same bits as alone, and an additional seed costs only what is new.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type BillRow, definePlugin, Ledger, type PluginUse, readPlanRecords } from '@branchline/core';
import {
  averaging,
  branching,
  continual,
  hooks,
  model,
  scratch,
  stepwise,
  ToyTrainer,
  temporaryDirectory,
  toyData,
  toySpec,
} from '@branchline/core/fixtures';
import fc from 'fast-check';
import { expect, inject, test } from 'vitest';
import { createExperiment, type Results, type StrategyResult } from '../src/index.js';
import { run } from './run.js';

/** Uses random numbers, losses and charges. */
const drawing = (): PluginUse =>
  definePlugin({
    name: 'drawing',
    onStep: ({ random }) => ({ lr: { factor: 0.5 + random('rate').uniform() } }),
  })();

const focusing = (): PluginUse =>
  definePlugin({
    name: 'focusing',
    reactive: true,
    onVersion: () => ({ forks: ['focus'], release: { path: 'focus' } }),
    onFork: ({ losses }) => {
      const { sequences, loss } = losses();
      const hardest = [...sequences.keys()].sort((a, b) => loss[b]! - loss[a]!).slice(0, 8);
      return { steps: 2, data: { use: 'chosen', sequences: hardest.map((index) => sequences[index]!) } };
    },
  })();

const charging = (tokens: (seed: number) => number): PluginUse =>
  definePlugin({
    name: 'charging',
    onVersion: ({ experiment, version, charge }) => {
      if (version.index === 1) charge({ what: 'scores', tokens: tokens(experiment.seed), flops: 7 });
    },
  })();

const pool = {
  scratch: [scratch()],
  continual: [continual()],
  branching: [branching()],
  averaging: [averaging()],
  drawing: [continual(), drawing()],
  focusing: [focusing()],
} satisfies Record<string, readonly PluginUse[]>;

const small = toyData({ versions: 2, sequences: 24 });
const start = (strategies: Record<string, readonly PluginUse[]>, seeds: readonly number[], more = {}) =>
  run(strategies, { change: { seeds, checkpointEvery: 5 }, data: small, ...more });

/** What a strategy released and cost under a seed, without anything that depends on speed. */
function essence({ name, releases, captures, paths, cost: { standalone, ratioToBaseline } }: StrategyResult) {
  const { tokens, flops, steps } = standalone;
  const published = releases.map(({ cumulative, ...release }) => [release, cumulative.tokens, cumulative.flops]);
  return { name, published, captures, paths, cost: [tokens, flops, steps, ratioToBaseline] };
}
const under = ({ strategies }: Results, seed: number) =>
  strategies.filter((strategy) => strategy.seed === seed).map(essence);

test('under every seed, releases, curves and costs are those of an experiment with that seed alone', async () => {
  const names = Object.keys(pool) as (keyof typeof pool)[];
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.nat(50), { minLength: 2, maxLength: 3 }),
      fc.uniqueArray(fc.constantFrom(...names), { minLength: 1, maxLength: 3 }),
      async (seeds, chosen) => {
        const strategies = Object.fromEntries(chosen.map((name) => [name, pool[name]]));
        const together = await start(strategies, seeds);
        expect(together.failures).toEqual([]);
        expect(together.trainer.alive).toBe(0);
        for (const seed of seeds) {
          const alone = await start(strategies, [seed]);
          expect(under(together.results, seed)).toEqual(alone.results.strategies.map(essence));
          expect(alone.results.strategies.every((strategy) => strategy.seed === seed)).toBe(true);
        }
      },
    ),
    { seed: 1, numRuns: inject('full') ? 5 : 2 },
  );
});

test('a seed added to a finished run trains only its own steps, and leaves earlier entries unchanged', async () => {
  const strategies = { scratch: pool.scratch, averaging: pool.averaging, focusing: pool.focusing };
  const first = await start(strategies, [7]);
  const ledger = await readFile(join(first.directory, 'ledger.jsonl'), 'utf8');
  const checkpoints = await readdir(join(first.directory, 'checkpoints'));
  const more = await start(strategies, [7, 8], { directory: first.directory });
  const alone = await start(strategies, [8]);
  expect(more.trainer.made).toBe(alone.trainer.made);
  expect(under(more.results, 7)).toEqual(under(first.results, 7));
  expect(under(more.results, 8)).toEqual(under(alone.results, 8));
  const after = await readFile(join(first.directory, 'ledger.jsonl'), 'utf8');
  expect(after.startsWith(ledger)).toBe(true);
  const added = (await Ledger.read(join(first.directory, 'ledger.jsonl'))).slice(ledger.trim().split('\n').length);
  expect(new Set(added.map(({ seed }) => seed))).toEqual(new Set([8]));
  expect(await readdir(join(first.directory, 'checkpoints'))).toEqual(expect.arrayContaining(checkpoints));
  const back = await start(strategies, [7], { directory: first.directory });
  expect(back.trainer.made).toBe(0);
  expect(under(back.results, 7)).toEqual(under(first.results, 7));
});

test('every line, state and row has its seed, and all of them add up', async () => {
  const { results, directory } = await start({ scratch: pool.scratch, branching: pool.branching }, [3, 4, 5]);
  const entries = await Ledger.read(join(directory, 'ledger.jsonl'));
  const stepsOf = (seed: number) =>
    entries.filter((entry) => entry.seed === seed).reduce((sum, { steps }) => sum + steps, 0);
  expect(stepsOf(3)).toBeGreaterThan(0);
  expect([stepsOf(4), stepsOf(5)]).toEqual([stepsOf(3), stepsOf(3)]);
  expect(3 * stepsOf(3)).toBe(results.actual.steps);
  const [record] = (await readPlanRecords(directory)).records;
  expect(record).toMatchObject({ seeds: [3, 4, 5], strategies: ['scratch', 'branching'] });
  const seedOf = new Map(record!.states.map(({ key, seed }) => [key, seed]));
  // Rolling states are in no plan.
  for (const { to, seed } of entries) expect(seedOf.get(to) ?? seed).toBe(seed);
  const attributed = (amount: 'tokens' | 'flops' | 'steps') =>
    results.strategies.reduce((sum, { cost }) => sum + cost.attributed[amount], 0);
  expect(attributed('tokens')).toBe(results.graph.tokensTrained);
  expect([attributed('steps'), attributed('flops')]).toEqual([results.actual.steps, results.actual.flops]);
  const bill = (await readFile(join(directory, 'bill.jsonl'), 'utf8')).trim().split('\n');
  const rows = bill.map((line) => JSON.parse(line) as BillRow);
  const owed = rows.reduce((sum, { share }) => sum + BigInt(share.flops), 0n);
  expect(owed).toBe(entries.reduce((sum, { flops }) => sum + BigInt(flops), 0n));
  for (const { state, seed } of rows) expect(seedOf.get(state)).toBe(seed);
});

test('an equal charge of all seeds is paid once and shared; another amount is another charge', async () => {
  const alike = await start({ a: [continual(), charging(() => 100)] }, [1, 2]);
  const charges = async ({ directory }: { directory: string }) =>
    (await Ledger.read(join(directory, 'ledger.jsonl'))).filter(({ kind }) => kind === 'charge');
  expect((await charges(alike)).map(({ tokens }) => tokens)).toEqual([100]);
  const { graph, actual, strategies } = alike.results;
  expect(actual.tokens).toBe(graph.tokensTrained + 100);
  expect(strategies.map(({ cost }) => cost.attributed.tokens).reduce((a, b) => a + b)).toBe(actual.tokens);
  const apart = await start({ a: [continual(), charging((seed) => 100 * seed)] }, [1, 2]);
  expect((await charges(apart)).map(({ tokens, seed }) => [tokens, seed])).toEqual([
    [100, 1],
    [200, 2],
  ]);
});

test('interrupted repeatedly, it ends in the same bits', async () => {
  const strategies = { continual: pool.continual, focusing: pool.focusing, averaging: pool.averaging };
  const undisturbed = await start(strategies, [1, 2]);
  for (const cut of [7, 19]) {
    const directory = await temporaryDirectory();
    for (let attempts = 0; ; attempts++) {
      expect(attempts).toBeLessThan(60);
      const stop = new AbortController();
      const trainer = new ToyTrainer({ beforeStep: (made) => made === cut && stop.abort() });
      const signal = stop.signal;
      const outcome = await start(strategies, [1, 2], { directory, trainer, signal }).catch(() => undefined);
      if (outcome === undefined) continue;
      expect(attempts).toBeGreaterThan(1);
      for (const seed of [1, 2]) expect(under(outcome.results, seed)).toEqual(under(undisturbed.results, seed));
      expect(outcome.results.graph.tokensTrained).toBe(undisturbed.results.graph.tokensTrained);
      break;
    }
  }
});

test('a failure under one seed is reported with the seed, and the others continue', async () => {
  const only = (seed: number) =>
    hooks('moody', {
      onVersion: ({ experiment }) => {
        if (experiment.seed === seed) throw new Error('not this seed');
        return undefined;
      },
    });
  const moody = { scratch: pool.scratch, moody: [only(2)] };
  await expect(start(moody, [1, 2, 3])).rejects.toMatchObject({
    code: 'config',
    problems: [{ plugin: 'moody', strategy: 'moody', message: 'under seed 2: not this seed' }],
  });
  const { results, failures } = await start(moody, [1, 2, 3], { startAnyway: true });
  expect(failures.map(({ strategies, seeds }) => [strategies, seeds])).toEqual([[['moody'], [2]]]);
  expect(results.failures[0]).toMatchObject({ strategies: ['moody'], seeds: [2] });
  expect(results.strategies.map(({ name, seed }) => `${name} ${seed}`)).toEqual([
    'scratch 1',
    'moody 1',
    'scratch 2',
    'scratch 3',
    'moody 3',
  ]);
  const always = hooks('never', {
    onVersion: () => {
      throw new Error('no seed at all');
    },
  });
  const none = await start({ scratch: pool.scratch, never: [always] }, [1, 2], { startAnyway: true });
  expect(none.results.failures.map(({ strategies, seeds }) => [strategies, seeds])).toEqual([[['never'], undefined]]);
});

test('observers receive only events of their own seed', async () => {
  const received: string[] = [];
  const watching = definePlugin({
    name: 'watching',
    observe: ({ seed, experiment }) => ({
      afterRelease: (event) => void received.push(`${experiment.seed} ${event.version} ${'seed' in event}`),
      afterStep: ({ position }) => void (position === 1 && received.push(`${seed} begins`)),
    }),
  })();
  await start({ a: [continual(), watching] }, [4, 9]);
  expect(received).toEqual(['4 begins', '4 1 false', '4 2 false', '9 begins', '9 1 false', '9 2 false']);
});

test('a budget and a disk limit apply to all seeds together', async () => {
  const one = await start({ a: pool.continual }, [1]);
  const budget = { tokens: one.results.actual.tokens * 2 - 1 };
  const spec = { seeds: [1, 2], budget };
  await expect(start({ a: pool.continual }, [1, 2], { change: spec })).rejects.toThrow(/seed 1/);
  const fits = { ...spec, budget: { tokens: budget.tokens + 1 } };
  expect((await start({ a: pool.continual }, [1, 2], { change: fits })).failures).toEqual([]);
});

test('seeds must be given, and different', async () => {
  for (const seeds of [[], [1, 1]]) {
    const spec = toySpec({ a: pool.continual }, { seeds });
    const parts = { spec, model, data: toyData(), trainer: new ToyTrainer(), directory: await temporaryDirectory() };
    await expect(createExperiment(parts).plan()).rejects.toThrow('at least one seed');
  }
});

test('a problem of a strategy is reported once, for any number of seeds', async () => {
  const wrong = stepwise('wrong', () => ({ lr: { factor: -1 } }));
  const refused = start({ scratch: pool.scratch, wrong: [wrong] }, [1, 2, 3]);
  await expect(refused).rejects.toMatchObject({ problems: [{ strategy: 'wrong', plugin: 'wrong' }] });
  await expect(start({ scratch: pool.scratch, empty: [] }, [1, 2])).rejects.toThrow(
    /^[^\n]*at least one plugin\n[^\n]*$/,
  );
});
