import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalNumber } from '../config/canonical-number.js';

test.each([
  [['1', '1.0', '01', '+1', '1e0', '10e-1', '0.1e1', '1.'], '1'],
  [['0', '-0', '0.0', '0e7', '.0'], '0'],
  [['-1.50', '-15e-1'], '-1.5'],
  [['1e22', '10000000000000000000000', '1E+22'], '10000000000000000000000'],
  [['9007199254740993', '9007199254740993.0'], '9007199254740993'],
  [['1e-7', '0.0000001'], '0.0000001'],
  [['1e300', '10e299'], '1e300'],
])('%j are one number', (written, name) => {
  for (const text of written) expect(canonicalNumber(text), text).toBe(name);
});

test.each(['', ' ', '.', 'e1', 'nan', 'inf', 'Infinity', '0x10', '1_000', '1,5', '--1', '1e'])(
  '%j is no number',
  (text) => {
    expect(canonicalNumber(text)).toBeUndefined();
  },
);

test('a number has one name, and the name has its value', () => {
  fc.assert(
    fc.property(fc.double({ noDefaultInfinity: true, noNaN: true }), (value) => {
      const name = canonicalNumber(String(value))!;
      expect(Number(name)).toBe(value + 0);
      for (const digits of [17, 20]) {
        const same = value.toExponential(digits);
        if (Number(same) === value) expect(Number(canonicalNumber(same))).toBe(value + 0);
      }
      expect(canonicalNumber(name)).toBe(name);
    }),
    { seed: 1, numRuns: 500 },
  );
});
