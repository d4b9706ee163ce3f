import fc from 'fast-check';
import { expect, test } from 'vitest';
import { mixtureParts } from './mixture.js';

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
