/** After a collection, a run resumes as if there had been none, for any training and any interruption. */
import { cp, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { BranchlineError, definePlugin, missingTargets, RunEmitter } from '@branchline/core';
import { createExperiment } from '@branchline/evaluation';
import { continual, fromScratch } from '@branchline/plugin-baselines';
import { modelAveraging } from '@branchline/plugin-model-averaging';
import { pathSwitching } from '@branchline/plugin-path-switching';
import { inTemporaryDirectory, type Strategies, smallExperiment, syntheticData } from '@branchline/testing';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, inject, test, vi } from 'vitest';
import { checkpointIndex } from './checkpoints.js';
import { collectGarbage, type GcArguments } from './gc.js';
import { takeInventory } from './inventory.js';

let printed = '';
beforeEach(() => {
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => (printed = String(text)) !== '');
});
afterEach(() => vi.restoreAllMocks());

/** Reactive: after half of every version, trains on the half of the text with the higher loss. */
const focusing = definePlugin({
  name: 'focusing',
  reactive: true,
  onVersion: () => ({ steps: 7, forks: ['focus'], release: { path: 'focus' } }),
  onFork: {
    focus({ losses }) {
      const { sequences, loss } = losses();
      const hardest = [...sequences.keys()].sort((a, b) => loss[b]! - loss[a]!).slice(0, 20);
      return { steps: 4, at: 5, data: { use: 'chosen', sequences: hardest.map((index) => sequences[index]!) } };
    },
  },
});

const STRATEGIES = {
  scratch: [fromScratch()],
  continual: [continual()],
  switching: [pathSwitching({ alpha: 0.4 })],
  averaging: [pathSwitching({ alpha: 0.6 }), modelAveraging({ last: 3, every: 2 })],
  'averaged main': [continual(), modelAveraging({ last: 2, every: 3 })],
  focusing: [focusing()],
} satisfies Strategies;

type Name = keyof typeof STRATEGIES;

const pick = (names: readonly Name[]): Strategies =>
  Object.fromEntries(names.map((name) => [name, STRATEGIES[name]] as const));

/**
 * Runs to the end or until `stopAfter` steps are trained. Returns the number of steps and the digests of the final
 * states.
 */
async function run(directory: string, names: readonly Name[], stopAfter?: number) {
  const controller = new AbortController();
  const events = new RunEmitter();
  let made = 0;
  events.on('step', () => {
    made++;
    if (made === stopAfter) controller.abort();
  });
  const data = syntheticData({ versions: [40, 40, 40] });
  const experiment = createExperiment({ ...smallExperiment({ strategies: pick(names), data }, directory), events });
  const { signal } = controller;
  try {
    const { results } = await experiment.run(await experiment.plan(), { command: 'test', signal });
    const releases = results.strategies.flatMap(({ releases: own }) => own.map(({ weightsDigest }) => weightsDigest));
    return { made, releases };
  } catch (error) {
    if (!(error instanceof BranchlineError) || error.code !== 'interrupted') throw error;
    return { made, releases: undefined };
  }
}

const gc = (run: string, options: Partial<GcArguments> = {}) =>
  collectGarbage({ run, dryRun: false, plan: 'all', releasesOnly: false, damaged: false, json: true, ...options });

/** Releases and captures of all plans that are stored. */
async function storedTargets(directory: string): Promise<readonly string[]> {
  const { checkpoints, plans } = await takeInventory(directory);
  const index = checkpointIndex(checkpoints);
  return plans.flatMap((plan) => {
    const missing = new Set(missingTargets(plan, index).map(({ key }) => key));
    const targets = plan.states.filter(({ roles }) => roles.some(({ role }) => role === 'release'));
    return targets.map(({ key }) => key).filter((key) => !missing.has(key));
  });
}

const names = fc.uniqueArray(fc.constantFrom(...(Object.keys(STRATEGIES) as Name[])), { minLength: 1, maxLength: 3 });
const start = fc.record({ names, stopAfter: fc.option(fc.integer({ min: 1, max: 60 }), { nil: undefined }) });
const starts = fc.array(start, { minLength: 1, maxLength: 3 });
const options = fc.record({ plan: fc.constantFrom('all' as const, 'last' as const), releasesOnly: fc.boolean() });

test('after a collection the last run resumes with the same steps to the same bits, and by default so do others', async () => {
  await fc.assert(
    fc.asyncProperty(starts, options, (history, choice) =>
      inTemporaryDirectory(async (parent) => {
        const [left, cleaned] = [join(parent, 'left'), join(parent, 'cleaned')];
        for (const { names: own, stopAfter } of history) await run(left, own, stopAfter);
        await cp(left, cleaned, { recursive: true });
        const before = await storedTargets(left);
        await gc(cleaned, choice);
        const forgets = choice.plan === 'last';
        if (!forgets) expect(await storedTargets(cleaned)).toEqual(before);
        expect((await takeInventory(cleaned)).plans.length).toBe(
          forgets ? 1 : (await takeInventory(left)).plans.length,
        );

        const last = history.at(-1)!.names;
        const [ended, untouched] = [await run(cleaned, last), await run(left, last)];
        // A reactive strategy's later needs are unknown, and may include forks of other plans, which were deleted.
        if (choice.releasesOnly && last.includes('focusing')) expect(ended.releases).toEqual(untouched.releases);
        else expect(ended).toEqual(untouched);
        if (forgets || choice.releasesOnly) return;
        const first = history[0]!.names;
        expect(await run(cleaned, first)).toEqual(await run(left, first));
      }),
    ),
    { seed: 1, numRuns: inject('full') ? 12 : 4 },
  );
}, 300_000);

test('a finished run keeps what it would keep itself; with less, the rest is trained again', async () => {
  await inTemporaryDirectory(async (directory) => {
    const own = ['switching', 'averaging'] as const;
    const straight = await run(directory, own);
    const stored = await readdir(join(directory, 'checkpoints'));
    await gc(directory);
    expect(JSON.parse(printed)).toMatchObject({ deleted: [], forgotten: [], bytes: { freed: 0 } });
    expect(await readdir(join(directory, 'checkpoints'))).toEqual(stored);

    await gc(directory, { releasesOnly: true, dryRun: true });
    expect(await readdir(join(directory, 'checkpoints'))).toEqual(stored);
    const result = JSON.parse(printed) as { deleted: { key: string }[]; kept: { key: string }[] };
    await gc(directory, { releasesOnly: true });
    expect(JSON.parse(printed)).toEqual({ ...result, dryRun: false });
    expect((await readdir(join(directory, 'checkpoints'))).sort()).toEqual(result.kept.map(({ key }) => key).sort());
    expect(result.kept).toHaveLength(6);
    expect(await run(directory, own)).toEqual({ made: 0, releases: straight.releases });

    // All forks are gone, so another strategy trains from the start.
    const fresh = await inTemporaryDirectory((other) => run(other, ['scratch']));
    expect(await run(directory, ['scratch'])).toEqual(fresh);
    await gc(directory, { plan: 'last' });
    expect(JSON.parse(printed)).toMatchObject({ forgotten: [{ strategies: [...own] }] });
  });
});
