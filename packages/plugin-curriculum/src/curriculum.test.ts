import { decidersOf, experiment, optionNames, planOf, versionContext } from '@branchline/testing';
import { describe, expect, it } from 'vitest';
import { curriculum } from './curriculum.js';

const info = experiment([400, 400]);
const ask = (options?: unknown, version = 2) =>
  decidersOf(curriculum, options).onVersion(versionContext(info, version));

describe('curriculum', () => {
  it('orders every version by score, best last, and does not change the rate', () => {
    for (const version of [1, 2]) {
      expect(ask(undefined, version)).toEqual({ order: { by: { by: 'ascending' } }, lr: { minRatio: undefined } });
    }
  });

  it.each([
    ['descending', { by: 'descending' }],
    ['folded', { by: 'folded', folds: 3, direction: 'ascending' }],
    [
      { by: 'folded', folds: 5, direction: 'descending' },
      { by: 'folded', folds: 5, direction: 'descending' },
    ],
    ['interleaved', { by: 'interleaved', buckets: 10, direction: 'ascending' }],
    [
      { by: 'interleaved', buckets: 4 },
      { by: 'interleaved', buckets: 4, direction: 'ascending' },
    ],
    [
      { by: 'ascending', domains: 'together' },
      { by: 'ascending', domains: 'together' },
    ],
    ['finish', { by: 'finish', best: 0.2 }],
    [
      { by: 'finish', best: 0.3, domains: 'together' },
      { by: 'finish', best: 0.3, domains: 'together' },
    ],
  ])('%o', (order, by) => {
    expect(ask({ order })!.order).toEqual({ by });
  });

  it('makes decays moderate only if minRatio is given', () => {
    expect(ask({ minRatio: 1 / 3 })).toMatchObject({ lr: { minRatio: 1 / 3 } });
  });

  it('has no option that changes nothing', () => {
    const [folded, interleaved, finish] = [{ by: 'folded' }, { by: 'interleaved' }, { by: 'finish' }];
    const changes: Record<string, [unknown, unknown]> = {
      order: [{}, { order: 'descending' }],
      'order.folds': [{ order: folded }, { order: { ...folded, folds: 4 } }],
      'order.buckets': [{ order: interleaved }, { order: { ...interleaved, buckets: 4 } }],
      'order.direction': [{ order: folded }, { order: { ...folded, direction: 'descending' } }],
      'interleaved order.direction': [{ order: interleaved }, { order: { ...interleaved, direction: 'descending' } }],
      'order.best': [{ order: finish }, { order: { ...finish, best: 0.3 } }],
      ...Object.fromEntries(
        [folded, interleaved, finish, { by: 'ascending' }, { by: 'descending' }].map((order) => [
          `${order.by} order.domains`,
          [{ order }, { order: { ...order, domains: 'together' } }],
        ]),
      ),
      minRatio: [{}, { minRatio: 0.5 }],
    };
    expect(optionNames(curriculum)).toEqual(['minRatio', 'order']);
    for (const [without, having] of Object.values(changes)) expect(ask(having)).not.toEqual(ask(without));
  });

  it.each([
    [{ order: 'best-last' }, "order is 'best-last': one of ascending, descending, folded, interleaved, finish"],
    [{ folds: 3 }, "folds is called order: { by: 'folded', folds }"],
    [{ direction: 'ascending' }, "direction is called order: { by: 'folded', direction }"],
    [{ floor: 0.3 }, 'floor is called minRatio'],
    [{ order: { by: 'folded', buckets: 3 } }, 'there is no option "buckets"'],
    [{ order: { by: 'descending', direction: 'ascending' } }, 'there is no option "direction"'],
    [{ order: { by: 'folded', folds: 1 } }, 'folds is 1: Too small: expected number to be >=2'],
    [{ order: { by: 'interleaved', buckets: 2.5 } }, "order is { by: 'interleaved', buckets: 2.5 }: one of"],
    [{ order: { by: 'finish', best: 1 } }, 'best is 1: Too big: expected number to be <1'],
    [{ order: { by: 'finish', best: 0 } }, 'best is 0: Too small: expected number to be >0'],
    [{ order: { by: 'ascending', domains: 'apart' } }, "such as { by: 'finish', best: 0.2, domains: 'together' }"],
    [{ order: { by: 'shuffled', domains: 'together' } }, 'one of ascending, descending'],
    [{ minRatio: 3 }, 'minRatio is 3: Too big: expected number to be <=1'],
    [{ by: 'score' }, 'by'],
  ])('refuses %o', async (options, message) => {
    await expect(planOf(info, { curriculum: [{ plugin: curriculum.plugin, options }] })).rejects.toThrow(message);
  });
});
