/** Disk space: the forecast before the first step is exact, and a limit is never exceeded. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  BranchlineError,
  CheckpointStore,
  forecastDisk,
  keptForOthers,
  RunEmitter,
  readPlanRecords,
  targetsOf,
} from '@branchline/core';
import {
  averaging,
  BallastTrainer,
  branching,
  captured,
  checkpointBytes,
  heavyModel,
  hooks,
  inDirectory,
  type Strategies,
  scratch,
  strategies,
  toyData,
  toySpec,
  WEIGHTS,
} from '@branchline/core/fixtures';
import fc from 'fast-check';
import { expect, inject, test } from 'vitest';
import { createExperiment } from '../src/index.js';

/** Upper bound of the length of a safetensors header in these tests, times the number of files. */
const HEADER = 400;

interface Run {
  readonly strategies: Strategies;
  readonly directory: string;
  readonly checkpointEvery: number;
  readonly seeds?: readonly number[];
  readonly diskLimit?: number;
  /** The run is interrupted before this step, counted by the trainer. */
  readonly stop?: number;
}

/** Disk forecast of a run that begins now. */
async function forecast({ strategies, directory, checkpointEvery, seeds }: Run) {
  const { plan } = await prepare({ strategies, directory, checkpointEvery, seeds });
  const { store } = await CheckpointStore.look(join(directory, 'checkpoints'));
  const { records } = await readPlanRecords(directory);
  const kept = keptForOthers(
    records.filter((record) => record.plan !== plan.digest),
    store,
  );
  return forecastDisk({ graph: plan.graph, targets: targetsOf(plan), store, parameters: heavyModel.parameters, kept });
}

async function prepare({ strategies, directory, stop, seeds = [7], ...rest }: Run) {
  const change = { ...rest, seeds };
  const controller = new AbortController();
  const trainer = new BallastTrainer(directory, { beforeStep: (made) => made + 1 === stop && controller.abort() });
  const spec = toySpec(strategies, change);
  const events = new RunEmitter();
  const parts = { spec, model: heavyModel, data: toyData({ versions: 3 }), trainer, directory, events };
  const experiment = createExperiment(parts);
  return { experiment, events, plan: await experiment.plan(), trainer, signal: controller.signal };
}

/**
 * Returns the peak of checkpoint bytes, the steps that were left to train and, if the run completed, the digests of the
 * weights.
 */
async function run(options: Run) {
  const { experiment, events, plan, trainer, signal } = await prepare(options);
  let left = 0;
  events.on('runStart', ({ steps }) => {
    left = steps;
  });
  let digests: readonly string[] | undefined;
  try {
    const { results } = await experiment.run(plan, { command: 'test', signal });
    digests = results.strategies.flatMap(({ releases }) => releases.map(({ weightsDigest }) => weightsDigest));
  } catch (error) {
    if (!(error instanceof BranchlineError) || error.code !== 'interrupted') throw error;
  }
  return { digests, left, most: trainer.most };
}

/** Bytes as a number of states without moments, for any header length. */
const units = (bytes: number) => Math.floor(bytes / WEIGHTS);

/** A limit of that many states. */
const limitOf = (count: number) => count * (WEIGHTS + HEADER);

const checkpointEvery = fc.constantFrom(1, 2, 4, 7, 50);

const seeds = fc.constantFrom([7], [7], [3, 9]);

const stops = fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 2 });

const check = (
  numRuns: number,
  holds: (choice: Omit<Run, 'directory'>, cuts: readonly (number | undefined)[]) => Promise<void>,
) =>
  fc.assert(
    fc.asyncProperty(strategies, checkpointEvery, stops, seeds, (choice, every, cuts, under) =>
      holds({ strategies: choice, checkpointEvery: every, seeds: under }, [...cuts, undefined]),
    ),
    { seed: 1, numRuns },
  );

