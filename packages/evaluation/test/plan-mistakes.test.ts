/** Mistakes of plugins and experiments are reported before anything is trained. */
import { readdir } from 'node:fs/promises';
import {
  averaging,
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

test('with startAnyway, a strategy whose decider throws is left out with an attributed error', async () => {
  const broken = hooks('broken', {
    onVersion() {
      throw new TypeError('no such thing');
    },
  });
  const { results, failures } = await run({ continual: [continual()], broken: [broken] }, { startAnyway: true });
  expect(names(results)).toEqual(['continual']);
  expect(failures).toHaveLength(1);
  const { error } = failures[0]!;
  expect(error.problems[0]).toMatchObject({
    plugin: 'broken',
    strategy: 'broken',
    version: 1,
    hook: 'onVersion',
    configPath: 'strategies.broken[0]',
  });
  expect(error.cause).toBeInstanceOf(TypeError);
});

test('every mistake of a plan is reported in one error before the first step', async () => {
  const throwing = hooks('throwing', {
    onVersion: ({ version: { index } }) => {
      if (index === 3) throw new Error('not the third');
      return undefined;
    },
  });
  const directory = await temporaryDirectory();
  const trainer = new ToyTrainer();
  const strategies = {
    fine: [continual()],
    throwing: [throwing],
    // A version has 10 steps.
    'too far': [version('fresh', { start: { from: 'scratch' }, steps: 10 }), averaging(12, 1)],
    'into another version': [continual(), averaging(3, 6)],
  };
  await expect(run(strategies, { directory, trainer })).rejects.toMatchObject({
    code: 'config',
    problems: [
      { strategy: 'throwing', version: 3, message: 'not the third' },
      {
        strategy: 'too far',
        version: 1,
        message: expect.stringMatching(/11 steps before the end,.* only 10 in this version/) as string,
      },
      {
        strategy: 'into another version',
        version: 1,
        message: expect.stringContaining('12 steps before the end') as string,
      },
    ],
  });
  expect(trainer.made).toBe(0);
  expect(await readdir(directory)).not.toContain('results.json');
});

test('an average may begin at the state that its version starts from, but not before it', async () => {
  const reaching = (every: number) =>
    hooks('reaching', {
      onVersion: ({ version: { index } }) => ({
        ...(index === 2 && {
          release: {
            average: [
              { stepsBack: 0, weight: 0.5 },
              { stepsBack: every, weight: 0.5 },
            ],
          },
        }),
      }),
    });
  const attempt = async (every: number) => run({ s: [continual(), reaching(every)] });
  expect((await attempt(10)).failures).toEqual([]);
  await expect(attempt(11)).rejects.toThrow(/have only 10 in this version, so it would reach into another/);
});

test('overrides resolve fields that two plugins set', async () => {
  const spec = toySpec({ s: [version('a', { lr: { minRatio: 0.5 } }), version('b', { lr: { minRatio: 0.2 } })] });
  const conflicting = createExperiment({
    spec,
    model,
    data: toyData(),
    trainer: new ToyTrainer(),
    directory: 'unused',
  });
  await expect(conflicting.plan()).rejects.toMatchObject({
    code: 'config',
    problems: [{ plugin: 'b', configPath: 'strategies.s[1]' }],
  });
  const settled = { ...spec, strategies: [{ ...spec.strategies[0]!, overrides: { 'lr.minRatio': 0.3 } }] };
  const plan = await createExperiment({
    spec: settled,
    model,
    data: toyData(),
    trainer: new ToyTrainer(),
    directory: 'unused',
  }).plan();
  expect(plan.strategies[0]!.decisions[0]!.fields.get('lr.minRatio')).toMatchObject({
    value: 0.3,
    owner: { kind: 'override' },
  });
});

test('a sorted order without scores is a problem that names the plugin', async () => {
  const spec = toySpec({ s: [version('sorter', { order: { by: { by: 'ascending' } } })] });
  const experiment = createExperiment({
    spec,
    model,
    data: toyData({ scored: false }),
    trainer: new ToyTrainer(),
    directory: 'unused',
  });
  await expect(experiment.plan()).rejects.toMatchObject({
    problems: [{ plugin: 'sorter', configPath: 'strategies.s[0]' }],
  });
});
