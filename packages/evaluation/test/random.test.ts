/** Random strategies: run together, alone, one after another or cut at random, they give bit-identical results. */

import {
  BranchlineError,
  constant,
  cosine,
  type ForkPart,
  knee,
  type PluginUse,
  stableDecay,
  type VersionPart,
} from '@branchline/core';
import { hooks, model, ToyTrainer, temporaryDirectory, toyData, toySpec } from '@branchline/core/fixtures';
import fc from 'fast-check';
import { expect, inject, test } from 'vitest';
import { createExperiment, type Results } from '../src/index.js';

const schedule = fc.constantFrom(constant(), cosine(), knee(0.4), stableDecay(0.3));
const flag = fc.boolean();

/** Fields that a random plugin sets for every version except the first, which starts from fresh weights. */
const behaviour = fc.record({
  start: fc.constantFrom<VersionPart['start'][]>(
    { from: 'scratch' },
    { from: 'tip' },
    { from: 'release' },
    { from: 'release', version: 1 },
  ),
  data: fc.constantFrom<VersionPart['data'][]>({ use: 'new' }, { use: 'all' }, { use: 'mixture', replay: 0.3 }),
  order: fc.constantFrom<VersionPart['order'][]>({}, { by: { by: 'ascending' } }, { scope: 'by-version' }),
  steps: fc.option(fc.integer({ min: 1, max: 14 }), { nil: undefined }),
  lr: fc.record({ schedule, warmup: fc.integer({ min: 0, max: 4 }) }),
  carry: fc.record({ optimizer: flag, schedule: flag }),
  fork: fc.option(
    fc.record({
      at: fc.nat(10),
      steps: fc.integer({ min: 1, max: 8 }),
      lr: fc.record({ schedule }),
      carry: fc.record({ optimizer: flag, data: flag }),
    }),
    { nil: undefined },
  ),
  average: fc.option(fc.uniqueArray(fc.nat(4), { minLength: 1, maxLength: 3 }), { nil: undefined }),
});

function pluginOf({
  fork,
  average,
  start,
  ...rest
}: typeof behaviour extends fc.Arbitrary<infer T> ? T : never): PluginUse {
  const weight = 1 / (average?.length ?? 1);
  return hooks('random', {
    onVersion: ({ version: { index } }): VersionPart => ({
      ...rest,
      ...(index > 1 && { start }),
      ...(fork && { steps: 10, forks: ['b'] }),
      release: {
        path: fork ? 'b' : 'main',
        ...(average && { average: average.map((stepsBack) => ({ stepsBack, weight })) }),
      },
    }),
    onFork: (): ForkPart => fork!,
  });
}

type Strategies = Readonly<Record<string, readonly PluginUse[]>>;

async function run(strategies: Strategies, directory: string, stop?: number) {
  const controller = new AbortController();
  const trainer = new ToyTrainer({ beforeStep: (made) => made + 1 === stop && controller.abort() });
  const parts = { spec: toySpec(strategies), model, data: toyData({ versions: 3 }), trainer, directory };
  const experiment = createExperiment(parts);
  const { signal } = controller;
  try {
    const plan = await experiment.plan();
    return (await experiment.run(plan, { command: 'test', signal, startAnyway: true })).results;
  } catch (error) {
    // Interrupted on purpose, or an invalid plan: averages that reach before the first step are refused.
    if (error instanceof BranchlineError && ['interrupted', 'plan'].includes(error.code)) return undefined;
    throw error;
  } finally {
    expect(trainer.alive).toBe(0);
  }
}

/** Digests and standalone costs of all completed strategies. */
function summary(...all: readonly (Results | undefined)[]) {
  const found = new Map<string, unknown>();
  for (const results of all) {
    for (const { name, releases, cost } of results?.strategies ?? []) {
      found.set(name, [
        cost.standalone.tokens,
        cost.standalone.flops,
        ...releases.map(({ weightsDigest }) => weightsDigest),
      ]);
    }
  }
  return Object.fromEntries([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

test('together, alone, added one by one, cut anywhere: the same releases and the same bill', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(behaviour, { minLength: 1, maxLength: 3 }),
      fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 4 }),
      async (behaviours, stops) => {
        const strategies = Object.fromEntries(behaviours.map((choice, index) => [`s${index}`, [pluginOf(choice)]]));
        const entries = Object.entries(strategies);
        const together = summary(await run(strategies, await temporaryDirectory()));

        const alone = [];
        for (const [name, plugins] of entries) alone.push(await run({ [name]: plugins }, await temporaryDirectory()));
        expect(summary(...alone)).toEqual(together);

        const growing = await temporaryDirectory();
        let last: Results | undefined;
        for (let count = 1; count <= entries.length; count++)
          last = await run(Object.fromEntries(entries.slice(-count)), growing);
        expect(summary(last)).toEqual(together);

        const cut = await temporaryDirectory();
        for (const stop of stops) await run(strategies, cut, stop);
        const finished = await run(strategies, cut);
        expect(summary(finished)).toEqual(together);
        if (finished) expect(finished.actual.tokens).toBe(finished.graph.tokensTrained);
      },
    ),
    { numRuns: inject('full') ? 8 : 3 },
  );
}, 300_000);
