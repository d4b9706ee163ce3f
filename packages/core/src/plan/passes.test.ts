import { expect, test } from 'vitest';
import { hooks, model, ToyTrainer, toyData, toySpec } from '../../test/fixtures.js';
import { type BranchlineError, type PluginUse, planExperiment, type VersionPart } from '../index.js';

const { numerics } = new ToyTrainer().describe();

async function plan(...parts: readonly VersionPart[]) {
  const plugins = parts.map((part, index): PluginUse => hooks(`sets-${index}`, { onVersion: () => part }));
  const data = toyData({ versions: 2 });
  const spec = toySpec({ s: plugins });
  const { strategies, orders } = await planExperiment({ spec, model, data, numerics, log: () => undefined });
  const [{ versions }] = strategies as [(typeof strategies)[0]];
  const steps = versions.map(({ main }) => main.end - main.begin);
  const ids = (index: number) => {
    const { main } = versions[index]!;
    const range = main.lineage.ranges.at(-1)!;
    return [...orders.get(range.order)!];
  };
  return { steps, ids };
}

const problemOf = (...parts: readonly VersionPart[]) =>
  plan(...parts).then(
    () => undefined,
    (error: unknown) => (error as BranchlineError).problems[0],
  );

test('epochs are passes over the data that a version uses', async () => {
  expect((await plan({})).steps).toEqual([10, 10]);
  expect((await plan({ epochs: 3 })).steps).toEqual([30, 30]);
  expect((await plan({ epochs: 2 }, { data: { use: 'subset', of: 'new', by: 'random', share: 0.5 } })).steps).toEqual([
    10, 10,
  ]);
  expect((await plan({ epochs: 0.25 })).steps).toEqual([3, 3]);
});

test('epochs and steps of two plugins do not go together', async () => {
  expect(await problemOf({ epochs: 2 }, { steps: 5 })).toMatchObject({
    message: 'decides how many steps the version has, but steps is set too',
    remedy: 'Set one of them.',
  });
});

test('a subset keeps its size when earlier versions replace a part of it', async () => {
  const subset = { use: 'subset', of: 'new', by: 'score', share: 0.5 } as const;
  const { ids, steps } = await plan({ data: { ...subset, replay: 0.25 } });
  expect(steps).toEqual([5, 5]);
  const [first, second] = [ids(0), ids(1)];
  // The score of a sequence is its id; version 1 has no earlier version.
  expect(first.sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, index) => 20 + index));
  expect(second).toHaveLength(20);
  expect(second.filter((id) => id < 40)).toHaveLength(5);
  expect(second.filter((id) => id >= 40).sort((a, b) => a - b)).toEqual(Array.from({ length: 15 }, (_, i) => 65 + i));
});

test('a subset of all data is refused replay', async () => {
  const data = { use: 'subset', of: 'all', by: 'score', share: 0.5, replay: 0.2 } as const;
  expect(await problemOf({ data })).toMatchObject({ remedy: "Take a subset of: 'new'." });
});
