import { join } from 'node:path';
import { expect, test } from 'vitest';
import { averaging, branching, continual } from '../../test/plugins.js';
import { ToyTrainer, temporaryDirectory, toyData, toyKernel, toySpec } from '../../test/toy.js';
import type { KernelParts } from '../kernel/kernel.js';
import { readPlanRecords } from '../plan/plan-record.js';
import type { PluginUse } from '../plugin/definition.js';
import { CheckpointStore } from '../store/checkpoint-store.js';
import { CheckpointIndex } from './checkpoint-index.js';
import { versionChanges, whyMissing } from './why-missing.js';

type Strategies = Readonly<Record<string, readonly PluginUse[]>>;

const STRATEGIES: Strategies = { branching: [branching()], averaged: [branching(), averaging(3, 2)] };

/** Trains the strategies, then plans them with changes, and explains what is missing. */
async function explain(parts: Partial<KernelParts>, strategies = STRATEGIES, before: Partial<KernelParts> = {}) {
  const directory = await temporaryDirectory();
  const first = toyKernel(STRATEGIES, directory, { data: toyData({ versions: 3 }), ...before });
  await first.run(await first.plan(), {}, async () => undefined);
  const kernel = toyKernel(strategies, directory, { data: toyData({ versions: 3 }), ...parts });
  const plan = await kernel.plan();
  const { records } = await readPlanRecords(directory);
  const { store } = await CheckpointStore.look(join(directory, 'checkpoints'));
  const missing = whyMissing(plan, records, new CheckpointIndex(store.list()));
  return {
    missing,
    versions: versionChanges(plan.contentOfVersions(), records),
    of: (strategy: string, version: number) =>
      missing.find((one) => one.strategy === strategy && one.version === version)?.difference,
  };
}

test('nothing is missing when nothing changed', async () => {
  const { missing, versions } = await explain({});
  expect(missing).toEqual([]);
  expect(versions).toEqual({ arrived: [], changed: [], gone: [] });
});

test('a version that arrives is new; the earlier ones are stored', async () => {
  const { missing, versions } = await explain({ data: toyData({ versions: 4 }) });
  expect(missing.map(({ strategy, version, difference }) => [strategy, version, difference])).toEqual([
    ['branching', 4, { what: 'new' }],
    ['averaged', 4, { what: 'new' }],
  ]);
  expect(versions).toEqual({ arrived: ['v4'], changed: [], gone: [] });
});

test('the first step with another rate is named', async () => {
  const { of } = await explain({}, { ...STRATEGIES, branching: [branching(0.5)] });
  // Increments of 10 steps: the branch left after 4 and now leaves after 5.
  expect(of('branching', 1)).toMatchObject({ what: 'rate', step: 4, is: 0.01 });
  expect(of('branching', 3)).toMatchObject({ what: 'rate', step: 24, is: 0.01 });
  expect(of('averaged', 1)).toBeUndefined();
});

test('text that changed is named with its version and the steps that read it', async () => {
  const data = toyData({ versions: 3 });
  // The second version has ids 40 to 79.
  const contentOf = (ids: Uint32Array) => data.contentOf(ids.map((id) => (id === 50 ? 9999 : id)));
  const { of, versions } = await explain({ data: { ...data, contentOf } });
  expect(versions).toEqual({ arrived: [], changed: ['v2'], gone: [] });
  expect(of('branching', 1)).toBeUndefined();
  for (const version of [2, 3]) {
    expect(of('branching', version)).toMatchObject({ what: 'data', versions: ['v2'] });
    expect(of('averaged', version)).toMatchObject({ what: 'data', versions: ['v2'] });
  }
  const { from, to } = of('branching', 2) as { from: number; to: number };
  expect(from).toBeGreaterThanOrEqual(10);
  expect(to).toBeLessThanOrEqual(20);
});

test('another order of the same text is named without a version', async () => {
  const data = toyData({ versions: 3 });
  const order: typeof data.order = ({ seed, ...request }) => data.order({ ...request, seed: seed + 100 });
  const { of, versions } = await explain({ data: { ...data, order } });
  expect(versions?.changed).toEqual([]);
  expect(of('branching', 1)).toMatchObject({ what: 'data', from: 0, versions: [] });
});

test('optimizer, batch size and processor are named with both values', async () => {
  const { optimizer } = toySpec(STRATEGIES);
  const other = { ...optimizer, weightDecay: 0.3 };
  const first = await explain({ spec: toySpec(STRATEGIES, { optimizer: other }) });
  expect(first.of('branching', 1)).toEqual({ what: 'basis', part: 'optimizer', was: { ...optimizer }, is: other });
  const second = await explain({ spec: toySpec(STRATEGIES, { batch: 2 }) });
  expect(second.of('averaged', 1)).toEqual({ what: 'basis', part: 'batch', was: 4, is: 2 });
  const trainer = new ToyTrainer();
  const describe = trainer.describe.bind(trainer);
  trainer.describe = () => ({ ...describe(), numerics: 'toy float64 on another processor' });
  const third = await explain({ trainer });
  expect(third.of('branching', 2)).toEqual({
    ...{ what: 'basis', part: 'numerics' },
    ...{ was: 'toy float64', is: 'toy float64 on another processor' },
  });
});

test('other weights of an average, and another start, are distinguished', async () => {
  const { of } = await explain({}, { ...STRATEGIES, averaged: [branching(), averaging(2, 2)] });
  expect(of('averaged', 1)).toEqual({ what: 'average' });
  const other = await explain({}, { branching: [branching(), averaging(3, 2)], averaged: [continual()] });
  expect(other.of('branching', 1)).toBeUndefined();
  expect(other.of('averaged', 1)).toMatchObject({ what: 'start' });
});
