import { expect, it } from 'vitest';
import { resolutionOf, SMALL_DIFFERENCE } from './resolution.js';

it('shrinks with the root of the number of sequences, down to half of a small difference for the needed number', () => {
  const [one, four] = [resolutionOf(1), resolutionOf(4)];
  expect([four.loss, four.difference]).toEqual([one.loss / 2, one.difference / 2]);
  expect(one.difference).toBeLessThan(one.loss);
  const { needed } = one;
  expect(resolutionOf(needed).difference).toBeLessThanOrEqual(SMALL_DIFFERENCE / 2);
  expect(resolutionOf(needed - 1).difference).toBeGreaterThan(SMALL_DIFFERENCE / 2);
});
