import { constant, cosine, knee, multiStep, stableDecay } from '@branchline/core';
import { createStrategyTester, ownedBy, type TestRunner } from '@branchline/testing';
import { describe, inject, it } from 'vitest';
import { continual } from './continual.js';
import { exponential } from './exponential.js';
import { fromScratch } from './from-scratch.js';
import { infiniteSchedule } from './infinite-schedule.js';
import { replay } from './replay.js';
import { stableOnly } from './stable-only.js';
import { wsdS } from './wsd-s.js';

/**
 * Skips the longest check unless tests run in full; exactness.test.ts of the cli package always draws cuts for every
 * plugin.
 */
const runner: TestRunner = {
  describe,
  it: (name, body, timeout) =>
    it.runIf(inject('full') || name !== 'resumes after a stop or crash at any step')(name, body, timeout),
};

const ALL = { start: { from: 'scratch' }, data: { use: 'all' } };

// Versions of 10, 8 and 6 steps; warm-ups of 2 steps.
createStrategyTester(fromScratch, {
  examples: [
    {
      plan: {
        1: { ...ALL, 'lr.schedule': cosine(), steps: ownedBy('kernel', 10) },
        3: {
          ...ALL,
          'lr.schedule': cosine(),
          steps: ownedBy('kernel', 24),
          'order.scope': ownedBy('kernel', 'together'),
        },
      },
    },
    { options: { order: 'arrival' }, plan: { 2: { ...ALL, 'lr.schedule': cosine(), 'order.scope': 'by-version' } } },
    { options: { schedule: 'knee', minRatio: 0 }, plan: { 2: { ...ALL, 'lr.schedule': knee(), 'lr.minRatio': 0 } } },
    { options: { schedule: { kind: 'knee', hold: 0.7 } }, plan: { 2: { ...ALL, 'lr.schedule': knee(0.7) } } },
    { options: { schedule: 'multi-step' }, plan: { 2: { ...ALL, 'lr.schedule': multiStep() } } },
    {
      options: { schedule: { kind: 'stable-decay', decay: 0.5, of: 'increment' }, order: 'arrival' },
      // The last 4 of the 16 steps after the warm-up are half of the second increment.
      plan: {
        2: { ...ALL, 'order.scope': 'by-version', steps: 18, 'lr.warmup': 2, 'lr.schedule': stableDecay(4 / 16) },
      },
    },
    {
      options: { schedule: { kind: 'stable-decay', decay: 0.5, curve: 'linear' } },
      plan: { 2: { ...ALL, 'lr.schedule': stableDecay(0.5, 'linear') } },
    },
    { options: { schedule: 'constant' }, plan: { 2: { ...ALL, 'lr.schedule': constant() } } },
  ],
  invalid: [
    { options: { schedule: 'step' }, message: "schedule is 'step': one of constant, cosine, linear" },
    { options: { hold: 0.5 }, message: 'options.hold' },
    {
      options: { decayOf: 'increment' },
      message: "decayOf is called schedule: { kind: 'stable-decay', decay, of: 'increment' }",
    },
  ],
}).register(runner);

createStrategyTester(continual, {
  examples: [
    {
      plan: {
        1: { start: { from: 'scratch' }, 'lr.schedule': cosine() },
        2: {
          start: { from: 'release' },
          'lr.schedule': cosine(),
          'lr.warmup': 2,
          data: ownedBy('kernel', { use: 'new' }),
        },
      },
    },
    {
      options: { optimizer: 'reset' },
      plan: { 2: { start: { from: 'release' }, 'lr.schedule': cosine(), 'lr.warmup': 2, 'carry.optimizer': false } },
    },
    {
      options: { rewarm: false, rate: 0.3 },
      plan: { 2: { start: { from: 'release' }, 'lr.schedule': [{ share: 1, curve: 'constant', to: 0.3 }] } },
    },
    { options: { schedule: { kind: 'knee', hold: 0.2 } } },
    { options: { schedule: { kind: 'stable-decay', decay: 0.4, curve: 'cosine' }, minRatio: 0 } },
  ],
  invalid: [
    { options: { rate: 0.1 }, message: 'rate is 0.1: changes nothing while rewarm is true' },
    { options: { optimizer: 'keep' }, message: "optimizer is 'keep': " },
  ],
}).register(runner);

