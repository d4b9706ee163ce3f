import { expect, test } from 'vitest';
import { text } from '../../test/fixtures.js';
import { diversity } from './diversity.js';

const score = (value: string) => diversity(Buffer.from(value));

test('counts distinct 4-grams exactly', () => {
  // 5 grams, 4 of them distinct, and a window of 1,021 with 510 distinct.
  expect(score('abcdabcd')).toBe((4 + 510) / (5 + 1021));
  // Two full windows: 0-1023 and 476-1499, each with a single gram.
  expect(score('a'.repeat(1500))).toBe((2 + 510) / (2 * 1021 + 1021));
});

test('agrees with sets on text whose windows are full', () => {
  const bytes = Buffer.from(text('set', 200)).subarray(0, 4096);
  let distinct = 0;
  for (let start = 0; start < bytes.length; start += 1024) {
    const grams = new Set<string>();
    for (let i = start; i + 4 <= start + 1024; i++) grams.add(bytes.toString('latin1', i, i + 4));
    distinct += grams.size;
  }
  expect(diversity(bytes)).toBe((distinct + 510) / (5 * 1021));
});

test('repetition scores lowest; a short text scores in between', () => {
  const repeated = score('the same line again\n'.repeat(500));
  const varied = score(Array.from({ length: 3000 }, (_, i) => String.fromCharCode(33 + ((i * i * 7) % 8831))).join(''));
  for (const short of ['', 'a', 'export {};']) {
    expect(score(short)).toBeGreaterThan(repeated);
    expect(score(short)).toBeLessThan(varied);
  }
});
