import { createStrategyTester, experiment, planOf } from '@branchline/testing';
import { continual } from 'branchline';
import { describe, expect, it } from 'vitest';
import { stabilityGap } from './stability-gap.js';

/** The best half of an increment. */
const best = { use: 'subset', of: 'new', by: 'score', share: 0.5 };

// Versions of 40, 32 and 24 sequences, i.e. 10, 8 and 6 steps. Version 1 starts from scratch, so nothing is set.
createStrategyTester(stabilityGap, {
  with: [continual()],
  examples: [
    { plan: { 1: {}, 2: { data: best, steps: 8 }, 3: { data: best, steps: 6 } } },
    { options: { by: 'random', epochs: 3 }, plan: { 2: { data: { ...best, by: 'random' }, steps: 12 } } },
    // As many sequences as in half an increment: 16 of 72, 12 of 96.
    {
      options: { of: 'all' },
      plan: {
        2: { data: { ...best, of: 'all', share: 16 / 72 }, steps: 8 },
        3: { data: { ...best, of: 'all', share: 12 / 96 }, steps: 6 },
      },
    },
    { options: { replay: 0.25 }, plan: { 2: { data: { ...best, replay: 0.25 }, steps: 8 } } },
    { options: { share: 0.25, epochs: 0.1 }, plan: { 2: { data: { ...best, share: 0.25 }, steps: 1 } } },
  ],
  invalid: [
    { options: { share: 0 }, message: 'expected number to be >0' },
    { options: { share: 1.1 }, message: 'expected number to be <=1' },
    { options: { by: 'best' }, message: 'expected one of "score"|"random"' },
    { options: { of: 'old' }, message: 'expected one of "new"|"all"' },
    { options: { epoch: 4 }, message: 'Did you mean "epochs"' },
  ],
}).register({ describe, it });

describe('stability-gap', () => {
  /** 40, 80 and 40 steps. */
  const info = experiment([400, 800, 400]);

  it('costs as much as continual training and shares version 1 with it', async () => {
    const plan = await planOf(info, { continual: [continual()], gap: [continual(), stabilityGap()] });
    expect(plan.steps).toBe(160 + 120);
    expect(plan.releases('gap')[0]).toBe(plan.releases('continual')[0]);
  });

  it('names the plugin that needs scores if the data has none', async () => {
    const plan = planOf({ ...info, scored: false }, { gap: [continual(), stabilityGap()] });
    await expect(plan).rejects.toThrow(/stability-gap.*takes the sequences with the highest scores/s);
  });
});