test('a run takes what was forecast: at its peak, even when it is stopped, and at its end', async () => {
  await check(inject('full') ? 20 : 6, (choice, cuts) =>
    inDirectory(async (directory) => {
      const { peak, least, end, checkpoints } = await forecast({ ...choice, directory });
      expect(least).toBeLessThanOrEqual(peak);
      let most = 0;
      for (const stop of cuts) {
        const now = await forecast({ ...choice, directory });
        expect(units(now.peak)).toBeLessThanOrEqual(units(peak));
        const ended = await run({ ...choice, directory, stop });
        expect(units(ended.most)).toBeLessThanOrEqual(units(now.peak));
        most = Math.max(most, ended.most);
      }
      // When a state inside every segment is stored, the forecast is exact.
      if (choice.checkpointEvery === 1) expect(units(most)).toBe(units(peak));
      const stored = await CheckpointStore.look(join(directory, 'checkpoints'));
      expect(units(await checkpointBytes(directory))).toBe(units(end));
      expect(stored.store.list()).toHaveLength(checkpoints);
    }),
  );
}, 300_000);

test('the forecast is exact even when some stored states are lost', async () => {
  await fc.assert(
    fc.asyncProperty(strategies, fc.array(fc.boolean(), { minLength: 30, maxLength: 30 }), (choice, lost) =>
      inDirectory(async (directory) => {
        // Stores every state that these strategies pass through, without a plan record that needs it.
        const keepAll = Object.entries(choice).map(
          ([name, uses]) => [name, [...uses.slice(0, 2), captured(1)]] as const,
        );
        const isOwnCapture = Object.values(choice).some((uses) =>
          uses.some(({ plugin }) => plugin.name === 'capturing'),
        );
        fc.pre(!isOwnCapture);
        await run({ strategies: Object.fromEntries(keepAll), directory, checkpointEvery: 1 });
        await rm(join(directory, 'plans'), { recursive: true });
        const { store } = await CheckpointStore.look(join(directory, 'checkpoints'));
        for (const [index, { key }] of store.list().entries()) {
          if (lost[index % lost.length]) await rm(join(directory, 'checkpoints', key), { recursive: true });
        }
        const options = { strategies: choice, directory, checkpointEvery: 1 };
        const before = await checkpointBytes(directory);
        const { peak, end, checkpoints } = await forecast(options);
        const { most } = await run(options);
        expect(units(Math.max(before, most))).toBe(units(peak));
        expect(units(await checkpointBytes(directory))).toBe(units(end));
        expect((await CheckpointStore.look(join(directory, 'checkpoints'))).store.list()).toHaveLength(checkpoints);
      }),
    ),
    { seed: 1, numRuns: inject('full') ? 20 : 3 },
  );
}, 300_000);

test('the smallest possible limit is kept, gives the same bits, and is enough to continue after an interruption', async () => {
  await check(inject('full') ? 12 : 4, async (choice, cuts) => {
    const { digests } = await inDirectory((directory) => run({ ...choice, directory }));
    await inDirectory(async (directory) => {
      const { least } = await forecast({ ...choice, directory });
      const diskLimit = limitOf(units(least));
      await expect(run({ ...choice, directory, diskLimit: least - 1 })).rejects.toThrow(
        /disk: is \d+ bytes, but checkpoints need at least \d+ at once/,
      );
      expect(await checkpointBytes(directory)).toBe(0);

      let last: Awaited<ReturnType<typeof run>> | undefined;
      for (const stop of cuts) {
        last = await run({ ...choice, directory, diskLimit, stop });
        expect(last.most).toBeLessThanOrEqual(diskLimit);
      }
      expect(last!.digests).toEqual(digests);
    });
  });
}, 300_000);

