import fc from 'fast-check';
import { expect, test } from 'vitest';
import { mixtureParts, rampedMixture } from './mixture.js';

const info = (index: number, sequences: number) => ({ index, name: `v${index}`, sequences, tokens: sequences });

test('the total is unchanged, no version gives more than it has, and shares are proportional', () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(
      sizes,
      fc.integer({ min: 1, max: 500 }),
      fc.double({ min: 0, max: 0.99, noNaN: true }),
      (old, own, replay) => {
        const earlier = old.map((sequences, index) => info(index + 1, sequences));
        const parts = mixtureParts(earlier, info(old.length + 1, own), replay);
        const count = parts.reduce((sum, part) => sum + (part.sequences ?? own), 0);
        expect(count).toBe(own);
        for (const part of parts.slice(0, -1)) expect(part.sequences).toBeLessThanOrEqual(old[part.version - 1]!);
        expect(parts.at(-1)!.version).toBe(old.length + 1);
      },
    ),
  );
});

test('six versions share five percent as evenly as integers allow', () => {
  const earlier = Array.from({ length: 5 }, (_, index) => info(index + 1, 40));
  expect(mixtureParts(earlier, info(6, 40), 0.05)).toEqual([
    { version: 1, sequences: 1 },
    { version: 2, sequences: 1 },
    { version: 6, sequences: 38 },
  ]);
});

test('a ramp keeps every sequence and both orders, and its share follows the line', () => {
  const share = fc.double({ min: 0, max: 0.99, noNaN: true });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 400 }), share, share, (count, from, to) => {
      fc.pre(from + to > 0.01);
      const size = Math.round((count * (from + to)) / 2);
      const own = Uint32Array.from({ length: count - size }, (_, index) => index);
      const old = Uint32Array.from({ length: size }, (_, index) => 1000 + index);
      const ids = [...rampedMixture(own, old, from, to)];
      expect(ids.filter((id) => id < 1000)).toEqual([...own]);
      expect(ids.filter((id) => id >= 1000)).toEqual([...old]);
      let seen = 0;
      for (const [place, id] of ids.entries()) {
        if (id >= 1000) seen++;
        const r = (place + 1) / count;
        // Within the rounding of the size and of the place.
        expect(Math.abs(seen - count * (from * r + ((to - from) * r * r) / 2))).toBeLessThan(2);
      }
    }),
  );
});

test('a share that falls from a half to nothing', () => {
  const ids = rampedMixture(Uint32Array.of(1, 2, 3, 4, 5, 6), Uint32Array.of(101, 102), 0.5, 0);
  expect([...ids]).toEqual([1, 101, 2, 102, 3, 4, 5, 6]);
});
