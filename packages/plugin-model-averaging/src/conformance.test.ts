import { createStrategyTester, ownedBy } from '@branchline/testing';
import { describe, it } from 'vitest';
import { modelAveraging } from './model-averaging.js';

/** An average of checkpoints so many steps apart, newest first. */
const average = (every: number, ...weights: readonly number[]) => ({
  'release.average': weights.map((weight, age) => ({ stepsBack: age * every, weight })),
});

// Versions of 10, 8 and 6 steps.
createStrategyTester(modelAveraging, {
  examples: [
    {
      plan: {
        1: { ...average(1, ...new Array<number>(6).fill(1 / 6)), 'release.path': ownedBy('kernel', 'main') },
        2: average(1, ...new Array<number>(6).fill(1 / 6)),
      },
    },
    { options: { last: 2 }, plan: { 1: average(5, 0.5, 0.5), 2: average(4, 0.5, 0.5), 3: average(3, 0.5, 0.5) } },
    { options: { last: 2, every: 3 }, plan: { 1: average(3, 0.5, 0.5), 3: average(3, 0.5, 0.5) } },
    { options: { last: 3, weights: 'wma' }, plan: { 2: average(2, 3 / 6, 2 / 6, 1 / 6) } },
    { options: { last: 2, weights: 'ema', factor: 0.5 } },
    // An extrapolation away from the older one.
    { options: { weights: [1.5, -0.5], every: 1 }, plan: { 2: average(1, 1.5, -0.5) } },
  ],
  invalid: [
    { options: { last: 1 }, message: 'last is 1: a whole number, 2 or more' },
    { options: { weights: [1, -1] }, message: 'weights adds up to 0' },
    { options: { factor: 0.2 }, message: "factor changes nothing without weights: 'ema'" },
  ],
}).register({ describe, it });
