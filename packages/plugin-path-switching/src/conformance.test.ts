import { constant, knee, linear } from '@branchline/core';
import { createStrategyTester, ownedBy, type TestRunner } from '@branchline/testing';
import { describe, inject, it } from 'vitest';
import { pathSwitching } from './path-switching.js';

/** The longest check runs in full only; exactness.test.ts of the command line always draws cuts for every plugin. */
const runner: TestRunner = {
  describe,
  it: (name, body, timeout) =>
    it.runIf(inject('full') || name !== 'goes on after a stop or a crash anywhere')(name, body, timeout),
};

/** The main path goes on at the peak. */
const MAIN = { 'lr.shape': constant(), forks: ['branch'], 'release.path': 'branch' };
const FAST = [{ share: 1, curve: '1-sqrt', to: 'floor' }];

// Versions of 10, 8 and 6 steps.
createStrategyTester(pathSwitching, {
  examples: [
    {
      plan: {
        1: { ...MAIN, start: { from: 'scratch' } },
        '1/branch': { at: 4, steps: 6, 'lr.shape': FAST },
        2: { ...MAIN, start: { from: 'tip' }, 'lr.floor': ownedBy('kernel', 0.1) },
        '2/branch': { at: 3, steps: 5, 'lr.shape': FAST, 'carry.optimizer': ownedBy('kernel', true) },
        '3/branch': { at: 2, steps: 4, 'lr.shape': FAST },
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
      // A branch that leaves at once warms up with the main path.
      options: { alpha: 1 },
      plan: {
        '1/branch': { at: 0, steps: 10, 'lr.shape': FAST, 'lr.warmup': 2, 'carry.schedule': false },
        '2/branch': { at: 0, steps: 8, 'lr.shape': FAST },
      },
    },
    { options: { alpha: 0.25, fork: 0.5 }, plan: { '2/branch': { at: 4, steps: 2, 'lr.shape': FAST } } },
    { options: { schedule: 'knee', hold: 0.2 }, plan: { '3/branch': { at: 2, steps: 4, 'lr.shape': knee(0.2) } } },
    {
      options: { schedule: 'linear', floor: 0 },
      plan: {
        2: { ...MAIN, start: { from: 'tip' }, 'lr.floor': 0 },
        '2/branch': { at: 3, steps: 5, 'lr.shape': linear(), 'lr.floor': ownedBy('kernel', 0) },
      },
    },
    { options: { carry: { weights: false, schedule: false } } },
    { options: { carry: { optimizer: false, data: false } } },
    { options: { carry: { random: false, plugins: false } } },
  ],
  invalid: [
    { options: { alpha: 1.5 }, message: "alpha is 1.5: a number from 0 to 1, the share of an increment's steps" },
    { options: { alpha: 0.6, fork: 0.5 }, message: 'options.fork' },
    { options: { alpha: 0, schedule: 'linear' }, message: 'schedule changes nothing while alpha is 0' },
    { options: { carry: { optimiser: false } }, message: 'there is no option "optimiser"' },
  ],
}).register(runner);
