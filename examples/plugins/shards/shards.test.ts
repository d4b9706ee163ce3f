import { createStrategyTester, experiment, planOf } from '@branchline/testing';
import { continual, cosine } from 'branchline';
import { describe, expect, it } from 'vitest';
import { shards } from './shards.js';

const path = (start: object) => ({ start, 'lr.warmup': 2, 'lr.schedule': cosine() });
const scratch = { from: 'scratch' };
const release = (version: number) => ({ from: 'release', version });
const average = (...versions: readonly number[]) => ({
  'release.average': versions.map((version) => ({
    state: 'path',
    path: 'main',
    version,
    weight: 1 / versions.length,
  })),
});

// Three versions; warm-ups of 2 steps.
createStrategyTester(shards, {
  examples: [
    { plan: { 1: path(scratch), 2: path(release(1)), 3: { ...path(release(1)), ...average(2, 3) } } },
    { options: { forget: [2] }, plan: { 2: { ...path(release(1)), ...average(1) }, 3: path(release(1)) } },
    { options: { isolated: false }, plan: { 2: path(release(1)), 3: path(release(2)) } },
    {
      options: { isolated: false, forget: [2] },
      plan: { 2: { ...path(release(1)), ...average(1) }, 3: path(release(1)) },
    },
    {
      options: { base: 0, forget: [1] },
      plan: {
        1: { ...path(scratch), 'release.average': [{ state: 'fresh', weight: 1 }] },
        3: { ...path(scratch), ...average(2, 3) },
      },
    },
  ],
  invalid: [
    { options: { forget: [1] }, message: 'version 1 belongs to the base' },
    { options: { base: -1 }, message: 'options.base' },
  ],
}).register({ describe, it });

describe('shards', () => {
  /** Six versions of 40 steps. */
  const T = 40;
  const info = experiment([400, 400, 400, 400, 400, 400]);
  /** Steps that forgetting a version adds to those that were trained before. */
  async function costOf(version: number, isolated: boolean) {
    const all = { all: [shards({ isolated })] };
    const forgotten = await planOf(info, { ...all, forgotten: [shards({ isolated, forget: [version] })] });
    return forgotten.steps - (await planOf(info, all)).steps;
  }

  it('forgets an isolated shard for nothing', async () => {
    for (const version of [2, 4, 6]) expect(await costOf(version, true)).toBe(0);
  });

  it('trains every version after a forgotten one again if shards follow each other', async () => {
    for (const version of [2, 4, 6]) expect(await costOf(version, false)).toBe((6 - version) * T);
  });

  it('is continual training if shards follow each other and none is forgotten', async () => {
    const { releases } = await planOf(info, { shards: [shards({ isolated: false })], continual: [continual()] });
    expect(releases('shards')).toEqual(releases('continual'));
  });

  it('refuses to forget a version that the experiment does not have', async () => {
    const planned = planOf(info, { mine: [shards({ forget: [7] })] });
    await expect(planned).rejects.toThrow('forget names version 7, and there are 6');
  });

  it('forgets exactly: no forgotten sequence is in the past of a release', async () => {
    for (const isolated of [true, false]) {
      const { of } = await planOf(info, { mine: [shards({ isolated, forget: [3] })] });
      const { versions } = of('mine');
      const forgotten = versions[2]!.main.lineage.ranges.at(-1)!.order;
      for (const { release } of versions) {
        const { root, ranges } = release.point.lineage;
        const lineages = root.kind === 'derived' ? root.parts.map(({ point }) => point.lineage) : [{ ranges }];
        const orders = lineages.flatMap((lineage) => lineage.ranges.map(({ order }) => order));
        expect(orders).not.toContain(forgotten);
      }
    }
  });
});
