/** `reuseFromOtherProcessors`: plan offers it, bench takes the states, and every result says so. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BranchlineError, defineTrainer } from '@branchline/core';
import { QuadraticTrainer } from '@branchline/trainer-quadratic';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { bench, continual, modelAveraging, pathSwitching, plan, quadratic, report } from '../src/index.js';
import { folder, TINY, writeTexts } from './corpus.js';

/** A trainer that says that it runs on a processor. */
const on = (processor: string | undefined) =>
  defineTrainer({
    name: 'played',
    options: z.strictObject({}),
    create: async (_, { data }) => {
      const trainer = new QuadraticTrainer(data, quadratic.trainer.options!.parse({}));
      const info = trainer.describe();
      const numerics = `${info.numerics} ${processor ?? 'unnamed'}`;
      trainer.describe = () => ({ ...info, numerics, ...(processor !== undefined && { processor }) });
      return trainer;
    },
  })();

const STRATEGIES = { continual: [continual()], switching: [pathSwitching({ alpha: 0.5 })] };
const experiment = (processor: string | undefined, strategies: object = STRATEGIES) => ({
  ...TINY,
  trainer: on(processor),
  strategies: strategies as typeof STRATEGIES,
});

it('plan offers what another processor trained, and takes it on request', async () => {
  const directory = folder();
  writeTexts(directory);
  const options = { runs: join(directory, 'runs'), directory, name: 'tiny' };
  const first = await bench(experiment('cpu-one'), options);
  expect(first.results.strategies[0]!.releases[0]).not.toHaveProperty('processors');

  const offered = (await plan(experiment('cpu-two'), options)).stored!;
  const { missing } = offered.steps;
  expect(offered.elsewhere).toEqual({ processors: ['cpu-one'], releases: 6, steps: missing });
  expect(missing).toBeGreaterThan(0);
  const reuse = { ...options, reuseFromOtherProcessors: true };
  expect((await plan(experiment('cpu-two'), reuse)).stored).toMatchObject({ steps: { missing: 0 }, elsewhere: null });

  // Another strategy continues from these states here.
  const averaged = { ...STRATEGIES, averaged: [pathSwitching({ alpha: 0.5 }), modelAveraging({ last: 2, every: 2 })] };
  const warnings: string[] = [];
  let steps = 0;
  const { results } = await bench(experiment('cpu-two', averaged), {
    ...reuse,
    onEvent: (event) => {
      if (event.type === 'warning') warnings.push(event.message);
      if (event.type === 'runStart') ({ steps } = event);
    },
  });
  expect(steps).toBeLessThan(missing);
  const processors = (name: string) =>
    results.strategies.find((strategy) => strategy.name === name)!.releases.map((release) => release.processors);
  expect(processors('continual')).toEqual(Array(3).fill(['cpu-one']));
  expect(processors('averaged')).toEqual(Array(3).fill(['cpu-one', 'cpu-two']));
  // The bill of what was taken is that of its training.
  const costs = ({ strategies }: typeof results) => strategies.slice(0, 2).map(({ cost }) => cost.standalone);
  expect(costs(results)).toEqual(costs(first.results));
  expect(results.strategies.map(({ paths }) => paths.length)).toEqual([3, 6, 6]);

  const message = expect.stringContaining('trained in part or whole on another processor') as string;
  expect(warnings).toContainEqual(message);
  expect(results.warnings).toContainEqual({ strategies: ['continual', 'switching', 'averaged'], message });
  const nodes = results.graph.nodes.map(({ processor }) => processor);
  expect(new Set(nodes)).toEqual(new Set(['cpu-one', undefined]));
  expect(await report(join(options.runs, 'tiny'))).toContain('trained in part or whole on another processor');
  const kept = results.strategies[2]!.releases[2]!.checkpoint;
  const manifest = readFileSync(join(options.runs, 'tiny', 'checkpoints', kept, 'manifest.json'), 'utf8');
  expect(manifest).toContain('cpu-one');
  expect(manifest).toContain('cpu-two');

  await bench(experiment('cpu-two', averaged), {
    ...reuse,
    onEvent: (event) => event.type === 'runStart' && ({ steps } = event),
  });
  expect(steps).toBe(0);
});

it('a trainer that does not name its processor cannot take states', async () => {
  const directory = folder();
  writeTexts(directory);
  const options = { runs: join(directory, 'runs'), directory, name: 'tiny' };
  await bench(experiment('cpu-one'), options);
  expect((await plan(experiment(undefined), options)).stored!.elsewhere).toBeNull();
  const refused = bench(experiment(undefined), { ...options, reuseFromOtherProcessors: true });
  await expect(refused).rejects.toThrow(BranchlineError);
  await expect(refused).rejects.toThrow('does not say which part of its numerics is the processor');
});
