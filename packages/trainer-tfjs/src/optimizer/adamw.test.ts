import { optimizerSchema, parameterTable } from '@branchline/model';
import { describe, expect, it } from 'vitest';
import { tiny } from '../../test/fixtures.js';
import { adamw, segmentsOf } from './adamw.js';
import { BLOCK } from './vector.js';

const slots = (values: number[]) => ({
  weights: Float32Array.from(values),
  first: new Float32Array(values.length),
  second: new Float32Array(values.length),
});

/** No factors. */
const ONE = { rate: 1, weightDecay: 1, epsilon: 1 };

describe('adamw', () => {
  it('follows the published algorithm', () => {
    const spec = optimizerSchema.parse({ clipNorm: 0.5, epsilon: 1e-3 });
    const own = slots([1, -2, 3]);
    const [w, m, v] = [
      [1, -2, 3],
      [0, 0, 0],
      [0, 0, 0],
    ];
    for (let step = 1; step <= 4; step++) {
      const gradient = [0.3 * step, -0.4, 1 / step];
      const norm = Math.hypot(...gradient);
      const lr = 0.1 / step;
      const segments = [{ start: 0, end: 3, decayed: true, factors: ONE }];
      adamw(own, Float32Array.from(gradient), segments, spec, { lr, gradNorm: norm, step });
      for (let i = 0; i < 3; i++) {
        const g = (gradient[i]! * 0.5) / norm;
        m[i] = 0.9 * m[i]! + 0.1 * g;
        v[i] = 0.95 * v[i]! + 0.05 * g * g;
        const [mean, square] = [m[i]! / (1 - 0.9 ** step), v[i]! / (1 - 0.95 ** step)];
        w[i] = w[i]! - lr * 0.1 * w[i]! - (lr * mean) / (Math.sqrt(square) + 1e-3);
        expect(own.weights[i]).toBeCloseTo(w[i]!, 5);
      }
    }
  });

  it('clips only a larger norm, and not at all when turned off', () => {
    const after = (clipNorm: number, gradient: number[]) => {
      const own = slots([0, 0]);
      const values = Float32Array.from(gradient);
      const spec = optimizerSchema.parse({ clipNorm, beta1: 0 });
      const gradNorm = Math.hypot(...gradient);
      adamw(own, values, [{ start: 0, end: 2, decayed: false, factors: ONE }], spec, { lr: 1, gradNorm, step: 1 });
      return Array.from(own.first);
    };
    expect(after(6, [3, 4])).toEqual([3, 4]);
    expect(after(0, [3, 4])).toEqual([3, 4]);
    expect(after(2.5, [3, 4])).toEqual([1.5, 2]);
  });

  it('decays only matrices', () => {
    const table = parameterTable(tiny);
    const segments = segmentsOf(table);
    expect(segments.at(-1)!.end).toBe(table.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b), 0));
    const own = slots(new Array<number>(segments.at(-1)!.end).fill(1));
    const zero = new Float32Array(own.weights.length);
    adamw(own, zero, segments, optimizerSchema.parse({ weightDecay: 0.5 }), { lr: 0.5, gradNorm: 0, step: 1 });
    let start = 0;
    for (const { shape, name } of table) {
      const end = start + shape.reduce((a, b) => a * b);
      const expected = name.includes('norm') ? 1 : 0.75;
      expect(new Set(own.weights.subarray(start, end)), name).toEqual(new Set([expected]));
      start = end;
    }
  });

  it('gives the same bits at once and range by range, and changes nothing outside the range', () => {
    const size = 2 * BLOCK + 7;
    const values = (salt: number) => Float32Array.from({ length: size }, (_, i) => Math.sin(i * salt));
    const make = () => ({ weights: values(1), first: values(2), second: values(3).map(Math.abs) });
    // Blocks, segments and ranges are not aligned to vectors of four.
    const segments = [
      { start: 0, end: 5, decayed: false, factors: ONE },
      { start: 5, end: BLOCK + 2, decayed: true, factors: ONE },
      { start: BLOCK + 2, end: size, decayed: false, factors: ONE },
    ];
    const spec = optimizerSchema.parse({});
    const step = { lr: 0.1, gradNorm: 3, step: 2 };
    const [whole, parts] = [make(), make()];
    adamw(whole, values(5), segments, spec, step);
    for (const [from, to] of [
      [0, 3],
      [3, BLOCK],
      [BLOCK, size - 1],
    ] as const) {
      adamw(parts, values(5), segments, spec, step, { from, to });
    }
    expect(parts.weights.at(-1)).toBe(make().weights.at(-1));
    adamw(parts, values(5), segments, spec, step, { from: size - 1, to: size });
    expect(parts).toEqual(whole);
  });
});
