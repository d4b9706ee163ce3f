import { describe, expect, it } from 'vitest';
import { outsideOfFit } from './coverage.js';
import { PUBLISHED_LAWS } from './published.js';

const law = PUBLISHED_LAWS.get('multi-power-100m')!;

describe('a law covers', () => {
  it.each([5334, 16_000, 24_000, 72_000])('runs of %i steps at its peak', (steps) => {
    expect(outsideOfFit(law, { steps, peak: 3e-4 })).toEqual([]);
  });

  it.each([
    [{ steps: 72_001, peak: 3e-4 }, ['more than 72000 steps: the longest fitted run has 24000']],
    [{ steps: 5333, peak: 3e-4 }, ['fewer than 5334 steps: the shortest fitted run has 16000']],
    [{ steps: 24_000, peak: 2e-3 }, ['a peak rate of 0.002: the law was fitted at 0.0003']],
    [{ steps: 24_000, peak: 2e-4 }, ['a peak rate of 0.0002: the law was fitted at 0.0003']],
  ])('not %o', (path, reasons) => {
    expect(outsideOfFit(law, path)).toEqual(reasons);
  });

  it('every peak between those that it was fitted at', () => {
    const fitted = { ...law.fitted, peaks: [5e-4, 1e-3] as [number, number] };
    expect(outsideOfFit({ fitted }, { steps: 24_000, peak: 7e-4 })).toEqual([]);
    expect(outsideOfFit({ fitted }, { steps: 24_000, peak: 2e-3 })[0]).toContain('fitted at 0.0005 to 0.001');
  });
});
