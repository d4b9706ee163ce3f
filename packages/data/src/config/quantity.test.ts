import { expect, test } from 'vitest';
import { parseQuantity } from './quantity.js';

test.each([
  [1200, 1200],
  ['400k', 400_000],
  ['1.1M', 1_100_000],
  ['600KB', 600_000],
  ['64 KiB', 65_536],
  ['2b', 2e9],
])('%s is %d', (written, value) => {
  expect(parseQuantity(written)).toBe(value);
});

test('B is a byte, or a billion tokens', () => {
  expect(parseQuantity('512B', 'bytes')).toBe(512);
  expect(parseQuantity('1.5 kB', 'bytes')).toBe(1500);
  expect(parseQuantity('2B', 'tokens')).toBe(2e9);
});

test.each(['', 'many', '-3', '0', 0, 1.5, '0.5', '3 apples', Number.NaN])('rejects %s', (written) => {
  expect(parseQuantity(written)).toBeUndefined();
});
