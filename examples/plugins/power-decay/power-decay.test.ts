import { expandSchedule, rateAt } from '@branchline/core';
import { createStrategyTester, experiment, planOf } from '@branchline/testing';
import { constant, pathSwitching, stagesAlong } from 'branchline';
import { describe, expect, it } from 'vitest';
import { powerDecay } from './power-decay.js';

const main = { 'lr.schedule': constant(), forks: ['branch'], 'release.path': 'branch' };
const branch = (at: number, steps: number, power: number) => ({
  at,
  steps,
  'lr.schedule': stagesAlong(steps, (z) => (1 - z) ** power),
});

// Versions of 10, 8 and 6 steps; a warm-up of 2 steps in version 1.
createStrategyTester(powerDecay, {
  examples: [
    { plan: { 1: main, '1/branch': branch(4, 6, 3), '2/branch': branch(3, 5, 3), '3/branch': branch(2, 4, 3) } },
    { options: { power: 1.5 }, plan: { 2: main, '1/branch': branch(4, 6, 1.5) } },
    { options: { alpha: 1 }, plan: { '1/branch': branch(2, 8, 3), '3/branch': branch(0, 6, 3) } },
  ],
  invalid: [
    { options: { power: 0 }, message: 'expected number to be >0' },
    { options: { alpha: 1.5 }, message: 'expected number to be <=1' },
    { options: { exponent: 3 }, message: 'there is no option "exponent"' },
  ],
}).register({ describe, it });

describe('power-decay', () => {
  /** Four versions of 400 steps. */
  const info = experiment([4000, 4000, 4000, 4000]);

  it('follows the power, exactly up to 128 steps and closely on a longer branch', async () => {
    for (const steps of [1, 72, 128, 1000]) {
      const schedule = stagesAlong(steps, (z) => (1 - z) ** 3);
      const pieces = expandSchedule({ steps, warmup: 0, base: 1, min: 0, schedule });
      const rates = pieces.flatMap((piece) => Array.from({ length: piece.steps }, (_, index) => rateAt(piece, index)));
      const errors = rates.map((rate, index) => Math.abs(rate - (1 - (index + 1) / steps) ** 3));
      expect(rates).toHaveLength(steps);
      // A chord over 1/128 of (1 - z)³, whose second derivative is at most 6. Segments differ by a step in length.
      expect(Math.max(...errors)).toBeLessThan(steps <= 128 ? 1e-12 : (6 / 8) * (1 / 128 + 1 / steps) ** 2);
    }
  });

  it('costs what path switching costs, and shares its main path', async () => {
    const switching = { switching: [pathSwitching()] };
    const { steps } = await planOf(info, switching);
    expect((await planOf(info, { power: [powerDecay()] })).steps).toBe(steps);
    // The branches are its own: four of 240 steps.
    expect((await planOf(info, { ...switching, power: [powerDecay()] })).steps).toBe(steps + 4 * 240);
  });
});
