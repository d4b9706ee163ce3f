import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { distinguishable, levelsOf, paretoFront } from './front.js';

const items = fc.array(fc.record({ steps: fc.integer({ min: 1, max: 20 }), loss: fc.integer({ min: 1, max: 20 }) }), {
  minLength: 1,
  maxLength: 40,
});

describe('a Pareto front', () => {
  it('is what no other item beats, cheapest first', () => {
    fc.assert(
      fc.property(items, (all) => {
        const front = paretoFront(all);
        const beats = (a: (typeof all)[number], b: (typeof all)[number]) =>
          a.steps <= b.steps && a.loss <= b.loss && (a.steps < b.steps || a.loss < b.loss);
        const expected = all.filter((item) => !all.some((other) => beats(other, item)));
        const key = ({ steps, loss }: (typeof all)[number]) => `${steps}/${loss}`;
        expect(new Set(front.map(key))).toEqual(new Set(expected.map(key)));
        expect(new Set(front.map(key)).size).toBe(front.length);
        expect(front.map(({ steps }) => steps)).toEqual(front.map(({ steps }) => steps).sort((a, b) => a - b));
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it('takes losses that differ below a millionth as equal: the cheaper one, of equal costs the first', () => {
    const [cheap, same, dear] = [
      { steps: 1, loss: 2, name: 'cheap' },
      { steps: 1, loss: 2 - 1e-9, name: 'same' },
      { steps: 2, loss: 2 - 1e-9, name: 'dear' },
    ] as const;
    expect(paretoFront([cheap, same, dear])).toEqual([cheap]);
    expect(paretoFront([dear, same, cheap])).toEqual([same]);
  });
});

describe('predictions', () => {
  it('are distinguishable if their intervals are apart', () => {
    // [1.98, 2.02] and [2.0196, 2.0604]; [2.0295, 2.0705].
    expect(distinguishable(2, 2.04, 0.01)).toBe(false);
    expect(distinguishable(2, 2.05, 0.01)).toBe(true);
    expect(distinguishable(2.05, 2, 0.01)).toBe(true);
    expect(distinguishable(2, 2, 0)).toBe(false);
  });

  it('have levels, each apart from the first of the level before', () => {
    const losses = [2.2, 2.19, 2.15, 2.13, 2.1, 2.0];
    const front = losses.map((loss, steps) => ({ steps, loss }));
    expect(levelsOf(front, 0.01)).toEqual([1, 1, 2, 2, 3, 4]);
  });
});
