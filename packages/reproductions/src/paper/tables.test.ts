import type { Results } from '@branchline/evaluation';
import { expect, it } from 'vitest';
import { costLossPoints } from './figures.js';
import { differenceText, lossText, measureOf } from './tables.js';

/** Results whose rule compares the loss on a validation set. */
const results = (metric: object | 'loss') =>
  ({
    seeds: [1, 2],
    baseline: 'a',
    data: { versions: [] },
    comparison: { rule: { metric } },
    strategies: [1, 2].flatMap((seed) =>
      ['a', 'b'].map((name) => ({
        name,
        seed,
        cost: { ratioToBaseline: name === 'a' ? 1 : 0.4 },
        releases: [
          {
            version: 1,
            loss: name === 'a' ? 5 : 6,
            lossByDomain: { code: 1, data: name === 'a' ? 2 : 4 },
            validation: [{ name: 'target', loss: name === 'a' ? 2 : 1.5 }],
          },
        ],
      })),
    ),
  }) as unknown as Results;

it('tables and figures show the loss that the rule compares', () => {
  const onTarget = results({ validation: 'target', by: 'loss' });
  expect(lossText(onTarget, 'b')).toBe('1.5000 ±0.0000');
  expect(differenceText(onTarget, 'b', 'a')).toBe('-0.5000 ±0.0000');
  expect(costLossPoints(onTarget).map(({ loss }) => loss.value)).toEqual([2, 1.5]);
  expect(lossText(results('loss'), 'b')).toBe('6.0000 ±0.0000');
  expect(differenceText(results('loss'), 'b', 'a')).toBe('1.0000 ±0.0000');
});

it('other losses are the mean of the metrics that are asked for', () => {
  const onTarget = results({ validation: 'target', by: 'loss' });
  const elsewhere = measureOf(onTarget, [{ domain: 'code' }, { domain: 'data' }]);
  expect(lossText(onTarget, 'b', undefined, elsewhere)).toBe('2.5000 ±0.0000');
  expect(costLossPoints(onTarget, undefined, elsewhere).map(({ loss }) => loss.value)).toEqual([1.5, 2.5]);
});