createStrategyTester(replay, {
  examples: [
    { plan: { 1: {}, 2: { data: { use: 'mixture', replay: 0.05 } } } },
    { options: { ratio: 0.25 }, plan: { 3: { data: { use: 'mixture', replay: 0.25 } } } },
    { options: { ratio: 0 }, plan: { 1: {}, 3: { data: { use: 'new' } } } },
  ],
  invalid: [{ options: { ratio: 1 }, message: 'ratio is 1: Too big: expected number to be <1' }],
}).register(runner);

createStrategyTester(stableOnly, {
  examples: [
    {
      plan: {
        1: { start: { from: 'scratch' }, 'lr.schedule': constant(), 'release.path': 'main' },
        2: { start: { from: 'tip' }, 'lr.schedule': constant(), 'release.path': 'main' },
        3: {
          start: { from: 'tip' },
          'lr.schedule': constant(),
          'release.path': 'main',
          'lr.warmup': ownedBy('kernel', 0),
        },
      },
    },
  ],
}).register(runner);

createStrategyTester(wsdS, {
  examples: [
    {
      plan: {
        1: { start: { from: 'scratch' }, 'lr.schedule': stableDecay(0.1, 'linear'), 'release.path': 'main' },
        2: {
          start: { from: 'tip' },
          'lr.schedule': stableDecay(0.1, 'linear'),
          'release.path': 'main',
          'lr.warmup': ownedBy('kernel', 0),
          'carry.optimizer': ownedBy('kernel', true),
        },
      },
    },
    {
      options: { decay: 0.5, curve: '1-sqrt', minRatio: 0 },
      plan: {
        3: {
          start: { from: 'tip' },
          'lr.schedule': stableDecay(0.5, '1-sqrt'),
          'release.path': 'main',
          'lr.minRatio': 0,
        },
      },
    },
  ],
  invalid: [{ options: { decay: 0 }, message: 'use stable-only to train without a decay' }],
}).register(runner);

const constantly = (level: number) => [{ share: 1, curve: 'constant', to: level }];

createStrategyTester(infiniteSchedule, {
  examples: [
    {
      plan: {
        1: {
          start: { from: 'scratch' },
          'lr.schedule': [
            { share: 0.3, curve: 'cosine', to: 1 / 3 },
            { share: 0.7, curve: 'constant', to: 1 / 3 },
          ],
          forks: ['anneal'],
          'release.path': 'anneal',
        },
        2: { start: { from: 'tip' }, 'lr.schedule': constantly(1 / 3), forks: ['anneal'], 'release.path': 'anneal' },
        // From a third of the peak to the kit's minimum of a tenth.
        '1/anneal': { at: 8, steps: 2, 'lr.schedule': exponential(2, 0.1 / (1 / 3)) },
        '2/anneal': { at: 6, steps: 2, 'lr.schedule': exponential(2, 0.1 / (1 / 3)) },
        '3/anneal': { at: 5, steps: 1, 'lr.schedule': exponential(1, 0.1 / (1 / 3)) },
      },
    },
    {
      options: { anneal: 0.5, minRatio: 0.05 },
      plan: { '3/anneal': { at: 3, steps: 3, 'lr.schedule': exponential(3, 0.05 / (1 / 3)) } },
    },
    {
      options: { anneal: 0, cooldown: 0, constant: 0.5 },
      plan: {
        1: { start: { from: 'scratch' }, 'lr.schedule': constantly(0.5), forks: [], 'release.path': 'main' },
        2: { start: { from: 'tip' }, 'lr.schedule': constantly(0.5), forks: [], 'release.path': 'main' },
      },
    },
  ],
  invalid: [
    { options: { minRatio: 0 }, message: 'an exponential never reaches 0' },
    { options: { minRatio: 0.1, anneal: 0 }, message: 'minRatio is 0.1: changes nothing while anneal is 0' },
  ],
}).register(runner);
