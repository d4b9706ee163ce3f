import type { OrderBy } from '@branchline/core';
import { describe, expect, it } from 'vitest';
import { spanFor } from './span.js';

describe('the default span', () => {
  const direction = 'ascending';
  it.each<[OrderBy, number]>([
    [{ by: 'shuffled' }, 0.5],
    [{ by: 'ascending' }, 0.15],
    [{ by: 'ascending', domains: 'together' }, 0.15],
    [{ by: 'finish', best: 0.2 }, 0.2],
    [{ by: 'finish', best: 0.1 }, 0.1],
    [{ by: 'finish', best: 0.6 }, 0.2],
    [{ by: 'folded', folds: 5, direction }, 0.03],
    [{ by: 'interleaved', buckets: 2, direction }, 0.25],
    [{ by: 'interleaved', buckets: 100, direction }, 0.15],
    // The best data is not at the end.
    [{ by: 'descending' }, 0.5],
    [{ by: 'folded', folds: 5, direction: 'descending' }, 0.5],
    [{ by: 'interleaved', buckets: 4, direction: 'descending' }, 0.5],
  ])('for %j is %d', (order, span) => {
    expect(spanFor(order)).toBeCloseTo(span, 12);
  });

  it('of orders that are others by another name is the same', () => {
    const [ascending, shuffled] = [spanFor({ by: 'ascending' }), spanFor({ by: 'shuffled' })];
    expect(spanFor({ by: 'folded', folds: 1, direction })).toBe(ascending);
    expect(spanFor({ by: 'interleaved', buckets: 1, direction })).toBe(shuffled);
    expect(spanFor({ by: 'interleaved', buckets: 1000, direction })).toBe(ascending);
  });
});
