import { describe, expect, it } from 'vitest';
import { namedWeights, normalised, total, WEIGHTINGS } from './weights.js';

describe('weights of an average', () => {
  it('are equal under sma', () => {
    expect(namedWeights('sma', 4, 0.2)).toEqual([0.25, 0.25, 0.25, 0.25]);
  });

  it('fall by the factor under ema', () => {
    const weights = namedWeights('ema', 6, 0.2);
    for (let age = 1; age < 6; age++) expect(weights[age]! / weights[age - 1]!).toBeCloseTo(0.8, 12);
  });

  it('fall linearly under wma, from `last` times the oldest weight', () => {
    expect(namedWeights('wma', 3, 0.2)).toEqual([3 / 6, 2 / 6, 1 / 6]);
  });

  it('add up to 1', () => {
    for (const weighting of WEIGHTINGS) expect(total(namedWeights(weighting, 7, 0.3))).toBeCloseTo(1, 12);
    expect(total(normalised([2, -0.5, 0.1]))).toBeCloseTo(1, 12);
  });
});
