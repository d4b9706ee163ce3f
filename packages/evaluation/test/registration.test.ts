/** The comparison rule is registered before the first result, and later changes of it are visible in the results. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RunEmitter } from '@branchline/core';
import {
  averaging,
  continual,
  model,
  ToyTrainer,
  temporaryDirectory,
  toyData,
  toySpec,
} from '@branchline/core/fixtures';
import { expect, test } from 'vitest';
import { type ComparisonRule, createExperiment, type Judge } from '../src/index.js';

const rule: ComparisonRule = {
  metric: 'loss',
  version: 'last',
  margin: null,
  confidence: 0.95,
  correction: 'holm',
  claims: [],
};
const judge: Judge = () => ({ comparisons: [], claims: [] });
const strategies = () => ({ a: [continual()], b: [averaging()] });

interface Options {
  readonly compare?: ComparisonRule;
  readonly seeds?: readonly number[];
  readonly time?: number;
  readonly trainer?: ToyTrainer;
  readonly judge?: Judge;
}

async function start(directory: string, { compare = rule, seeds = [1, 2], time = 0, ...more }: Options = {}) {
  const spec = toySpec(strategies(), { compare, seeds });
  const events = new RunEmitter();
  const warnings: string[] = [];
  events.on('warning', (message) => warnings.push(message));
  const data = toyData({ versions: 2 });
  const trainer = more.trainer ?? new ToyTrainer();
  const parts = { spec, model, data, trainer, directory, events, clock: () => time, judge: more.judge ?? judge };
  const experiment = createExperiment(parts);
  const outcome = await experiment.run(await experiment.plan(), { command: 'test' });
  return { ...outcome, warnings, registration: outcome.results.comparison!.registration };
}

test('a rule is registered before the first step, and keeps its registration time', async () => {
  const directory = await temporaryDirectory();
  let seen = '';
  const trainer = new ToyTrainer({
    beforeStep: () => {
      seen ||= 'asked';
    },
  });
  const first = await start(directory, { trainer });
  expect(seen).toBe('asked');
  const time = '1970-01-01T00:00:00.000Z';
  expect(first.registration).toEqual({ time, releases: 0, of: 8, others: [] });
  const again = await start(directory, { time: 5000 });
  expect(again.registration).toEqual(first.registration);
  expect(again.results.comparison!.digest).toBe(first.results.comparison!.digest);
});

test('a run that crashes in its first step leaves the rule registered', async () => {
  const directory = await temporaryDirectory();
  const trainer = new ToyTrainer({
    beforeStep: () => {
      throw new Error('killed');
    },
  });
  await expect(start(directory, { trainer })).rejects.toThrow('killed');
  const { registration } = await start(directory, { time: 9000 });
  expect(registration).toMatchObject({ time: '1970-01-01T00:00:00.000Z', releases: 0 });
});

test('a rule registered after results records how many existed and what it changed', async () => {
  const directory = await temporaryDirectory();
  await start(directory);
  const looser = await start(directory, { compare: { ...rule, margin: 0.5 }, time: 60_000 });
  expect(looser.registration).toMatchObject({ time: '1970-01-01T00:01:00.000Z', releases: 8, of: 8 });
  expect(looser.registration.others.map(({ releases, differs }) => [releases, differs])).toEqual([[0, ['rule']]]);
  const more = await start(directory, { seeds: [1, 2, 3], time: 120_000 });
  expect(more.registration).toMatchObject({ releases: 8, of: 12 });
  expect(more.registration.others.map(({ differs }) => differs)).toEqual([['seeds'], ['rule', 'seeds']]);
  // The first rule keeps its first registration.
  const back = await start(directory, { time: 180_000 });
  expect(back.registration).toMatchObject({ time: '1970-01-01T00:00:00.000Z', releases: 0 });
  expect(back.registration.others).toHaveLength(2);
});

test('an altered line is detected and set aside, and its rule is registered again with the results that exist now', async () => {
  const directory = await temporaryDirectory();
  await start(directory);
  const file = join(directory, 'rules.jsonl');
  await writeFile(file, (await readFile(file, 'utf8')).replace('"releases":0', '"releases":1'));
  const { registration, warnings } = await start(directory, { time: 60_000 });
  expect(warnings.join()).toContain('rules.jsonl was damaged');
  expect(registration).toMatchObject({ time: '1970-01-01T00:01:00.000Z', releases: 8, of: 8 });
  expect((await start(directory)).warnings).toEqual([]);
});

test('without a rule, or without a judge, there are no verdicts', async () => {
  const spec = toySpec(strategies(), { seeds: [1, 2] });
  const parts = { model, data: toyData({ versions: 2 }), trainer: new ToyTrainer() };
  for (const more of [{ spec, judge }, { spec: { ...spec, compare: rule } }]) {
    const experiment = createExperiment({ ...parts, ...more, directory: await temporaryDirectory() });
    const { results } = await experiment.run(await experiment.plan(), { command: 'test' });
    expect(results.comparison).toBeNull();
  }
});
