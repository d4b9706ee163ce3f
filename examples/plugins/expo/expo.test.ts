import { checkResume, experiment, hooksOf, optionNames, planOf, versionContext } from '@branchline/testing';
import { continual, pathSwitching } from 'branchline';
import { describe, expect, it } from 'vitest';
import { expo } from './expo.js';

/** Two versions of 40 steps. */
const info = experiment([400, 400]);
const ask = (options: unknown, version = 2) => hooksOf(expo, options).onVersion!(versionContext(info, version));

describe('expo', () => {
  it('releases the end of a version and as much again of the way there', () => {
    const average = [
      { stepsBack: 0, weight: 1.5 },
      { stepsBack: 40, weight: -0.5 },
    ];
    expect(ask({ alpha: 0.5 })).toEqual({ release: { average } });
  });

  it('leaves version 1 alone, which was trained from no model', () => {
    expect(ask({}, 1)).toBeUndefined();
  });

  it('has no option that changes nothing', () => {
    const changes: Record<string, unknown> = { alpha: { alpha: 0.5 }, reach: { reach: 0.6 } };
    expect(Object.keys(changes).sort()).toEqual(optionNames(expo));
    for (const options of Object.values(changes)) expect(ask(options)).not.toEqual(ask({}));
  });

  it.each([{ alpha: 0 }, { alpha: '0.3' }, { reach: 0 }, { aplha: 0.3 }])('refuses %o', (options) => {
    expect(() => hooksOf(expo, options)).toThrow();
  });

  it('costs nothing where nobody starts from what it releases', async () => {
    const plain = { 'path switching': [pathSwitching()] };
    const { steps } = await planOf(info, plain);
    expect((await planOf(info, { ...plain, expo: [pathSwitching(), expo()] })).steps).toBe(steps);
  });

  it('reaches back to the very state that the version started from, be that an extrapolation itself', async () => {
    const strategies = { plain: [continual()], expo: [continual(), expo()] };
    const { of, releases } = await planOf(experiment([400, 400, 400]), strategies);
    expect(releases('expo')[0]).toBe(releases('plain')[0]);
    const parts = of('expo').versions.map(({ release }) => {
      const { root } = release.point.lineage;
      return root.kind === 'derived' ? root.parts.map(({ point, weight }) => [point.steps, weight]) : [];
    });
    // Version 3 starts from what was released, and its steps are counted from there.
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

  it('ends in the same bits however a run is cut', async () => {
    const strategies = { continual: [continual(), expo()], switching: [pathSwitching(), expo({ reach: 0.6 })] };
    await checkResume({
      strategies,
      cuts: [
        { by: 'stop', after: 13 },
        { by: 'crash', after: 5 },
      ],
    });
  });
});
