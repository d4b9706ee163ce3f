/** Regression tests for corner cases of plans and graphs. */

import { definePlugin } from '@branchline/core';
import {
  averaging,
  branching,
  continual,
  hooks,
  model,
  ToyTrainer,
  temporaryDirectory,
  toyData,
  toySpec,
  version,
} from '@branchline/core/fixtures';
import { expect, test } from 'vitest';
import { createExperiment } from '../src/index.js';
import { names, run } from './run.js';

test('roots made from roots: a branch at step 0 of a path with reset moments', async () => {
  const nested = hooks('nested', {
    onVersion: () => ({ carry: { optimizer: false }, forks: ['b'], release: { path: 'b' } }),
    onFork: () => ({ at: 0, steps: 5, carry: { optimizer: false } }),
  });
  const { results, failures } = await run({ nested: [nested], other: [continual()] });
  expect(failures).toEqual([]);
  expect(names(results)).toEqual(['nested', 'other']);
});

test('an average may include the fresh weights, and a state with reset moments', async () => {
  const dropped = version('dropped', { carry: { optimizer: false } });
  const { results, failures, directory } = await run({ whole: [averaging(2, 10)], both: [dropped, averaging(2, 10)] });
  expect(failures).toEqual([]);
  expect(names(results)).toEqual(['whole', 'both']);
  const again = await run({ whole: [averaging(2, 10)], both: [dropped, averaging(2, 10)] }, { directory });
  expect(again.trainer.made).toBe(0);
});

test('a run with other strategies deletes no releases', async () => {
  const directory = await temporaryDirectory();
  const data = toyData({ versions: 1 });
  const short = { short: [version('x', { steps: 5 })] };
  await run(short, { directory, data });
  await run({ long: [version('x', { steps: 10 })] }, { directory, data });
  expect((await run(short, { directory, data })).trainer.made).toBe(0);
});

test('a rolling checkpoint that becomes a release is kept', async () => {
  const directory = await temporaryDirectory();
  const data = toyData({ versions: 1 });
  const controller = new AbortController();
  const trainer = new ToyTrainer({ beforeStep: (made) => made + 1 === 5 && controller.abort() });
  const long = { long: [version('x', { steps: 10 })] };
  await expect(run(long, { directory, data, trainer, signal: controller.signal })).rejects.toMatchObject({
    code: 'interrupted',
  });
  expect((await run({ short: [version('x', { steps: 5 })] }, { directory, data })).trainer.made).toBe(0);
  expect((await run(long, { directory, data })).trainer.made).toBe(5);
  expect((await run({ short: [version('x', { steps: 5 })] }, { directory, data })).trainer.made).toBe(0);
});

test('paths in the results are exactly what was trained', async () => {
  const { results } = await run({ s: [branching()] });
  const last = results.strategies[0]!.paths.filter((path) => path.version === 4);
  expect(last.map(({ name, begin, end }) => [name, begin, end])).toEqual([
    ['main', 30, 34],
    ['branch', 34, 40],
  ]);
  expect(last[0]!.loss).toHaveLength(4);

  const same = hooks('same', {
    onVersion: () => ({ forks: ['b'], release: { path: 'b' } }),
    onFork: () => ({ at: 10, steps: 3 }),
  });
  const alone = await run({ same: [same] }, { data: toyData({ versions: 1 }) });
  expect(alone.results.strategies[0]!.paths.map(({ name, begin, end }) => [name, begin, end])).toEqual([
    ['main', 0, 10],
    ['b', 10, 13],
  ]);
});

test('overrides are checked, and those without effect are problems', async () => {
  const planned = (overrides: object) => {
    const spec = toySpec({ s: [continual()] });
    const strategies = [{ ...spec.strategies[0]!, overrides: overrides as Record<string, unknown> }];
    const parts = {
      spec: { ...spec, strategies },
      model,
      data: toyData(),
      trainer: new ToyTrainer(),
      directory: 'unused',
    };
    return createExperiment(parts).plan();
  };
  await expect(planned({ 'fork.steps': -7 })).rejects.toThrow(/fork\.steps must be a whole number/);
  await expect(planned({ 'fork.steps': 7 })).rejects.toThrow(/no version of this strategy has a fork/);
  await expect(planned({ stesp: 7 })).rejects.toThrow(/Did you mean "steps"/);
});

test('duplicate strategy names, and batches larger than the data, are problems', async () => {
  const spec = toySpec({ s: [continual()] });
  const twice = { ...spec, strategies: [spec.strategies[0]!, spec.strategies[0]!] };
  const parts = { model, data: toyData(), trainer: new ToyTrainer(), directory: 'unused' };
  await expect(createExperiment({ ...parts, spec: twice }).plan()).rejects.toThrow(/two strategies are called "s"/);
  await expect(createExperiment({ ...parts, spec: { ...spec, batch: 41 } }).plan()).rejects.toThrow(/v1 has 40/);
  await expect(createExperiment({ ...parts, spec: { ...spec, checkpointEvery: 0 } }).plan()).rejects.toThrow(
    /checkpointEvery/,
  );
});

test('state and random streams follow the path, wherever it starts', async () => {
  const seen: string[] = [];
  const counting = definePlugin({
    name: 'counting',
    initialState: 0,
    onStep: ({ version: { index }, path, step, state }) => {
      const count = state.get() as number;
      if (step === 0) seen.push(`${index}/${path}: ${count}`);
      state.set(count + 1);
    },
  })();
  const starting = hooks('starting', {
    onVersion: ({ version: { index } }) => ({
      ...(index === 3 && { start: { from: 'release' as const, version: 1 } }),
      ...(index === 4 && { start: { from: 'scratch' as const } }),
      ...(index === 1 && { forks: ['b'], release: { path: 'b' } }),
    }),
    onFork: () => ({ at: 4, steps: 3 }),
  });
  await run({ s: [starting, counting] });
  expect(seen).toEqual(['1/main: 0', '1/b: 4', '2/main: 10', '3/main: 7', '4/main: 0']);
});

test('a fork without data left to reorder fails alone, with its place', async () => {
  const late = hooks('late', {
    onVersion: () => ({ forks: ['b'], release: { path: 'b' } }),
    onFork: () => ({ at: 10, steps: 3, order: { by: { by: 'ascending' } } }),
  });
  const { results, failures } = await run({ s: [continual()], late: [late] }, { startAnyway: true });
  expect(names(results)).toEqual(['s']);
  expect(failures[0]!.error.problems[0]).toMatchObject({ strategy: 'late', version: 1, path: 'b' });
});

test('an extremely long path is refused before it fills the memory', async () => {
  const endless = version('endless', { steps: Number.MAX_SAFE_INTEGER });
  const { failures, results } = await run({ s: [continual()], endless: [endless] }, { startAnyway: true });
  expect(names(results)).toEqual(['s']);
  expect(failures[0]!.error.message).toContain('repeats its data more than 1000 times');
});
