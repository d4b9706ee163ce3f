import { expect, test } from 'vitest';
import { branching, hooks, model, ToyTrainer, toyData, toySpec } from '../../test/fixtures.js';
import { type AveragePart, BranchlineError, type PluginUse, planExperiment } from '../index.js';
import { positionOf } from '../path/path.js';

const { numerics } = new ToyTrainer().describe();

/** Plans path switching over three versions of 10 steps, whose version 3 releases an average. */
async function planned(average: readonly AveragePart[], others: readonly PluginUse[] = []) {
  const averaging = hooks('averaging', {
    onVersion: ({ version: { index } }) => (index === 3 ? { release: { average } } : undefined),
  });
  const spec = toySpec({ s: [branching(), averaging, ...others] });
  const data = toyData({ versions: 3 });
  const { strategies, failures } = await planExperiment({ spec, model, data, numerics, log: () => undefined });
  if (failures[0]) throw failures[0].error;
  const [{ versions, releases }] = strategies as [(typeof strategies)[0]];
  const { root } = versions[2]!.release.point.lineage;
  const parts = root.kind === 'derived' ? root.parts : [];
  return { versions, releases, states: parts.map(({ point, weight }) => [positionOf(point), weight]) };
}

const messageOf = (average: readonly AveragePart[]) =>
  planned(average).then(
    () => 'no error',
    (error: unknown) => (error instanceof BranchlineError ? error.problems[0]!.message : String(error)),
  );

test('takes earlier releases, states of any path, the start of the version and the first weights', async () => {
  const { states, releases } = await planned([
    { stepsBack: 0, weight: 0.5 },
    { state: 'release', version: 1, weight: 0.25 },
    { state: 'release', weight: 0.25 },
    { state: 'path', path: 'main', weight: 0.25 },
    { state: 'path', path: 'main', version: 1, stepsBack: 2, weight: 0.25 },
    { state: 'start', weight: -0.25 },
    { state: 'fresh', weight: -0.25 },
  ]);
  // Named states in the order of what names them, then those counted back.
  expect(states).toEqual([
    [8, 0.25],
    [30, 0.25],
    [0, -0.25],
    [10, 0.25],
    [20, 0.25],
    [20, -0.25],
    [30, 0.5],
  ]);
  expect(releases[2]!.sources.map(({ node }) => node.key)).toEqual(
    expect.arrayContaining([releases[0]!.key, releases[1]!.key]),
  );
});

test('does not depend on the order in which parts are written, and adds up equal ones', async () => {
  const parts: AveragePart[] = [
    { state: 'release', version: 1, weight: 0.25 },
    { state: 'start', weight: 0.25 },
    { stepsBack: 0, weight: 0.5 },
  ];
  const { releases } = await planned(parts);
  const turned = await planned([
    { weight: 0.25, stepsBack: 0 },
    { weight: 0.25, state: 'start' },
    { weight: 0.25, version: 1, state: 'release' },
    { weight: 0.25, stepsBack: 0 },
  ]);
  expect(turned.releases[2]!.key).toBe(releases[2]!.key);
});

test('the start of a version is the state that counting back to it gives', async () => {
  const states = async (part: AveragePart) => (await planned([{ stepsBack: 0, weight: 1.5 }, part])).states;
  expect(await states({ state: 'start', weight: -0.5 })).toEqual(await states({ stepsBack: 10, weight: -0.5 }));
});

test.each([
  [{ state: 'release', version: 3 }, 'averages the release of version 3, which is not an earlier version'],
  [{ state: 'path', path: 'brnch' }, 'averages a state of the path "brnch" of version 3, which does not exist'],
  [{ state: 'path', path: 'main', version: 9 }, 'averages a state of the path "main" of version 9'],
  [
    { state: 'path', path: 'branch', version: 1, stepsBack: 99 },
    'averages a state 99 steps before the end of the branch',
  ],
  [{ stepsBack: 11 }, 'so it would reach into another version'],
] as const)('%o is refused', async (state, message) => {
  expect(
    await messageOf([
      { ...state, weight: 0.5 },
      { stepsBack: 0, weight: 0.5 },
    ]),
  ).toContain(message);
});

test.each([
  [{ state: 'strat' }, 'state must be one of start, fresh, release, path'],
  [{ state: 'start', stepsBack: 2 }, 'stepsBack belongs to state: "path" only'],
  [{ state: 'release', version: 0 }, 'version must be 1 or more'],
  [{}, 'must be a whole number of steps'],
])('%o is no state', async (state, message) => {
  expect(await messageOf([{ ...state, weight: 1 } as never])).toContain(message);
});
