import { describe, expect, it } from 'vitest';
import { dimensionOf } from './dimension.js';

const valuesOf = (range: Parameters<typeof dimensionOf>[1], integer = false) => {
  const { size, valueAt } = dimensionOf('plugin.option', range, integer);
  return Array.from({ length: size }, (_, index) => valueAt(index));
};

describe('the values of an option', () => {
  it('are as fine as is of use, and round', () => {
    const values = valuesOf({ from: 0.2, to: 0.8 });
    expect(values).toHaveLength(61);
    expect([values[0], values[1], values[10], values.at(-1)]).toEqual([0.2, 0.21, 0.3, 0.8]);
    expect(valuesOf({ from: 0, to: 0.3 }).slice(0, 3)).toEqual([0, 0.001, 0.002]);
  });

  it('are a step apart, whole numbers, or evenly spaced in their logarithms', () => {
    expect(valuesOf({ from: 0.1, to: 0.45, step: 0.1 })).toEqual([0.1, 0.2, 0.3, 0.4]);
    expect(valuesOf({ from: 2, to: 6 }, true)).toEqual([2, 3, 4, 5, 6]);
    expect(valuesOf({ from: 2, to: 9, step: 3 }, true)).toEqual([2, 5, 8]);
    const logarithmic = valuesOf({ from: 1e-3, to: 1e-1, log: true });
    expect([logarithmic[0], logarithmic[30], logarithmic.at(-1)]).toEqual([0.001, 0.01, 0.1]);
  });

  it('are the listed ones', () => {
    expect(valuesOf(['linear', 'cosine'])).toEqual(['linear', 'cosine']);
    expect(dimensionOf('a.b', [true, false], false).ordered).toBe(false);
  });

  it.each([
    [{ from: 1, to: 1 }, 'the first must be below the second'],
    [{ from: 0, to: Number.NaN }, 'goes from 0 to NaN'],
    [{ from: 0, to: 1, step: 2 }, 'a step of 2'],
    [{ from: 0, to: 1, log: true }, 'begins above 0'],
    [{ from: 1, to: 2, log: true, step: 0.1 }, 'leave one out'],
    [[], 'lists no values'],
    [[1, 1], 'twice'],
  ])('are refused for %o', (range, message) => {
    expect(() => dimensionOf('a.b', range, false)).toThrow(message);
  });
});
