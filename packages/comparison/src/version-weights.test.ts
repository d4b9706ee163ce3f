import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { versionWeights } from './version-weights.js';

describe('versions', () => {
  it('are combined by the weights of the choice', () => {
    expect(versionWeights('last', 3)).toEqual([0, 0, 1]);
    expect(versionWeights(2, 3)).toEqual([0, 1, 0]);
    expect(versionWeights('mean', 2)).toEqual([0.5, 0.5]);
    expect(versionWeights('slope', 3)).toEqual([-0.5, 0, 0.5]);
  });

  it('on a line give its slope', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 9 }), fc.integer({ min: -9, max: 9 }), (count, slope) => {
        const found = versionWeights('slope', count).reduce(
          (sum, weight, index) => sum + weight * (7 + slope * index),
          0,
        );
        expect(found).toBeCloseTo(slope, 9);
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  it('that do not exist are rejected', () => {
    expect(() => versionWeights(4, 3)).toThrow('there is no version 4 among 3');
    expect(() => versionWeights('slope', 1)).toThrow('two versions');
  });
});
