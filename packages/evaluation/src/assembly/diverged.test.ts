import { expect, test } from 'vitest';
import type { ReleaseResult } from '../results/results.js';
import { divergedWarnings } from './diverged.js';

const strategy = (name: string, losses: readonly number[]) => ({
  name,
  releases: losses.map((loss, index) => ({ version: index + 1, loss }) as ReleaseResult),
});

test('releases that are worse than guessing are in one warning, under whichever seeds', () => {
  const found = divergedWarnings(
    [
      strategy('fine', [5.5, 4]),
      strategy('wild', [800, 5]),
      strategy('wild', [5, 5.6]),
      strategy('lost', [Number.NaN]),
    ],
    Math.log(257),
  );
  expect(found).toEqual([
    {
      strategies: ['wild', 'lost'],
      message:
        '"wild" (versions 1, 2), "lost" (version 1): a loss above 5.55, worse than guessing every token alike; the training diverged. Lower lr.peak, or lengthen lr.warmup',
    },
  ]);
});

test('no release, no warning; nor without text', () => {
  expect(divergedWarnings([strategy('fine', [2, 1])], 2)).toEqual([]);
  expect(divergedWarnings([strategy('wild', [800])], undefined)).toEqual([]);
});

test('many strategies are counted', () => {
  const all = Array.from({ length: 9 }, (_, index) => strategy(`s${index}`, [9]));
  expect(divergedWarnings(all, 2)[0]!.message).toContain('"s2" (version 1) and 6 more: a loss above 2.00');
});
