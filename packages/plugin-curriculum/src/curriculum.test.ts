import { experiment, hooksOf, optionNames, versionContext } from '@branchline/testing';
import { describe, expect, it } from 'vitest';
import { curriculum } from './curriculum.js';

const info = experiment([400, 400]);
const ask = (options?: unknown, version = 2) => hooksOf(curriculum, options).onVersion!(versionContext(info, version));

describe('curriculum', () => {
  it('orders every version by score, best last, and leaves the rate alone', () => {
    for (const version of [1, 2]) {
      expect(ask(undefined, version)).toEqual({ order: { by: { by: 'ascending' } }, lr: { floor: undefined } });
    }
  });

  it.each([
    [{ order: 'descending' }, { by: 'descending' }],
    [{ order: 'folded' }, { by: 'folded', folds: 3, direction: 'ascending' }],
    [
      { order: 'folded', folds: 5, direction: 'descending' },
      { by: 'folded', folds: 5, direction: 'descending' },
    ],
    [{ order: 'interleaved' }, { by: 'interleaved', buckets: 10, direction: 'ascending' }],
    [
      { order: 'interleaved', buckets: 4 },
      { by: 'interleaved', buckets: 4, direction: 'ascending' },
    ],
  ])('%o', (options, by) => {
    expect(ask(options)!.order).toEqual({ by });
  });

  it('makes decays moderate only when asked to', () => {
    expect(ask({ floor: 1 / 3 })).toMatchObject({ lr: { floor: 1 / 3 } });
  });

  it('has no option that changes nothing', () => {
    const folded = { order: 'folded' };
    const interleaved = { order: 'interleaved' };
    const changes: Record<string, [unknown, unknown]> = {
      order: [{}, { order: 'descending' }],
      folds: [folded, { ...folded, folds: 4 }],
      buckets: [interleaved, { ...interleaved, buckets: 4 }],
      direction: [folded, { ...folded, direction: 'descending' }],
      floor: [{}, { floor: 0.5 }],
    };
    expect(Object.keys(changes).sort()).toEqual(optionNames(curriculum));
    for (const [without, having] of Object.values(changes)) expect(ask(having)).not.toEqual(ask(without));
    expect(ask({ ...interleaved, direction: 'descending' })).not.toEqual(ask(interleaved));
  });

  it.each([
    [{ order: 'best-last' }, "order is 'best-last': one of ascending, descending, folded, interleaved"],
    [{ folds: 3 }, "folds changes nothing under order 'ascending'; it belongs to folded"],
    [{ order: 'folded', buckets: 3 }, "buckets changes nothing under order 'folded'; it belongs to interleaved"],
    [{ order: 'descending', direction: 'ascending' }, 'it belongs to folded and interleaved'],
    [
      { order: 'folded', folds: 1 },
      'folds is 1: a whole number, 2 or more, the number of stages that are sorted one by one',
    ],
    [{ order: 'interleaved', buckets: 2.5 }, 'buckets is 2.5: a whole number, 2 or more'],
    [{ floor: 3 }, 'floor is 3: a number from 0 to 1, the rate at the end of a decay as a share of the peak'],
    [{ by: 'score' }, 'by'],
  ])('refuses %o', (options, message) => {
    expect(() => hooksOf(curriculum, options)).toThrow(message);
  });
});
