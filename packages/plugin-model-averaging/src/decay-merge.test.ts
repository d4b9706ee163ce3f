import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DECAYS, decayWeights, mergeWeights } from './decay-merge.js';
import { namedWeights, total } from './weights.js';

const close = (values: readonly number[]) => values.map((value) => expect.closeTo(value, 12) as number);

describe('decay weights', () => {
  it('sample the decay at equal distances, without its end', () => {
    expect(decayWeights('linear', 3, 0)).toEqual(close([0.75, 0.5, 0.25]));
    expect(decayWeights('cosine', 3, 0)).toEqual(close([(1 + Math.SQRT1_2) / 2, 0.5, (1 - Math.SQRT1_2) / 2]));
    expect(decayWeights('1-sqrt', 3, 0)).toEqual(close([0.5, 1 - Math.SQRT1_2, 1 - Math.sqrt(0.75)]));
  });

  it('end at the minimum of a moderate decay', () => {
    expect(decayWeights('linear', 1, 0.2)).toEqual(close([0.6]));
    expect(decayWeights('linear', 3, 0.5)).toEqual(close([0.875, 0.75, 0.625]));
  });
});

describe('merge weights', () => {
  it('are differences of decay weights, newest first', () => {
    expect(mergeWeights([0.75, 0.5, 0.25])).toEqual([0.25, 0.25, 0.25, 0.25]);
    expect(mergeWeights([0.9, 0.4])).toEqual(close([0.4, 0.5, 0.1]));
    // Without decay only the newest checkpoint counts; with an immediate full decay only the oldest.
    expect(mergeWeights([1, 1])).toEqual([1, 0, 0]);
    expect(mergeWeights([0, 0])).toEqual([0, 0, 1]);
  });

  it('of a linear decay are the uniform mean', () => {
    for (const last of [2, 5, 12]) {
      expect(mergeWeights(decayWeights('linear', last - 1, 0))).toEqual(close(namedWeights('sma', last, 0)));
    }
  });

  it('favour the oldest checkpoint under 1-sqrt, whose decay is steepest at its beginning', () => {
    const weights = [1 - Math.sqrt(0.75), Math.sqrt(0.75) - Math.SQRT1_2, Math.SQRT1_2 - 0.5, 0.5];
    expect(mergeWeights(decayWeights('1-sqrt', 3, 0))).toEqual(close(weights));
  });

  it('merge checkpoints into the first plus the updates scaled by the decay', () => {
    const drawn = fc.record({
      start: fc.double({ min: -1, max: 1, noNaN: true }),
      updates: fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 1, maxLength: 12 }),
      decay: fc.constantFrom(...DECAYS),
      end: fc.double({ min: 0, max: 0.99, noNaN: true }),
    });
    const property = fc.property(drawn, ({ start, updates, decay, end }) => {
      const checkpoints = [start];
      for (const update of updates) checkpoints.push(checkpoints.at(-1)! + update);
      const weights = decayWeights(decay, updates.length, end);
      const merge = mergeWeights(weights);
      const merged = total(checkpoints.toReversed().map((state, age) => state * merge[age]!));
      const decayed = start + total(updates.map((update, index) => update * weights[index]!));
      expect(merged).toBeCloseTo(decayed, 10);
      expect(total(merge)).toBeCloseTo(1, 12);
      expect(Math.min(...merge)).toBeGreaterThanOrEqual(0);
    });
    fc.assert(property, { seed: 1, numRuns: 300 });
  });
});
