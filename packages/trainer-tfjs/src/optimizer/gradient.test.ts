import { describe, expect, it } from 'vitest';
import { add, blocksOf, normOf, shareOf, squaresOf } from './gradient.js';
import { BLOCK } from './vector.js';

/** Norm of all elements. */
function norm(values: Float32Array): number {
  const squares = new Float64Array(blocksOf(values.length));
  squaresOf(values, squares, { from: 0, to: values.length });
  return normOf(squares);
}

describe('norm', () => {
  it('counts every element, and large ones without overflow', () => {
    expect(norm(Float32Array.of(2, 4, 4, 0, 0, 8))).toBe(10);
    expect(norm(new Float32Array(7).fill(1e30)) / (1e30 * Math.sqrt(7))).toBeCloseTo(1, 6);
    expect(norm(Float32Array.of(1, Number.NaN, 2, 3, 4))).toBeNaN();
    expect(norm(new Float32Array(BLOCK + 1).fill(1))).toBe(Math.sqrt(BLOCK + 1));
  });

  it('has the same bits for any number of workers', () => {
    const values = Float32Array.from({ length: 5 * BLOCK + 3 }, (_, i) => Math.sin(i));
    for (const workers of [1, 2, 3, 8]) {
      const squares = new Float64Array(blocksOf(values.length)).fill(Number.NaN);
      for (let worker = 0; worker < workers; worker++)
        squaresOf(values, squares, shareOf(values.length, worker, workers));
      expect(normOf(squares)).toBe(norm(values));
    }
  });
});

describe('shareOf', () => {
  it('covers everything once, in whole blocks', () => {
    for (const size of [1, BLOCK, BLOCK + 1, 7 * BLOCK - 1]) {
      for (const workers of [1, 2, 5]) {
        const shares = Array.from({ length: workers }, (_, worker) => shareOf(size, worker, workers));
        expect(shares[0]!.from).toBe(0);
        expect(shares.at(-1)!.to).toBe(size);
        shares.slice(1).forEach(({ from }, index) => {
          expect(from).toBe(shares[index]!.to);
          expect(from === size || from % BLOCK === 0).toBe(true);
        });
      }
    }
  });
});

describe('add', () => {
  it('adds a range and leaves the rest', () => {
    const size = BLOCK + 9;
    const sum = Float32Array.from({ length: size }, (_, i) => i);
    add(sum, new Float32Array(size).fill(0.5), { from: 3, to: size - 2 });
    sum.forEach((value, i) => {
      expect(value).toBe(i >= 3 && i < size - 2 ? i + 0.5 : i);
    });
  });
});
