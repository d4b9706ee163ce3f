/** Disk: what is forecast before the first step is what happens, and a limit is held to the byte. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  BranchlineError,
  CheckpointStore,
  createExperiment,
  type ExperimentSpec,
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
  readonly change: Partial<ExperimentSpec>;
  /** The step, counted by the trainer, before which the run is interrupted. */
  readonly stop?: number;
}

/** Runs in a directory; tells what was forecast, what happened and, when it came to its end, the weights. */
async function run({ strategies, directory, change, stop }: Run) {
  const controller = new AbortController();
  const trainer = new BallastTrainer(directory, { beforeStep: (made) => made + 1 === stop && controller.abort() });
  const spec = toySpec(strategies, change);
  const experiment = createExperiment({ spec, model: heavyModel, data: toyData({ versions: 3 }), trainer, directory });
  const plan = await experiment.plan();
  const { store } = await CheckpointStore.look(`${directory}/checkpoints`);
  const { parameters } = heavyModel;
  const { checkpointEvery } = spec;
  const forecast = forecastDisk({ graph: plan.graph, targets: targetsOf(plan), store, parameters, checkpointEvery });
  let digests: readonly string[] | undefined;
  try {
    const { results } = await experiment.run(plan, { command: 'test', signal: controller.signal });
    digests = results.strategies.flatMap(({ releases }) => releases.map(({ weightsDigest }) => weightsDigest));
  } catch (error) {
    if (!(error instanceof BranchlineError) || error.code !== 'interrupted') throw error;
  }
  const stored = (await CheckpointStore.look(`${directory}/checkpoints`)).store.list();
  return { forecast, digests, most: trainer.most, left: await checkpointBytes(directory), stored };
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

test('a run takes what was forecast: at its fullest, and at its end', async () => {
  await fc.assert(
    fc.asyncProperty(strategies, checkpointEvery, async (choice, every) => {
      const change = { checkpointEvery: every };
      const ended = await inDirectory((directory) => run({ strategies: choice, directory, change }));
      const { forecast, most, left, stored } = ended;
      expect(units(most)).toBe(units(forecast.peak));
      expect(units(left)).toBe(units(forecast.end));
      expect(stored).toHaveLength(forecast.checkpoints);
      expect(forecast.least).toBeLessThanOrEqual(forecast.peak);
    }),
    { seed: 1, numRuns: 20 },
  );
}, 60_000);

test('the least limit is held, ends in the same bits, and is enough to go on after an interruption', async () => {
  const stops = fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 2 });
  await fc.assert(
    fc.asyncProperty(strategies, checkpointEvery, stops, async (choice, every, cuts) => {
      const change = { checkpointEvery: every };
      const free = await inDirectory((directory) => run({ strategies: choice, directory, change }));
      const least = units(free.forecast.least);
      const diskLimit = limitOf(least);
      const bounded = await inDirectory(async (directory) => {
        for (const stop of cuts) {
          const { most } = await run({ strategies: choice, directory, change: { ...change, diskLimit }, stop });
          expect(most).toBeLessThanOrEqual(diskLimit);
        }
        return run({ strategies: choice, directory, change: { ...change, diskLimit } });
      });
      expect(bounded.most).toBeLessThanOrEqual(diskLimit);
      expect(bounded.digests).toEqual(free.digests);

      const tight = { ...change, diskLimit: diskLimit - UNIT };
      const refused = inDirectory((directory) => run({ strategies: choice, directory, change: tight }));
      await expect(refused).rejects.toThrow(/disk: is \d+ bytes, but checkpoints need at least \d+ at once/);
    }),
    { seed: 1, numRuns: 12 },
  );
}, 60_000);
