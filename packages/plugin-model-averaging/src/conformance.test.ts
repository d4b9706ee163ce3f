import { createStrategyTester, ownedBy, type TestRunner } from '@branchline/testing';
import { describe, inject, it } from 'vitest';
import { decayWeights, mergeWeights } from './decay-merge.js';
import { lawa } from './lawa.js';
import { modelAveraging } from './model-averaging.js';
import { wsm } from './wsm.js';

/**
 * Skips the longest check unless tests run in full; exactness.test.ts of the cli package always draws cuts for every
 * plugin.
 */
const runner: TestRunner = {
  describe,
  it: (name, body, timeout) =>
    it.runIf(inject('full') || name !== 'resumes after a stop or crash at any step')(name, body, timeout),
};

/** An average of checkpoints `every` steps apart; weights are listed newest first. */
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
    { options: { last: 2, span: 1 }, plan: { 2: average(8, 0.5, 0.5), 3: average(6, 0.5, 0.5) } },
    { options: { last: 3, weights: 'wma' }, plan: { 2: average(2, 3 / 6, 2 / 6, 1 / 6) } },
    { options: { last: 2, weights: 'ema' }, plan: { 1: average(5, 1 / 1.8, 0.8 / 1.8) } },
    { options: { last: 2, weights: { kind: 'ema', factor: 0.5 } }, plan: { 1: average(5, 2 / 3, 1 / 3) } },
    // Extrapolates away from the older checkpoint.
    { options: { weights: [1.5, -0.5], every: 1 }, plan: { 2: average(1, 1.5, -0.5) } },
  ],
  invalid: [
    { options: { last: 1 }, message: 'last is 1: Too small: expected number to be >=2' },
    { options: { every: 2, span: 1 }, message: 'every sets the same distance' },
    { options: { weights: [1, -1] }, message: 'weights is [ 1, -1 ]: adds up to 0' },
    { options: { factor: 0.2 }, message: "factor is called weights: { kind: 'ema', factor }" },
  ],
}).register(runner);

createStrategyTester(lawa, {
  examples: [
    {
      plan: { 1: average(1, ...new Array<number>(5).fill(1 / 5)), 2: average(1, ...new Array<number>(5).fill(1 / 5)) },
    },
    { options: { last: 3, every: 2 }, plan: { 2: average(2, 1 / 3, 1 / 3, 1 / 3) } },
  ],
  invalid: [{ options: { last: 1 }, message: 'last is 1: Too small: expected number to be >=2' }],
}).register(runner);

createStrategyTester(wsm, {
  examples: [
    // Five linear intervals give weights of 1/6, up to rounding.
    { plan: { 1: average(1, ...mergeWeights(decayWeights('linear', 5, 0))) } },
    {
      options: { decay: '1-sqrt', last: 3, span: 1 },
      plan: {
        1: average(5, ...mergeWeights(decayWeights('1-sqrt', 2, 0))),
        3: average(3, ...mergeWeights(decayWeights('1-sqrt', 2, 0))),
      },
    },
    { options: { decay: 'cosine', minRatio: 0.5, last: 2 }, plan: { 2: average(4, 0.75, 0.25) } },
  ],
  invalid: [
    { options: { minRatio: 1 }, message: 'minRatio is 1: Too big: expected number to be <1' },
    { options: { span: 0 }, message: 'span is 0: Too small: expected number to be >0' },
  ],
}).register(runner);
