import { RandomStream } from '@branchline/core';
import { describe, expect, it } from 'vitest';
import { decide } from './hypothesis-test.js';
import { summarize } from './sample.js';
import { largestDeviation, seedsNeeded } from './sample-size.js';

const usual = { alpha: 0.05, power: 0.8 };

describe('seeds that a paired comparison needs', () => {
  // power.t.test(delta, sd = 1, power, sig.level, type = "paired") of R has n 9.94, 33.37, 12.59.
  it.each([
    [1, usual, 10],
    [0.5, usual, 34],
    [1, { alpha: 0.05, power: 0.9 }, 13],
  ])('a difference of %f deviations: %o needs %i', (difference, wanted, expected) => {
    expect(seedsNeeded(difference, 1, wanted)).toBe(expected);
    expect(seedsNeeded(-3 * difference, 3, wanted)).toBe(expected);
  });

  it.each([0.6, 1, 1.6, 2.5])('find a difference of %f deviations about as often as promised', (difference) => {
    const seeds = seedsNeeded(difference, 1, usual)!;
    const random = new RandomStream(1, `power of ${difference}`);
    const normal = () => Math.sqrt(-2 * Math.log(1 - random.uniform())) * Math.cos(2 * Math.PI * random.uniform());
    const power = (count: number) => {
      let found = 0;
      for (let draw = 0; draw < 4000; draw++) {
        const sample = summarize(Array.from({ length: count }, () => difference + normal()));
        if (decide({ sample, hypothesis: { kind: 'compare' } }, usual.alpha).verdict === 'above') found++;
      }
      return found / 4000;
    };
    // Two standard errors of a share over 4000 draws are 0.013.
    expect(power(seeds)).toBeGreaterThan(0.78);
    if (seeds > 3) expect(power(seeds - 2)).toBeLessThan(0.8);
  });

  it('are the fewest whose largest deviation is the given one, or none', () => {
    for (const deviation of [0.1, 0.5, 1, 3]) {
      const seeds = seedsNeeded(1, deviation, usual)!;
      expect(largestDeviation(1, seeds, usual)).toBeGreaterThanOrEqual(deviation);
      if (seeds > 2) expect(largestDeviation(1, seeds - 1, usual)).toBeLessThan(deviation);
    }
    expect(seedsNeeded(1, 0, usual)).toBe(2);
    expect(seedsNeeded(0, 1, usual)).toBeNull();
    expect(seedsNeeded(1e-9, 1, usual)).toBeNull();
  });

  it('are refused for levels that cannot be', () => {
    expect(() => seedsNeeded(1, 1, { alpha: 0, power: 0.8 })).toThrow('0 is not an error level');
    expect(() => seedsNeeded(1, 1, { alpha: 0.05, power: 1 })).toThrow('1 is not a power');
    expect(() => seedsNeeded(1, Number.NaN, usual)).toThrow('NaN is no deviation');
    expect(() => largestDeviation(1, 1, usual)).toThrow('1 is not a number of seeds');
  });
});
