import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rankCorrelation } from './rank-correlation.js';

describe('the rank correlation', () => {
  it('without ties equals 1 - 6·(sum of squared rank differences) / (n·(n² - 1))', () => {
    // Ranks 1 2 3 4 5 and 2 1 4 3 5: differences of 1, four times.
    expect(rankCorrelation([10, 20, 30, 40, 50], [0.2, 0.1, 0.4, 0.3, 7])).toBeCloseTo(1 - (6 * 4) / (5 * 24), 12);
  });

  it('gives equal values their mean rank', () => {
    // Ranks 0.5 0.5 2 against 0 1 2: covariance 1.5, variances 1.5 and 2.
    expect(rankCorrelation([1, 1, 2], [1, 2, 3])).toBeCloseTo(1.5 / Math.sqrt(1.5 * 2), 12);
  });

  it('is 1 for increasing functions, -1 for decreasing ones, and symmetric', () => {
    const values = fc.uniqueArray(fc.integer({ min: -1000, max: 1000 }), { minLength: 2, maxLength: 40 });
    fc.assert(
      fc.property(values, fc.infiniteStream(fc.integer()), (first, stream) => {
        expect(
          rankCorrelation(
            first,
            first.map((value) => value ** 3),
          ),
        ).toBeCloseTo(1, 12);
        expect(
          rankCorrelation(
            first,
            first.map((value) => -Math.exp(value / 1000)),
          ),
        ).toBeCloseTo(-1, 12);
        const second = first.map(() => stream.next().value as number);
        expect(rankCorrelation(first, second)).toBe(rankCorrelation(second, first));
      }),
      { seed: 1, numRuns: 100 },
    );
  });

  it('is null for a constant list and rejects lists of different lengths', () => {
    expect(rankCorrelation([1, 1], [1, 2])).toBeNull();
    expect(rankCorrelation([], [])).toBeNull();
    expect(() => rankCorrelation([1], [])).toThrow('lists of different lengths: 1 and 0');
  });
});
