import { definePlugin, stableDecay } from '@branchline/core';
import { createStrategyTester, ownedBy, type TestRunner } from '@branchline/testing';
import { describe, inject, it } from 'vitest';
import { FIT } from '../test/example.js';
import { learningRate } from './learning-rate.js';

/** Skips the longest check unless tests run in full; exactness.test.ts of the cli package cuts every plugin. */
const runner: TestRunner = {
  describe,
  it: (name, body, timeout) =>
    it.runIf(inject('full') || name !== 'resumes after a stop or crash at any step')(name, body, timeout),
};

/** Versions of 40, 32 and 24 sequences of 8 tokens: 320, 576 and 768 tokens so far, in batches of 4 sequences. */
const decaying = definePlugin({
  name: 'decaying',
  owns: ['start', 'data', 'lr.schedule'],
  onVersion: () => ({ start: { from: 'scratch' }, data: { use: 'all' }, lr: { schedule: stableDecay(0.25) } }),
});

/** The kit's model has 6 parameters. */
const from = { rate: 0.02, parameters: 6, tokens: 320, batch: 32, cooldown: 0.2 };

createStrategyTester(learningRate, {
  with: [decaying()],
  examples: [
    {
      name: 'a fit',
      options: { fit: FIT },
      plan: {
        1: { 'lr.peak': 0.02, 'lr.warmup': ownedBy('kernel', 2) },
        // 0.02 * sqrt(320 / 576), and of 768.
        2: { 'lr.peak': 0.01491 },
        3: { 'lr.peak': 0.01291 },
      },
    },
    { name: 'one peak', options: { fit: FIT, tokens: 768 }, plan: { 1: { 'lr.peak': 0.01291 } } },
    { name: 'a cooldown', options: { fit: FIT, cooldown: 0.24 } },
    { name: 'extrapolating', options: { fit: FIT, extrapolate: true } },
    { name: 'another fit', options: { fit: { ...FIT, law: { ...FIT.law, logRate: Math.log(0.03) } } } },
    {
      options: { from: { ...from, batch: 64 }, law: 'complete-d-p', extrapolate: true },
      plan: { 1: { 'lr.peak': 0.01414 } },
    },
    { options: { from, law: 'complete-d-p', extrapolate: true } },
    { options: { from: { ...from, rate: 0.01 }, law: 'paper-c', extrapolate: true } },
    { options: { from: { ...from, parameters: 12 }, law: 'step-law', extrapolate: true } },
    { options: { from: { ...from, tokens: 640 }, law: 'marin', extrapolate: true } },
    { options: { from: { ...from, cooldown: 0.3 }, law: 'marin', extrapolate: true } },
  ],
  invalid: [
    { options: {}, message: "give fit: './fit.json', which branchline lr fit writes" },
    { options: { fit: './nowhere.json' }, message: 'cannot be read' },
    { options: { fit: { kind: 'something' } }, message: 'kind: is no fit of learning rates' },
    { options: { fit: { ...FIT, law: null } }, message: 'no best rate was found inside of its grid' },
    { options: { fit: FIT, from, law: 'paper-c' }, message: 'cannot be given together with fit' },
    { options: { from }, message: 'say which law leads from that run to this' },
    { options: { fit: FIT, law: 'paper-c' }, message: 'changes nothing without from' },
    { options: { from: { ...from, rate: 0 }, law: 'paper-c' }, message: 'from.rate is 0' },
  ],
}).register(runner);
