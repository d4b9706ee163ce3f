import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { design, neighbours } from './design.js';

describe('a design', () => {
  it('has all points of spaces that are small enough, the others share the rest', () => {
    const { spaces, refinements } = design([[3, 2], [1000], [4]], 100);
    expect(spaces.map(({ exhaustive }) => exhaustive)).toEqual([true, false, true]);
    expect(spaces[0]!.points).toEqual([
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
      [2, 0],
      [2, 1],
    ]);
    // 90 are left: two thirds of them for the sequence.
    expect(spaces[1]!.points).toHaveLength(60);
    expect(refinements).toBe(30);
  });

  it("begins with Halton's sequence", () => {
    const { spaces } = design([[64, 81]], 12);
    // 1/2, 1/4, 3/4, 1/8, ... and 1/3, 2/3, 1/9, 4/9, ...
    expect(spaces[0]!.points.slice(0, 4)).toEqual([
      [32, 27],
      [16, 54],
      [48, 9],
      [8, 36],
    ]);
  });

  it('never takes more evaluations than given, and no point twice', () => {
    const sizes = fc.array(fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 4 }), {
      minLength: 1,
      maxLength: 5,
    });
    fc.assert(
      fc.property(sizes, fc.integer({ min: 5, max: 300 }), (all, evaluations) => {
        const { spaces, refinements } = design(all, evaluations);
        const points = spaces.reduce((sum, one) => sum + one.points.length, 0);
        expect(points + refinements).toBeLessThanOrEqual(evaluations);
        for (const [index, one] of spaces.entries()) {
          expect(new Set(one.points.map((point) => point.join())).size).toBe(one.points.length);
          for (const point of one.points) {
            expect(point.every((at, dimension) => at >= 0 && at < all[index]![dimension]!)).toBe(true);
          }
          if (one.exhaustive) expect(one.points).toHaveLength(all[index]!.reduce((product, size) => product * size, 1));
        }
      }),
      { seed: 1, numRuns: 100 },
    );
  });

  it('refines ordered options only, and stays in their range', () => {
    expect(neighbours([0, 5, 1], [81, 11, 3], [true, true, false], 1 / 8)).toEqual([
      [10, 5, 1],
      [0, 4, 1],
      [0, 6, 1],
    ]);
    expect(neighbours([80], [81], [true], 1 / 256)).toEqual([[79]]);
  });
});
