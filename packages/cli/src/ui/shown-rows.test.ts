import type { Results } from '@branchline/evaluation';
import { expect, test } from 'vitest';
import { resultsText } from './results-table.js';
import { leftOutNote, shownNames } from './shown-rows.js';
import { styleFor } from './style.js';

const cost = { steps: 1, tokens: 100, flops: 1, deviceSeconds: 1, energyJoules: null, money: null };

/** Strategies whose loss falls with their number; number 7 released nothing. The baseline is `s3`. */
function many(count: number): Results {
  const strategies = Array.from({ length: count }, (_, index) => ({
    name: `s${index}`,
    seed: 1,
    cost: { standalone: cost, attributed: cost, ratioToBaseline: 1 },
    releases: index === 7 ? [] : [{ version: 1, seed: 1, loss: 5 - index / 100, bitsPerByte: 2 }],
  }));
  return {
    ...{ strategies, baseline: 's3', seeds: [1], currency: 'USD', actual: cost, comparison: null },
    trainer: {},
    data: { versions: [{ index: 1, name: 'spring' }] },
    graph: { segments: 2, tokensTrained: 150, tokensStandalone: 200 },
  } as unknown as Results;
}

test('few strategies are all shown, in the order of the experiment', () => {
  expect(shownNames(many(40))).toEqual(Array.from({ length: 40 }, (_, index) => `s${index}`));
  expect(leftOutNote(many(40))).toEqual([]);
});

test('of many, the terminal has the baseline and the best, one line each, and says so', () => {
  expect(shownNames(many(200)).slice(0, 3)).toEqual(['s3', 's199', 's198']);
  expect(shownNames(many(200))).not.toContain('s7');
  const text = resultsText(many(200), styleFor({ isTTY: false } as never));
  expect(text.split('\n').length).toBeLessThan(50);
  expect(text).toContain('Shown are 40 of 200 strategies: the baseline, and those with the lowest loss after spring.');
});
