import type { Results } from '@branchline/evaluation';
import colors from 'picocolors';
import { expect, test } from 'vitest';
import { resultsNotes, resultsText } from './results-table.js';

const colours = { ...colors.createColors(true), columns: 100 };

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

test('the lowest loss is bold, never green: one seed does not decide a difference', () => {
  const release = (loss: number) => [{ version: 1, seed: 1, loss, bitsPerByte: 1 }];
  const results = {
    ...{ baseline: 'a', seeds: [1], comparison: null, trainer: {}, actual: cost(1), currency: 'USD' },
    data: { versions: [{ index: 1, name: '1' }], uniformLoss: 9 },
    graph: { segments: 2, tokensTrained: 150, tokensStandalone: 200 },
    strategies: [
      { ...strategy(1, 1), name: 'a', releases: release(3) },
      { ...strategy(1, 1), name: 'b', releases: release(2) },
    ],
  } as unknown as Results;
  const text = resultsText(results, colours);
  expect(text).toContain(colours.bold('*2.0000'));
  expect(text).not.toContain(colours.green('').slice(0, 5));
  expect(text).toContain('One seed: no interval, so no difference is decided.');
});
