import { describe, expect, test } from 'vitest';
import { averaging, hooks, model, ToyTrainer, toyData, toySpec, untyped, version } from '../../test/fixtures.js';
import { BranchlineError, type OrderBy, type PluginUse, planExperiment, type ReleasePart } from '../index.js';

const { numerics } = new ToyTrainer().describe();

function plan(plugins: readonly PluginUse[], overrides: Readonly<Record<string, unknown>> = {}) {
  const spec = toySpec({ s: plugins });
  const strategies = spec.strategies.map((strategy) => ({ ...strategy, overrides }));
  const data = toyData({ versions: 1 });
  return planExperiment({ spec: { ...spec, strategies }, model, data, numerics, log: () => undefined });
}

async function problemsOf(...given: Parameters<typeof plan>) {
  const error = await plan(...given).catch((cause: unknown) => cause);
  if (!(error instanceof BranchlineError)) throw new Error('the plan has no problem');
  return error.problems;
}

const pair = (stepsBack: number): ReleasePart => ({
  release: {
    average: [
      { stepsBack: 0, weight: 0.5 },
      { stepsBack, weight: 0.5 },
    ],
  },
});
const late = (name = 'late') => hooks(name, { onRelease: () => pair(2) });

test('decides the average, with all other decisions of the version in its context', async () => {
  const seen: unknown[] = [];
  const watching = hooks('watching', {
    onRelease: ({ spec, order, count, stepsOfIncrement }) => {
      seen.push({ steps: spec.steps, average: spec.release.average, order, count, stepsOfIncrement });
      return pair(spec.steps);
    },
  });
  // Before the plugin whose decision it reads: the order of plugins does not matter.
  const later = version('later', { steps: 7, order: { by: { by: 'ascending' } } });
  const { strategies } = await plan([watching, later]);
  expect(seen).toEqual([{ steps: 7, average: null, order: { by: 'ascending' }, count: 1, stepsOfIncrement: 10 }]);
  const { decisions, versions } = strategies[0]!;
  expect(decisions[0]!.spec.release).toEqual({ path: 'main', ...pair(7).release });
  expect(decisions[0]!.fields.get('release.average')).toMatchObject({ owner: { name: 'watching' } });
  expect(versions[0]!.release.averaged).toBe(2);
});

test('plans the same release as onVersion', async () => {
  const keys = async (plugin: PluginUse) => (await plan([plugin])).strategies[0]!.releases.map(({ key }) => key);
  expect(await keys(late())).toEqual(await keys(averaging(2, 2)));
});

describe('order', () => {
  const main: OrderBy = { by: 'ascending' };
  const own: OrderBy = { by: 'descending' };
  const orderOf = async (released: string) => {
    let seen: OrderBy | undefined;
    const branches = hooks('branches', {
      onVersion: () => ({
        order: { by: main },
        forks: ['continues', 'sorts', 'after-sorts', 'other-data'],
        release: { path: released },
      }),
      onFork: {
        continues: () => ({ steps: 4 }),
        sorts: () => ({ steps: 4, order: { by: own } }),
        'after-sorts': () => ({ from: 'sorts', steps: 2 }),
        'other-data': () => ({ from: 'sorts', steps: 2, data: { use: 'all' } }),
      },
      onRelease: ({ order }) => {
        seen = order;
      },
    });
    await plan([branches]);
    return seen;
  };

  test.each([
    ['main', main],
    ['continues', main],
    ['sorts', own],
    ['after-sorts', own],
    ['other-data', main],
  ])('is that of the released path: %s', async (path, order) => {
    expect(await orderOf(path)).toEqual(order);
  });
});

describe('a field has one owner', () => {
  test.each([
    ['of onVersion and of onRelease', [averaging(), late()], 'averaging'],
    ['in any order of plugins', [late(), averaging()], 'late'],
    ['both of onRelease', [late('one'), late('two')], 'one'],
  ])('%s', async (_, plugins, first) => {
    const problems = await problemsOf(plugins);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({ plugin: plugins[1]!.plugin.name, configPath: 'strategies.s[1]' });
    expect(problems[0]!.message).toMatch(`release.average`);
    expect(problems[0]!.message).toMatch(`plugin ${first} (strategies.s[0])`);
  });

  test('an override takes precedence', async () => {
    const { strategies } = await plan([averaging(), late()], { 'release.average': null });
    expect(strategies[0]!.decisions[0]!.spec.release.average).toBeNull();
    expect(strategies[0]!.decisions[0]!.fields.get('release.average')).toMatchObject({ owner: { kind: 'override' } });
  });
});

test.each([
  [{ onRelease: () => ({ steps: 3 }) }, /returned a field that does not exist: steps/],
  [{ onRelease: () => ({ release: { path: 'main' } }) }, /does not exist: release\.path/],
  [{ onRelease: () => ({ release: { average: 3 } }) }, /release\.average must be null or a list/],
  [{ onRelease: 3 }, /hook onRelease must be a function/],
])('a wrong hook %o is attributed', async (hook, message) => {
  const problems = await problemsOf([untyped({ name: 'wrong', ...hook })]);
  expect(problems).toMatchObject([{ plugin: 'wrong' }]);
  expect(problems[0]!.message).toMatch(message);
});

test('an error in the hook names plugin and hook', async () => {
  const thrower = hooks('thrower', {
    onRelease: () => {
      throw new Error('boom');
    },
  });
  const { failures } = await plan([thrower]);
  expect(failures[0]!.error.problems[0]).toMatchObject({ plugin: 'thrower', hook: 'onRelease', message: 'boom' });
});
