import fc from 'fast-check';
import { expect, test } from 'vitest';
import { shortNames } from './short-names.js';

const widthOf = (text: string) => [...text].length;

test('a long name loses its middle, a short one nothing', () => {
  const short = shortNames(['path switching with a very long tail', 'continual'], 15, widthOf);
  expect(short('continual')).toBe('continual');
  expect(short('path switching with a very long tail')).toBe('path sw…ng tail');
});

test('names that differ in the middle only keep their difference', () => {
  const names = [1, 2, 3].map((peak) => `path switching, peak ${peak}e-3, on all of the data`);
  const short = shortNames(names, 20, widthOf);
  expect(names.map(short)).toEqual(['path switc…k 1e-3,…', 'path switc…k 2e-3,…', 'path switc…k 3e-3,…']);
});

test('different names stay different, and fit', () => {
  const word = fc.constantFrom('a', 'b', 'path switching', ' ', '学', '…', '~2', 'e\u0301', '🚀');
  const name = fc.array(word, { minLength: 1, maxLength: 40 }).map((words) => words.join(''));
  fc.assert(
    fc.property(fc.uniqueArray(name, { maxLength: 30 }), fc.integer({ min: 8, max: 30 }), (names, width) => {
      const short = shortNames(names, width, widthOf);
      const shown = names.map(short);
      expect(new Set(shown).size).toBe(names.length);
      for (const label of shown) expect(widthOf(label)).toBeLessThanOrEqual(width);
    }),
    { numRuns: 300 },
  );
});

test('two hundred names of a sweep stay different in 12 characters', () => {
  const names = Array.from(
    { length: 200 },
    (_, index) => `${'x'.repeat(30)}${String(index).padStart(3, '0')}${'y'.repeat(30)}`,
  );
  const short = shortNames(names, 12, widthOf);
  expect(new Set(names.map(short)).size).toBe(200);
});

test('names that are different at their beginnings lose their ends', () => {
  const names = ['first of a very long name', 'final of a very long name', 'fjord of a very long name'];
  const short = shortNames([...names, 'fir…ame', 'fin…ame'], 7, widthOf);
  expect(names.map(short)).toEqual(['first…', 'final…', 'fjo…ame']);
});
