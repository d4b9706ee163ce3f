/**
 * Budgets: a plan that does not fit is refused before the start; a used-up budget stops the run with everything stored,
 * and the run continues when the budget is raised.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Budget, PriceTable } from '@branchline/core';
import { branching, continual, scratch, ToyTrainer, temporaryDirectory } from '@branchline/core/fixtures';
import { afterEach, expect, test, vi } from 'vitest';
import { digests, run } from './run.js';

const strategies = () => ({ scratch: [scratch()], continual: [continual()], branching: [branching()] });
const undisturbed = await run(strategies());
const { actual } = undisturbed.results;

/** Steps that measure the speed: those of the longest segment, the last one of `scratch`. */
const PROBE = 17;

/** A price and a power that make a second of this trainer expensive. */
const dear: PriceTable = {
  currency: 'EUR',
  devices: [
    {
      match: 'cpu',
      unit: 'device',
      price: { perHour: 3600, source: 'test', date: '2026-11-20' },
      power: { watts: 1000, source: 'test', date: '2026-11-20' },
    },
  ],
};

/** A trainer whose steps take the given milliseconds on a fake clock. */
function timed(milliseconds: (made: number) => number): ToyTrainer {
  let now = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  return new ToyTrainer({
    beforeStep: (made) => {
      now += milliseconds(made);
    },
  });
}

afterEach(() => {
  vi.restoreAllMocks();
});

test.each<[string, Budget]>([
  ['tokens', { tokens: actual.tokens - 1 }],
  ['flops', { flops: actual.flops - 1 }],
])(
  'a plan that needs one %s too many is refused before the start, and its largest part is named',
  async (resource, budget) => {
    const directory = await temporaryDirectory();
    const trainer = new ToyTrainer();
    const refused = run(strategies(), { directory, trainer, change: { budget } });
    await expect(refused).rejects.toMatchObject({ code: 'budget', problems: [{ configPath: `budget.${resource}` }] });
    await expect(refused).rejects.toThrow(/largest part is version 4, path main of "scratch": \d+% of the \d+ steps/);
    expect(trainer.made).toBe(0);
    expect(await readdir(join(directory, 'checkpoints'))).toEqual([]);
    // A budget of exactly what is needed is enough.
    const exact = { tokens: actual.tokens, flops: actual.flops };
    expect(digests((await run(strategies(), { directory, change: { budget: exact } })).results)).toEqual(
      digests(undisturbed.results),
    );
  },
);

test('earlier cost counts: a second strategy has only the rest of the budget', async () => {
  const directory = await temporaryDirectory();
  const first = await run({ continual: [continual()] }, { directory });
  const { tokens } = first.results.actual;
  const refused = run(strategies(), { directory, change: { budget: { tokens: actual.tokens - 1 } } });
  await expect(refused).rejects.toThrow(new RegExp(`needs \\d+ tokens, ${tokens} tokens of it spent before`));
  // A run that needs nothing more fits any budget.
  const stored = await run({ continual: [continual()] }, { directory, change: { budget: { tokens: 1 } } });
  expect(stored.trainer.made).toBe(0);
});

test('a time budget runs out between steps, everything is stored, and a larger budget gives bit-identical results', async () => {
  const directory = await temporaryDirectory();
  // Steps are fast while the speed is measured and slow during training, which cannot be known before.
  const trainer = timed((made) => (made < PROBE ? 1 : 5));
  const budget = { money: 0.2 };
  const stopped = run(strategies(), { directory, trainer, change: { budget, prices: dear } });
  await expect(stopped).rejects.toThrow(/the budget of 0\.2 EUR is used up; everything up to the last step is stored/);
  await expect(stopped).rejects.toMatchObject({ code: 'budget', problems: [{ configPath: 'budget.money' }] });
  expect(trainer.alive).toBe(0);
  // 5 ms cost 0.005 EUR; the first steps measured the speed.
  const made = trainer.made - PROBE;
  expect(made).toBe(40);
  vi.restoreAllMocks();

  const more = await run(strategies(), { directory, change: { budget: { money: 1e6 }, prices: dear } });
  expect(digests(more.results)).toEqual(digests(undisturbed.results));
  expect(more.trainer.made).toBe(actual.steps - made);
  expect(more.results.actual).toMatchObject({ steps: actual.steps, tokens: actual.tokens, flops: actual.flops });
});

test('a budget of time, energy or money below the estimate from the measured speed is refused before the start', async () => {
  for (const budget of [{ deviceHours: 1e-9 }, { energy: 1e-9 }, { money: 1e-9 }]) {
    const trainer = timed(() => 3);
    const refused = run(strategies(), { trainer, change: { budget, prices: dear } });
    await expect(refused).rejects.toThrow(/the plan needs about .*; the budget is/);
    // Some steps were made to measure the speed, on a discarded state.
    expect([trainer.made, trainer.alive]).toEqual([PROBE, 0]);
  }
});

test('an estimate that wobbles around the budget warns; what even the fastest speed exceeds is refused', async () => {
  // On a loaded machine, most of the measured steps take ten times as long as the fastest.
  const wobbling = () => timed((made) => (made % 5 === 4 ? 1 : 10));
  const needed = (milliseconds: number) => (actual.steps * milliseconds) / 1000;
  const directory = await temporaryDirectory();
  const change = { budget: { money: needed(5) }, prices: dear };
  const outcome = await run(strategies(), { trainer: wobbling(), directory, change }).catch((error: unknown) => error);
  // It starts, and stops when the budget is used up.
  expect(String(outcome)).toMatch(/is used up; everything up to the last step is stored/);
  vi.restoreAllMocks();
  const warned = await run(strategies(), { trainer: timed((made) => (made < PROBE && made !== 3 ? 10 : 1)), change });
  expect(warned.warnings).toEqual([
    expect.stringMatching(/needs about .*rough estimate \(.* at the fastest speed seen\)/),
  ]);
  expect(digests(warned.results)).toEqual(digests(undisturbed.results));
  vi.restoreAllMocks();
  const change2 = { ...change, budget: { money: needed(0.5) } };
  await expect(run(strategies(), { trainer: wobbling(), change: change2 })).rejects.toThrow(/Nothing was started/);
});

test('started anyway, a run with too small a budget trains until it is used up', async () => {
  const directory = await temporaryDirectory();
  const change = { budget: { tokens: actual.tokens - 1 } };
  const trainer = new ToyTrainer();
  const stopped = run(strategies(), { directory, trainer, change, startAnyway: true });
  await expect(stopped).rejects.toThrow(/is used up/);
  expect(trainer.made).toBe(actual.steps - 1);
});

test('a budget that needs an unknown price is a problem of the config', async () => {
  const change = { budget: { money: 1, energy: 1 }, prices: { currency: 'USD', devices: [] } };
  const refused = run(strategies(), { change });
  await expect(refused).rejects.toMatchObject({
    code: 'config',
    problems: [{ configPath: 'budget.energy' }, { configPath: 'budget.money' }],
  });
});

test('a ledger has one currency', async () => {
  const directory = await temporaryDirectory();
  await run({ continual: [continual()] }, { directory, change: { prices: { ...dear, currency: 'USD' } } });
  const other = run({ continual: [continual()] }, { directory, change: { prices: dear } });
  await expect(other).rejects.toThrow(/prices.currency: is EUR, but the ledger of this run directory is in USD/);
});
