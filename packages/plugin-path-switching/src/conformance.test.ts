import { constant, knee, linear, stableDecay } from '@branchline/core';
import { createStrategyTester, ownedBy, type TestRunner } from '@branchline/testing';
import { describe, inject, it } from 'vitest';
import { pathSwitching } from './path-switching.js';

/**
 * Skips the longest check unless tests run in full; exactness.test.ts of the cli package always draws cuts for every
 * plugin.
 */
const runner: TestRunner = {
  describe,
  it: (name, body, timeout) =>
    it.runIf(inject('full') || name !== 'resumes after a stop or crash at any step')(name, body, timeout),
};

/** The main path stays at the peak. */
const MAIN = { 'lr.schedule': constant(), forks: ['branch'], 'release.path': 'branch' };
const FAST = [{ share: 1, curve: '1-sqrt', to: 'min' }];

// Versions of 10, 8 and 6 steps.
createStrategyTester(pathSwitching, {
  examples: [
    {
      plan: {
        1: { ...MAIN, start: { from: 'scratch' } },
        '1/branch': { at: 4, steps: 6, 'lr.schedule': FAST },
        2: { ...MAIN, start: { from: 'tip' }, 'lr.minRatio': ownedBy('kernel', 0.1) },
        '2/branch': { at: 3, steps: 5, 'lr.schedule': FAST, 'carry.optimizer': ownedBy('kernel', true) },
        '3/branch': { at: 2, steps: 4, 'lr.schedule': FAST },
      },
    },
    {
      options: { alpha: 0 },
      plan: {
        1: { ...MAIN, start: { from: 'scratch' }, forks: [], 'release.path': 'main' },
        2: { ...MAIN, start: { from: 'tip' }, forks: [], 'release.path': 'main' },
      },
    },
    {
      // A branch that leaves at step 0 warms up with the main path.
      options: { alpha: 1 },
      plan: {
        '1/branch': { at: 0, steps: 10, 'lr.schedule': FAST, 'lr.warmup': 2, 'carry.schedule': false },
        '2/branch': { at: 0, steps: 8, 'lr.schedule': FAST },
      },
    },
    { options: { alpha: 0.25, fork: 0.5 }, plan: { '2/branch': { at: 4, steps: 2, 'lr.schedule': FAST } } },
    {
      options: { schedule: { kind: 'knee', hold: 0.2 } },
      plan: { '3/branch': { at: 2, steps: 4, 'lr.schedule': knee(0.2) } },
    },
    {
      options: { schedule: { kind: 'stable-decay', decay: 0.3, curve: 'cosine' } },
      plan: { '3/branch': { at: 2, steps: 4, 'lr.schedule': stableDecay(0.3, 'cosine') } },
    },
    {
      options: { schedule: 'linear', minRatio: 0 },
      plan: {
        2: { ...MAIN, start: { from: 'tip' }, 'lr.minRatio': 0 },
        '2/branch': { at: 3, steps: 5, 'lr.schedule': linear(), 'lr.minRatio': ownedBy('kernel', 0) },
      },
    },
    { options: { carry: { weights: false, schedule: false } } },
    { options: { carry: { optimizer: false, data: false } } },
    { options: { carry: { random: false, plugins: false } } },
  ],
  invalid: [
    { options: { alpha: 1.5 }, message: 'alpha is 1.5: Too big: expected number to be <=1' },
    { options: { alpha: 0.6, fork: 0.5 }, message: 'options.fork' },
    { options: { alpha: 0, schedule: 'linear' }, message: 'changes nothing while alpha is 0' },
    { options: { carry: { optimiser: false } }, message: 'there is no option "optimiser"' },
  ],
}).register(runner);
