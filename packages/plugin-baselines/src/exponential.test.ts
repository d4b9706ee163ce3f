import { expandSchedule, rateAt } from '@branchline/core';
import { describe, expect, it } from 'vitest';
import { exponential } from './exponential.js';

/** Rates of a path that starts at 1. */
function rates(steps: number, end: number): readonly number[] {
  const pieces = expandSchedule({ steps, warmup: 0, base: 1, min: 0, schedule: exponential(steps, end) });
  return pieces.flatMap((piece) => Array.from({ length: piece.steps }, (_, index) => rateAt(piece, index)));
}

describe('a piecewise linear exponential', () => {
  it('halves with every step when four steps fall to a sixteenth', () => {
    expect(rates(4, 1 / 16)).toEqual([0.5, 0.25, 0.125, 0.0625]);
  });

  it('passes through every step of a short path', () => {
    for (const steps of [1, 7, 128]) {
      const expected = Array.from({ length: steps }, (_, index) => 0.1 ** ((index + 1) / steps));
      for (const [index, rate] of rates(steps, 0.1).entries()) expect(rate).toBeCloseTo(expected[index]!, 14);
    }
  });

  it('keeps the plan of a long path short, within the documented error', () => {
    for (const steps of [129, 1000, 12_345]) {
      expect(exponential(steps, 0.1)).toHaveLength(128);
      const found = rates(steps, 0.1);
      expect(found).toHaveLength(steps);
      expect(found.at(-1)).toBe(0.1);
      const errors = found.map((rate, index) => rate / 0.1 ** ((index + 1) / steps) - 1);
      // Chords lie above the curve. Lengths of stages differ by up to one step, hence the margin.
      const promised = (Math.log(0.1) / 128) ** 2 / 8;
      expect(Math.min(...errors)).toBeGreaterThan(-1e-12);
      expect(Math.max(...errors)).toBeLessThan(promised * (1 + 256 / steps) ** 2);
    }
  });

  it('is constant if the end is the start', () => {
    expect(rates(3, 1)).toEqual([1, 1, 1]);
  });
});
