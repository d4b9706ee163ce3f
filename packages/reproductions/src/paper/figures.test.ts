import type { Results } from '@branchline/evaluation';
import { expect, it } from 'vitest';
import { pairedLosses } from './figures.js';

/** Losses of the last version by strategy, one per seed. */
const resultsOf = (losses: Readonly<Record<string, readonly (number | undefined)[]>>) =>
  ({
    seeds: [1, 2, 3],
    data: { versions: [] },
    comparison: null,
    strategies: Object.entries(losses).flatMap(([name, values]) =>
      values.flatMap((loss, index) =>
        loss === undefined ? [] : [{ name, seed: index + 1, releases: [{ version: 1, loss }] }],
      ),
    ),
  }) as unknown as Results;

it('removes only the shared effect of each seed from the intervals of a figure', () => {
  // Two strategies that differ by 0.2 with every seed: the spread of 1 is removed completely.
  const same = pairedLosses(resultsOf({ a: [1, 2, 3], b: [1.2, 2.2, 3.2] }));
  expect(same.get('a')!.value).toBeCloseTo(2, 12);
  expect(same.get('b')!.high - same.get('b')!.low).toBeCloseTo(0, 12);
  // Differences 0, 0.3, 0.6 have standard deviation 0.3, half of it per strategy; corrected by sqrt(2), with t(0.975,
  // 2) = 4.3027.
  const apart = pairedLosses(resultsOf({ a: [1, 2, 3], b: [1, 2.3, 3.6] }));
  const half = (4.3027 * 0.15 * Math.SQRT2) / Math.sqrt(3);
  expect(apart.get('a')!.high - apart.get('a')!.value).toBeCloseTo(half, 4);
  expect(apart.get('b')!.value).toBeCloseTo(2.3, 12);
  expect(apart.get('b')!.low).toBeCloseTo(2.3 - half, 4);
  // Seeds that lack a strategy are ignored. If none is complete, each strategy's own interval is used.
  expect(pairedLosses(resultsOf({ a: [1, 2, 9], b: [1, 2.3, undefined] })).get('a')!.value).toBeCloseTo(1.5, 12);
  const alone = pairedLosses(resultsOf({ a: [1, 2, undefined], b: [undefined, undefined, 3] }));
  expect(alone.get('b')).toEqual({ value: 3, low: 3, high: 3 });
  expect(alone.get('a')!.high).toBeGreaterThan(5);
});
