/** Disk: what is forecast before the first step is what happens, and a limit is held to the byte. */
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  BranchlineError,
  CheckpointStore,
  createExperiment,
  forecastDisk,
  type PluginUse,
  type StepPart,
  targetsOf,
} from '../src/index.js';
import { BallastTrainer, checkpointBytes, heavyModel, inDirectory, UNIT } from './ballast.js';
import { averaging, branching, continual, hooks, scratch, stableDecay, stepwise } from './plugins.js';
import { toyData, toySpec } from './toy.js';

type Strategies = Readonly<Record<string, readonly PluginUse[]>>;

/** Length, times its number of files, of a safetensors header of these tests, at most. */
const HEADER = 600;

interface Run {
  readonly strategies: Strategies;
  readonly directory: string;
  readonly checkpointEvery: number;
  readonly diskLimit?: number;
  /** The step, counted by the trainer, before which the run is interrupted. */
  readonly stop?: number;
}

/** What a run that begins now would take. */
async function forecast({ strategies, directory, checkpointEvery }: Run) {
  const { plan } = await prepare({ strategies, directory, checkpointEvery });
  const { store } = await CheckpointStore.look(join(directory, 'checkpoints'));
  return forecastDisk({ graph: plan.graph, targets: targetsOf(plan), store, parameters: heavyModel.parameters });
}

async function prepare({ strategies, directory, stop, ...change }: Run) {
  const controller = new AbortController();
  const trainer = new BallastTrainer(directory, { beforeStep: (made) => made + 1 === stop && controller.abort() });
  const spec = toySpec(strategies, change);
  const experiment = createExperiment({ spec, model: heavyModel, data: toyData({ versions: 3 }), trainer, directory });
  return { experiment, plan: await experiment.plan(), trainer, signal: controller.signal };
}

/** Tells the most that lay on the disk and, when the run came to its end, the weights. */
async function run(options: Run) {
  const { experiment, plan, trainer, signal } = await prepare(options);
  let digests: readonly string[] | undefined;
  try {
    const { results } = await experiment.run(plan, { command: 'test', signal });
    digests = results.strategies.flatMap(({ releases }) => releases.map(({ weightsDigest }) => weightsDigest));
  } catch (error) {
    if (!(error instanceof BranchlineError) || error.code !== 'interrupted') throw error;
  }
  return { digests, most: trainer.most };
}

/** Bytes in checkpoints, however long their headers are. */
const units = (bytes: number) => Math.floor(bytes / UNIT);

/** A limit of so many checkpoints. */
const limitOf = (count: number) => count * (UNIT + HEADER);

const share = fc.constantFrom(0.2, 0.5, 0.7);
const average = fc.record({ last: fc.integer({ min: 2, max: 4 }), every: fc.integer({ min: 1, max: 3 }) });
const captured = (every: number) => stepwise('capturing', (step): StepPart => ({ capture: step % every === 2 }));
/** Every version from the first release, some of it taken over. */
const fromFirst = (optimizer: boolean) =>
  hooks('from-first', {
    onVersion: ({ version: { index } }) => ({
      ...(index > 1 && { start: { from: 'release' as const, version: 1 } }),
      carry: { optimizer },
    }),
  });

const plugins = fc.oneof(
  fc.constant([scratch()]),
  fc.constant([continual()]),
  share.map((choice) => [stableDecay(choice)]),
  share.map((choice) => [branching(choice)]),
  fc.tuple(share, average).map(([choice, { last, every }]) => [branching(choice), averaging(last, every)]),
  average.map(({ last, every }) => [continual(), averaging(last, every)]),
  fc.integer({ min: 4, max: 9 }).map((every) => [continual(), captured(every)]),
  fc.boolean().map((optimizer) => [fromFirst(optimizer)]),
);

const strategies = fc
  .array(plugins, { minLength: 1, maxLength: 4 })
  .map((list): Strategies => Object.fromEntries(list.map((uses, index) => [`s${index}`, uses])));

const checkpointEvery = fc.constantFrom(1, 2, 4, 7, 50);

const stops = fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 2 });

const check = (
  numRuns: number,
  holds: (choice: Omit<Run, 'directory'>, cuts: readonly (number | undefined)[]) => Promise<void>,
) =>
  fc.assert(
    fc.asyncProperty(strategies, checkpointEvery, stops, (choice, every, cuts) =>
      holds({ strategies: choice, checkpointEvery: every }, [...cuts, undefined]),
    ),
    { seed: 1, numRuns },
  );

test('a run takes what was forecast: at its fullest, also when it is stopped, and at its end', async () => {
  await check(20, (choice, cuts) =>
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
      // Where a state inside every segment is stored, the forecast is exact.
      if (choice.checkpointEvery === 1) expect(units(most)).toBe(units(peak));
      const stored = await CheckpointStore.look(join(directory, 'checkpoints'));
      expect(units(await checkpointBytes(directory))).toBe(units(end));
      expect(stored.store.list()).toHaveLength(checkpoints);
    }),
  );
}, 60_000);

test('the least limit is held, ends in the same bits, and is enough to go on after an interruption', async () => {
  await check(12, async (choice, cuts) => {
    const { digests } = await inDirectory((directory) => run({ ...choice, directory }));
    await inDirectory(async (directory) => {
      const least = units((await forecast({ ...choice, directory })).least);
      const diskLimit = limitOf(least);
      const tight = { ...choice, directory, diskLimit: diskLimit - UNIT };
      await expect(run(tight)).rejects.toThrow(/disk: is \d+ bytes, but checkpoints need at least \d+ at once/);
      expect(await checkpointBytes(directory)).toBe(0);

      let last: Awaited<ReturnType<typeof run>> | undefined;
      for (const stop of cuts) {
        last = await run({ ...choice, directory, diskLimit, stop });
        expect(last.most).toBeLessThanOrEqual(diskLimit);
      }
      expect(last!.digests).toEqual(digests);
    });
  });
}, 60_000);

test('what an earlier run kept makes room for a new strategy, but for releases', async () => {
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
