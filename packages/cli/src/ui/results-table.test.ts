import type { Results } from '@branchline/evaluation';
import { expect, test } from 'vitest';
import { resultsNotes } from './results-table.js';

const cost = (deviceSeconds: number) => ({
  steps: 1,
  tokens: 100,
  flops: 1,
  deviceSeconds,
  energyJoules: null,
  money: null,
});
const strategy = (alone: number, share: number) => ({
  releases: [],
  cost: { standalone: cost(alone), attributed: cost(share), ratioToBaseline: 1 },
});

test('what sharing saved is that of the strategies shown, however much the run directory paid for other plans', () => {
  const notes = (paid: number) =>
    resultsNotes({
      baseline: 'a',
      seeds: [1],
      data: {},
      trainer: {},
      graph: { segments: 2, tokensTrained: 150, tokensStandalone: 200 },
      strategies: [strategy(10, 6), strategy(10, 8)],
      actual: cost(paid),
      currency: 'USD',
    } as unknown as Results);
  expect(notes(14)).toContain('sharing saved 25%, 6.0 s of device time');
  expect(notes(900)).toContain('sharing saved 25%, 6.0 s of device time');
  expect(notes(900)).toContain('Paid in this run directory so far, evaluations included: 15 min');
});
