import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Intervals } from './intervals.js';

test('each step is added once, for any order and overlap of the intervals', () => {
  const interval = fc.tuple(fc.nat(30), fc.nat(30)).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);
  fc.assert(
    fc.property(fc.array(interval), (list) => {
      const set = new Intervals();
      const seen = new Set<number>();
      for (const [begin, end] of list) {
        const fresh = [];
        for (let step = begin; step < end; step++) if (!seen.has(step)) fresh.push(step);
        const added = set.add(begin, end).flatMap(([from, to]) => {
          expect(from).toBeLessThan(to);
          return Array.from({ length: to - from }, (_, index) => from + index);
        });
        expect(added).toEqual(fresh);
        for (const step of fresh) seen.add(step);
        expect(set.size).toBe(seen.size);
      }
    }),
    { seed: 1 },
  );
});
