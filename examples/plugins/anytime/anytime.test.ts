import { expandSchedule, rateAt } from '@branchline/core';
import { createStrategyTester, decidersOf, experiment, planOf, versionContext } from '@branchline/testing';
import { type AveragePart, constant, pathSwitching, stagesAlong } from 'branchline';
import { describe, expect, it } from 'vitest';
import { anytime } from './anytime.js';

/** Versions and steps back from newest to oldest, weighted by a factor of sqrt(1/2) per checkpoint. */
function average(...states: readonly (readonly [number, number])[]) {
  const total = states.reduce((sum, _, age) => sum + 2 ** (-age / 2), 0);
  return states.map(([version, stepsBack], age) => {
    const weight = 2 ** (-age / 2) / total;
    return { state: 'path', path: 'main', version, stepsBack, weight };
  });
}

const falling = (t: number, steps: number, alpha: number) => ({
  'lr.schedule': stagesAlong(steps, (r) => Math.sqrt((t + alpha) / (t + r * steps + alpha))),
});

// Versions of 10, 8 and 6 steps, so 10, 18 and 24 steps so far; a warm-up of 2 steps.
createStrategyTester(anytime, {
  examples: [
    {
      plan: {
        1: {
          steps: 10,
          'lr.schedule': constant(),
          'release.average': average(...[0, 1, 2, 3, 4, 5, 6, 7].map((back) => [1, back] as const)),
        },
        2: {
          steps: 8,
          'lr.schedule': constant(),
          'release.average': average(...[0, 1, 2, 3, 4, 5, 6, 7].map((back) => [2, back] as const)),
        },
      },
    },
    {
      options: { halfLife: 0.5, last: 4 },
      plan: {
        1: { steps: 10, 'lr.schedule': constant(), 'release.average': average([1, 0], [1, 3], [1, 6], [1, 9]) },
        // Every 5 steps: after 18, 13, 8 and 3 steps.
        2: { steps: 8, 'lr.schedule': constant(), 'release.average': average([2, 0], [2, 5], [1, 2], [1, 7]) },
        // Every 6 steps: after 24, 18, 12 and 6 steps.
        3: { steps: 6, 'lr.schedule': constant(), 'release.average': average([3, 0], [2, 0], [2, 6], [1, 4]) },
      },
    },
    {
      options: { alpha: 5, halfLife: 1, last: 2 },
      plan: {
        1: { steps: 10, ...falling(0, 8, 5), 'carry.schedule': false, 'release.average': average([1, 0], [1, 5]) },
        2: { steps: 8, ...falling(8, 8, 5), 'carry.schedule': true, 'release.average': average([2, 0], [1, 1]) },
        3: { steps: 6, ...falling(16, 6, 5), 'carry.schedule': true, 'release.average': average([3, 0], [2, 6]) },
      },
    },
  ],
  invalid: [
    { options: { halfLife: 0 }, message: 'expected number to be >0' },
    { options: { last: 1 }, message: 'options.last' },
    { options: { alpha: 0 }, message: 'options.alpha' },
    { options: { halflife: 0.2 }, message: 'Did you mean "halfLife"' },
  ],
}).register({ describe, it });

describe('anytime', () => {
  /** Four versions of 40 steps. */
  const info = experiment([400, 400, 400, 400]);

  it('trains nothing beyond the main path, which it shares with path switching', async () => {
    const main = { 'main path': [pathSwitching({ alpha: 0 })] };
    expect((await planOf(info, { ...main, anytime: [anytime()] })).steps).toBe(4 * 40);
  });

  it('has one rate over all versions, whatever their number and sizes', async () => {
    const alpha = 30;
    for (const sizes of [[1600], [400, 400, 400, 400], [250, 1350]]) {
      const { of } = await planOf(experiment(sizes), { anytime: [anytime({ alpha })] });
      const { ranges } = of('anytime').versions.at(-1)!.main.lineage;
      const rates = ranges.flatMap(({ rate }) => Array.from({ length: rate.steps }, (_, index) => rateAt(rate, index)));
      expect(rates).toHaveLength(sizes.reduce((sum, size) => sum + size / 10, 0));
      for (const [step, rate] of rates.entries()) {
        const t = step + 1 - 5;
        expect(rate).toBeCloseTo(t > 0 ? Math.sqrt(alpha / (t + alpha)) : (step + 1) / 5, 3);
      }
    }
  });

  it('reaches back as far as it promises, over versions, and not before the first step', () => {
    const ask = (options: object, version: number) =>
      decidersOf(anytime, options).onVersion(versionContext(info, version))!.release!.average as readonly AveragePart[];
    // Half a half-life of 160 steps is 8: the oldest of 8 checkpoints is 56 steps old, in version 3.
    expect(ask({}, 4).at(-1)).toMatchObject({ version: 3, stepsBack: 16 });
    expect(ask({}, 4).reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1, 12);
    expect(ask({ halfLife: 1 }, 1)).toMatchObject([{ stepsBack: 0 }, { stepsBack: 20 }]);
  });

  it('trains at the peak if a version ends within the warm-up', () => {
    const short = experiment([50, 400], { lr: { peak: 1, warmup: 9, minRatio: 0 } });
    const part = decidersOf(anytime, { alpha: 5 }).onVersion(versionContext(short, 1));
    const pieces = expandSchedule({ steps: 5, warmup: 9, base: 1, min: 0, schedule: part!.lr!.schedule! });
    expect(pieces.reduce((sum, { steps }) => sum + steps, 0)).toBe(5);
  });
});