test('states of an earlier run are evicted for a new strategy, except releases', async () => {
  await inDirectory(async (directory) => {
    const checkpointEvery = 4;
    const first = { branching: [branching()], averaging: [branching(), averaging()] };
    const before = await run({ strategies: first, directory, checkpointEvery });

    const grown = { strategies: { ...first, 'from scratch': [scratch()] }, directory, checkpointEvery };
    const { peak, least } = await forecast(grown);
    expect(least).toBeLessThan(peak);
    const diskLimit = limitOf(units(least));
    const after = await run({ ...grown, diskLimit });
    expect(after.most).toBeLessThanOrEqual(diskLimit);
    expect(after.digests!.slice(0, before.digests!.length)).toEqual(before.digests);
  });
});

test('a limit is enforced even when nothing is left to train', async () => {
  await inDirectory(async (directory) => {
    const own = { strategies: { branching: [branching()] }, directory, checkpointEvery: 4 };
    const before = await run(own);
    const { least } = await forecast(own);
    expect(least).toBeLessThan(await checkpointBytes(directory));
    expect(await run({ ...own, diskLimit: least })).toEqual({ ...before, left: 0, most: 0 });
    expect(await checkpointBytes(directory)).toBe(least);
  });
});

test('a release that is part of an average in another plan is kept, and so is a fork that another plan passed', async () => {
  const continuing = hooks('continuing', {
    onVersion: ({ version: { index } }) => ({ ...(index > 1 && { start: { from: 'tip' as const } }) }),
  });
  await inDirectory(async (directory) => {
    const every = { directory, checkpointEvery: 3 };
    const released = { strategies: { released: [continuing] }, ...every };
    const averaged = { strategies: { averaged: [continuing, averaging(3, 2)] }, ...every };
    const before = await run(released);
    await run(averaged);
    expect(await run({ ...released, diskLimit: 1e9 })).toEqual({ ...before, left: 0, most: 0 });

    // Where one plan was stopped, the paths of another diverge. The record of the first plan was deleted.
    const fork = { strategies: { branching: [branching(0.4)] }, ...every };
    for (const stop of [4, 5, 6, 7, 8, 9]) {
      await inDirectory(async (other) => {
        await run({ ...released, directory: other, stop });
        await rm(join(other, 'plans'), { recursive: true });
        const { digests } = await inDirectory((fresh) => run({ ...fork, directory: fresh }));
        expect((await run({ ...fork, directory: other })).digests).toEqual(digests);
      });
    }
  });
});

test('no run deletes what another plan releases or continues from', async () => {
  const history = fc.array(
    fc.record({ choice: strategies, every: checkpointEvery, cut: fc.option(fc.integer({ min: 1, max: 40 })) }),
    {
      minLength: 2,
      maxLength: 3,
    },
  );
  await fc.assert(
    fc.asyncProperty(history, fc.boolean(), (starts, bounded) =>
      inDirectory(async (directory) => {
        const published = new Set<string>();
        const runs = starts.map(({ choice, every, cut }) => ({
          ...{ strategies: choice, directory, checkpointEvery: every },
          stop: cut ?? undefined,
        }));
        for (const each of runs) {
          const { least } = await forecast(each);
          await run({ ...each, ...(bounded && { diskLimit: limitOf(units(least)) }) });
          const { store } = await CheckpointStore.look(join(directory, 'checkpoints'));
          for (const key of published) expect(store.has(key)).toBe(true);
          const { records } = await readPlanRecords(directory);
          for (const { key, roles } of records.flatMap(({ states }) => states)) {
            if (store.has(key) && roles.some(({ role }) => role === 'release' || role === 'capture'))
              published.add(key);
          }
        }
        const first = { ...runs[0]!, stop: undefined };
        const alone = await inDirectory(async (other) => {
          await run({ ...runs[0]!, directory: other });
          return run({ ...first, directory: other });
        });
        const again = await run(first);
        expect(again.left).toBeLessThanOrEqual(alone.left);
        expect(again.digests).toEqual(alone.digests);
      }),
    ),
    { seed: 1, numRuns: inject('full') ? 12 : 4 },
  );
}, 300_000);
