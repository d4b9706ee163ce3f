import { constant, cosine, knee, multiStep, stableDecay } from '@branchline/core';
import { createStrategyTester, ownedBy } from '@branchline/testing';
import { describe, it } from 'vitest';
import { continual } from './continual.js';
import { fromScratch } from './from-scratch.js';
import { replay } from './replay.js';

const ALL = { start: { from: 'scratch' }, data: { use: 'all' } };

// Versions of 10, 8 and 6 steps; warm-ups of 2 steps.
createStrategyTester(fromScratch, {
  examples: [
    {
      plan: {
        1: { ...ALL, 'lr.shape': cosine(), steps: ownedBy('kernel', 10) },
        3: { ...ALL, 'lr.shape': cosine(), steps: ownedBy('kernel', 24), 'order.scope': ownedBy('kernel', 'together') },
      },
    },
    { options: { order: 'arrival' }, plan: { 2: { ...ALL, 'lr.shape': cosine(), 'order.scope': 'by-version' } } },
    { options: { schedule: 'knee', floor: 0 }, plan: { 2: { ...ALL, 'lr.shape': knee(), 'lr.floor': 0 } } },
    { options: { schedule: 'knee', hold: 0.7 }, plan: { 2: { ...ALL, 'lr.shape': knee(0.7) } } },
    { options: { schedule: 'multi-step' }, plan: { 2: { ...ALL, 'lr.shape': multiStep() } } },
    {
      options: { schedule: 'stable-decay', decay: 0.5, decayOf: 'increment', order: 'arrival' },
      // The last 4 of the 16 steps behind the warm-up are half of the second increment.
      plan: {
        2: { ...ALL, 'order.scope': 'by-version', steps: 18, 'lr.warmup': 2, 'lr.shape': stableDecay(4 / 16) },
      },
    },
    {
      options: { schedule: 'stable-decay', decay: 0.5, decayOf: 'run', curve: 'linear' },
      plan: { 2: { ...ALL, 'lr.shape': stableDecay(0.5, 'linear') } },
    },
    { options: { schedule: 'constant' }, plan: { 2: { ...ALL, 'lr.shape': constant() } } },
  ],
  invalid: [
    { options: { schedule: 'linear' }, message: "schedule is 'linear': one of cosine, knee, multi-step" },
    { options: { hold: 0.5 }, message: 'options.hold' },
    { options: { decayOf: 'increment' }, message: "decayOf changes nothing under schedule 'cosine'" },
  ],
}).register({ describe, it });

createStrategyTester(continual, {
  examples: [
    {
      plan: {
        1: { start: { from: 'scratch' }, 'lr.shape': cosine() },
        2: {
          start: { from: 'release' },
          'lr.shape': cosine(),
          'lr.warmup': 2,
          data: ownedBy('kernel', { use: 'new' }),
        },
      },
    },
    {
      options: { optimizer: 'reset' },
      plan: { 2: { start: { from: 'release' }, 'lr.shape': cosine(), 'lr.warmup': 2, 'carry.optimizer': false } },
    },
    {
      options: { rewarm: false, rate: 0.3 },
      plan: { 2: { start: { from: 'release' }, 'lr.shape': [{ share: 1, curve: 'constant', to: 0.3 }] } },
    },
    { options: { schedule: 'knee', hold: 0.2 } },
    { options: { schedule: 'stable-decay', decay: 0.4, curve: 'cosine', floor: 0 } },
  ],
  invalid: [
    { options: { rate: 0.1 }, message: 'rate changes nothing while rewarm is true' },
    { options: { optimizer: 'keep' }, message: "optimizer is 'keep': one of carry, reset" },
  ],
}).register({ describe, it });

createStrategyTester(replay, {
  examples: [
    { plan: { 1: {}, 2: { data: { use: 'mixture', replay: 0.05 } } } },
    { options: { ratio: 0.25 }, plan: { 3: { data: { use: 'mixture', replay: 0.25 } } } },
    { options: { ratio: 0 }, plan: { 1: {}, 3: { data: { use: 'new' } } } },
  ],
  invalid: [{ options: { ratio: 1 }, message: 'ratio is 1: a number from 0 to below 1' }],
}).register({ describe, it });
