import fc from 'fast-check';
import { expect, test } from 'vitest';
import { apportion, spread } from './apportion.js';

test('adds up, respects capacities and follows weights where there is room', () => {
  const part = fc.record({ weight: fc.nat(50), capacity: fc.nat(50) });
  fc.assert(
    fc.property(fc.nat(300), fc.array(part, { minLength: 1, maxLength: 6 }), (total, parts) => {
      const capacities = parts.map(({ capacity }) => capacity);
      const weights = parts.map(({ weight }) => weight);
      const shares = apportion(total, weights, capacities);
      const sum = (list: number[]) => list.reduce((all, one) => all + one, 0);
      expect(sum(shares)).toBe(Math.min(total, sum(capacities)));
      shares.forEach((share, index) => {
        expect(share).toBeLessThanOrEqual(capacities[index]!);
      });
    }),
  );
  expect(apportion(10, [3, 3, 4], [100, 100, 100])).toEqual([3, 3, 4]);
  expect(apportion(10, [3, 3, 4], [1, 100, 100])).toEqual([1, 4, 5]);
});

test('spread gives distinct ascending numbers with even gaps', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 500 }), fc.double({ min: 0, max: 1, noNaN: true }), (total, share) => {
      const count = Math.floor(total * share);
      const chosen = [...spread(total, count)];
      expect(chosen).toHaveLength(count);
      chosen.forEach((value, index) => {
        expect(value).toBeLessThan(total);
        if (index > 0) expect(Math.abs(value - chosen[index - 1]! - total / count)).toBeLessThan(1);
      });
    }),
  );
});
