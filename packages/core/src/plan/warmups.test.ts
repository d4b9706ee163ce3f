import { expect, test } from 'vitest';
import { hooks, model, scratch, ToyTrainer, toyData, toySpec, version } from '../../test/fixtures.js';
import { type ExperimentSpec, planExperiment } from '../index.js';

const { numerics } = new ToyTrainer().describe();

/** The warnings of a plan with 10 steps for each version. */
async function warningsOf(strategies: Parameters<typeof toySpec>[0], change: Partial<ExperimentSpec>) {
  const spec = toySpec(strategies, change);
  const plan = await planExperiment({ spec, model, data: toyData(), numerics, log: () => undefined });
  return plan.warnings;
}

const lr = (warmup: number) => ({ peak: 0.01, warmup, minRatio: 0.1 });

test('a warm-up as long as the shortest path is fine', async () => {
  expect(await warningsOf({ s: [scratch()] }, { lr: lr(10) })).toEqual([]);
});

test('a written warm-up that is longer than a path refuses; one that was assumed does not', async () => {
  // The second seed has the same paths, and changes nothing.
  for (const seeds of [[1], [1, 2]]) {
    const written = await warningsOf({ a: [scratch()], b: [scratch()] }, { lr: lr(11), seeds });
    expect(written).toEqual([
      {
        configPath: 'training.lr.warmup',
        strategies: ['a', 'b'],
        message:
          'the warm-up takes 11 steps, longer than these paths, which never reach the peak rate: "a" version 1, path main, has 10; "b" version 1, path main, has 10',
        remedy: 'Set a warm-up of at most 10 steps, or train on more text or with a smaller batch.',
        refuses: true,
      },
    ]);
  }
  const assumed = await warningsOf({ a: [scratch()] }, { lr: lr(25), warmupAssumed: true });
  expect(assumed).toMatchObject([
    { refuses: false, message: expect.stringContaining('25 steps by default') as string },
  ]);
  expect(assumed[0]!.message).toContain('version 2, path main, has 20');
});

test('many paths are counted, and the shortest is in the remedy', async () => {
  const each = version('each', { start: { from: 'scratch' } });
  const [warning] = await warningsOf({ a: [each], b: [each] }, { lr: lr(1000) });
  expect(warning!.message).toMatch(/; and 5 more$/);
  expect(warning!.remedy).toContain('at most 10 steps');
});

test('a path that carries the rate on does not warm up', async () => {
  const onward = hooks('onward', {
    onVersion: () => ({ forks: ['b'], release: { path: 'b' } }),
    onFork: () => ({ steps: 2 }),
  });
  expect(await warningsOf({ s: [onward] }, { lr: lr(5) })).toEqual([]);
});

test('a plugin that sets a warm-up of its own is named, and refuses even when the one of the experiment is assumed', async () => {
  const slow = hooks('slow', {
    onVersion: () => ({ forks: ['b'], release: { path: 'b' } }),
    onFork: () => ({ steps: 2, carry: { schedule: false }, lr: { warmup: 3 } }),
  });
  expect(await warningsOf({ s: [slow] }, { lr: lr(2), warmupAssumed: true })).toMatchObject([
    { plugin: 'slow', configPath: 'strategies.s[0]', refuses: true, strategies: ['s'] },
  ]);
});
