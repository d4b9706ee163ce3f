import { expect, it } from 'vitest';
import { duration, percent, plural, quantity, short, showValue, whole } from './format.js';

it('shortens numbers to three digits and a unit', () => {
  expect([0, 7, 999, 1000, 12_345, 999_999, 2.5e18, 0.1234].map(short)).toEqual([
    ...['0', '7', '999', '1.00k', '12.3k', '1.00M', '2.50E', '0.123'],
  ]);
  expect([whole(1_234_567), percent(0.424), plural(1, 'step'), plural(2000, 'entry', 'entries')]).toEqual([
    ...['1,234,567', '42%', '1 step', '2,000 entries'],
  ]);
  expect([quantity(12, 'B'), quantity(42_200_000, 'B')]).toEqual(['12 B', '42.2 MB']);
});

it('formats durations', () => {
  expect([0.04, 1.44, 9.96, 59.4, 59.9, 200, 3599.9, 7500].map(duration)).toEqual([
    ...['40 ms', '1.4 s', '10 s', '59 s', '1 min 00 s', '3 min 20 s', '1 h 00 min', '2 h 05 min'],
  ]);
});

it('shows values of fields on one line', () => {
  expect(showValue({ from: 'release', version: 2, none: undefined })).toBe('{ from: release, version: 2 }');
  expect(showValue([{ share: 1 / 3, to: 'min' }])).toBe('[{ share: 0.3333, to: min }]');
  expect(showValue(null)).toBe('null');
});
