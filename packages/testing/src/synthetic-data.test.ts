import { allHeldOut, type OrderBy } from '@branchline/core';
import { describe, expect, it } from 'vitest';
import { syntheticData } from './synthetic-data.js';

const orders: readonly OrderBy[] = [
  { by: 'shuffled' },
  { by: 'ascending' },
  { by: 'descending' },
  { by: 'folded', folds: 3, direction: 'ascending' },
  { by: 'folded', folds: 3, direction: 'descending' },
  { by: 'interleaved', buckets: 4, direction: 'ascending' },
  { by: 'interleaved', buckets: 4, direction: 'descending' },
  { by: 'finish', best: 0.3 },
];

describe('synthetic data', () => {
  const parts = [{ version: 1 }, { version: 2, sequences: 5 }];

  it.each(orders)('orders %o: a permutation of the requested ids, reproducible, unlike other orders', (order) => {
    const { ids, digest } = syntheticData({ versions: [12, 9] }).order({ parts, order, seed: 3 });
    expect([...ids].sort((a, b) => a - b)).toEqual(Array.from({ length: 17 }, (_, id) => id));
    const again = syntheticData({ versions: [12, 9] });
    expect(again.order({ parts, order, seed: 3 })).toEqual({ ids, digest });
    expect(again.reorder(ids.slice().reverse(), order, 3)).toEqual({ ids, digest });
    for (const other of orders.filter((candidate) => candidate !== order)) {
      expect(again.order({ parts, order: other, seed: 3 }).digest).not.toBe(digest);
    }
  });

  it('finishes like ascending, after the others in the order of shuffled', () => {
    const data = syntheticData();
    const [finish, ascending, shuffled] = (['finish', 'ascending', 'shuffled'] as const).map((by) => [
      ...data.order({ parts, order: by === 'finish' ? { by, best: 0.2 } : { by }, seed: 3 }).ids,
    ]) as [number[], number[], number[]];
    // A fifth of 45.
    const end = finish.splice(-9);
    expect(end).toEqual(ascending.slice(-9));
    expect(finish).toEqual(shuffled.filter((id) => !end.includes(id)));
  });

  it('shuffles by the seed', () => {
    const data = syntheticData();
    const digest = (seed: number) => data.order({ parts, order: { by: 'shuffled' }, seed }).digest;
    expect(digest(2)).not.toBe(digest(1));
  });

  it('has the requested versions, domains and tokens, and a digest that depends on them', () => {
    const data = syntheticData({ versions: [3, 4], domains: 2, context: 5, vocabulary: 7 });
    expect(data.versions.map(({ sequences, tokens }) => [sequences, tokens])).toEqual([
      [3, 15],
      [4, 20],
    ]);
    const { parts: heldOut } = allHeldOut(data);
    expect(heldOut.map(({ version, domain }) => `${version} ${domain}`)).toEqual([
      '1 domain-1',
      '1 domain-2',
      '2 domain-1',
      '2 domain-2',
    ]);
    const ids = Uint32Array.from(heldOut.flatMap(({ sequences }) => [...sequences]));
    const tokens = data.read(ids);
    expect(tokens).toHaveLength(4 * 6);
    expect(tokens.every((token) => token >= 0 && token < 7)).toBe(true);
    expect(data.read(ids.subarray(1))).toEqual(tokens.subarray(6));
    expect(syntheticData().digest).not.toBe(data.digest);
  });
});
