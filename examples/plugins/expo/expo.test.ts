import { createStrategyTester, experiment, planOf } from '@branchline/testing';
import { continual, pathSwitching } from 'branchline';
import { describe, expect, it } from 'vitest';
import { expo } from './expo.js';

/** The extrapolation from the start of the version, or from the state `stepsBack` steps before the end. */
const average = (alpha: number, stepsBack?: number) => ({
  'release.average': [
    { stepsBack: 0, weight: 1 + alpha },
    { ...(stepsBack === undefined ? { state: 'start' } : { stepsBack }), weight: -alpha },
  ],
});

// Versions of 10, 8 and 6 steps. Version 1 starts from scratch, so nothing is set.
createStrategyTester(expo, {
  with: [continual()],
  examples: [
    { plan: { 1: {}, 2: average(0.3), 3: average(0.3) } },
    { options: { alpha: 0.5, reach: 0.5 }, plan: { 1: {}, 2: average(0.5, 4), 3: average(0.5, 3) } },
    { options: { reach: 0.01 }, plan: { 2: average(0.3, 1) } },
  ],
  invalid: [
    { options: { alpha: 0 }, message: 'expected number to be >0' },
    { options: { alpha: '0.3' }, message: 'expected number' },
    { options: { reach: 0 }, message: 'options.reach' },
    { options: { aplha: 0.5 }, message: 'Did you mean "alpha"' },
  ],
}).register({ describe, it });

describe('expo', () => {
  /** Two versions of 40 steps. */
  const info = experiment([400, 400]);

  it('costs nothing if no version starts from its release', async () => {
    const plain = { 'path switching': [pathSwitching()] };
    const { steps } = await planOf(info, plain);
    expect((await planOf(info, { ...plain, expo: [pathSwitching(), expo()] })).steps).toBe(steps);
  });

  it('reaches back to the start of the version, even if that is an extrapolation', async () => {
    const strategies = { plain: [continual()], expo: [continual(), expo()] };
    const { of, releases } = await planOf(experiment([400, 400, 400]), strategies);
    expect(releases('expo')[0]).toBe(releases('plain')[0]);
    const parts = of('expo').versions.map(({ release }) => {
      const { root } = release.point.lineage;
      return root.kind === 'derived' ? root.parts.map(({ point, weight }) => [point.steps, weight]) : [];
    });
    // Version 3 starts from the release of version 2, and its steps are counted from there.
    expect(parts).toEqual([
      [],
      [
        [40, -0.3],
        [80, 1.3],
      ],
      [
        [0, -0.3],
        [40, 1.3],
      ],
    ]);
  });
});
