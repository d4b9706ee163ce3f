/**
 * Costs of four versions of T = 40 steps from the kernel's own planner, as shares of the 10T of training from scratch.
 */
import type { PluginUse } from '@branchline/core';
import { experiment, planOf } from '@branchline/testing';
import { describe, expect, it } from 'vitest';
import { continual } from './continual.js';
import { fromScratch } from './from-scratch.js';
import { infiniteSchedule } from './infinite-schedule.js';
import { replay } from './replay.js';
import { stableOnly } from './stable-only.js';
import { wsdS } from './wsd-s.js';

const T = 40;
const lr = { peak: 1, warmup: 5, minRatio: 0.1 };
const info = experiment([400, 400, 400, 400], { lr });
const stepsOf = async (...plugins: readonly PluginUse[]) => (await planOf(info, { mine: plugins })).steps;

describe('cost at four versions', () => {
  it.each([
    ['from-scratch', 1, [fromScratch()]],
    ['stable-only', 0.4, [stableOnly()]],
    ['wsd-s', 0.4, [wsdS({ decay: 0.5 })]],
    ['continual + replay', 0.4, [continual(), replay({ ratio: 0.25 })]],
    // The last version trains only its branch after the fork; earlier versions train branch and main path.
    ['infinite-schedule, anneal 0.2', (4 + 3 * 0.2) / 10, [infiniteSchedule()]],
    ['infinite-schedule, anneal 0.6', 0.58, [infiniteSchedule({ anneal: 0.6 })]],
    ['infinite-schedule, anneal 0', 0.4, [infiniteSchedule({ anneal: 0 })]],
  ])('%s: %d of from scratch', async (_, share, plugins) => {
    expect((await stepsOf(...plugins)) / (10 * T)).toBeCloseTo(share, 12);
  });
});

describe('replay costs no extra compute', () => {
  const sizes = experiment([409, 1337, 73, 911], { lr });
  it.each([0.01, 0.05, 0.25, 0.9])('ratio %d: as many steps and sequences as the new data alone', async (ratio) => {
    const plan = await planOf(sizes, { alone: [continual()], mixed: [continual(), replay({ ratio })] });
    const stepsIn = (name: string) => plan.of(name).decisions.map(({ spec }) => spec.steps);
    expect(stepsIn('mixed')).toEqual([40, 133, 7, 91]);
    expect(stepsIn('mixed')).toEqual(stepsIn('alone'));
    // Every version re-warms to the peak and decays again, as in the paper.
    const warmups = plan.of('mixed').decisions.map(({ spec }) => spec.lr.warmup);
    expect(warmups).toEqual([5, 5, 5, 5]);
    const shared = 40;
    expect(plan.steps).toBe(2 * (40 + 133 + 7 + 91) - shared);
  });
});

describe('sharing', () => {
  it('wsd-s shares only the steps before its first decay with the stable path', async () => {
    // Of 35 steps after the warm-up, 18 (half, rounded) are at the peak.
    const both = await planOf(info, { stable: [stableOnly()], decaying: [wsdS({ decay: 0.5 })] });
    expect(both.steps).toBe(2 * 4 * T - (5 + 18));
  });

  it('every anneal leaves one main path', async () => {
    const both = await planOf(info, {
      long: [infiniteSchedule({ anneal: 0.5 })],
      short: [infiniteSchedule({ anneal: 0.25 })],
    });
    // In the last version the main path ends at the later of the two forks.
    expect(both.steps).toBe(3 * (T + 20 + 10) + (30 + 20 + 10));
  });
});
