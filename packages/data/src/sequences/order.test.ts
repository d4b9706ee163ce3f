import type { OrderBy, OrderRequest } from '@branchline/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { arrange, type OrderSource, selectIds } from './order.js';

/** Versions 1 to n with domains of the given sizes; scores are a fixed permutation of the ids. */
function corpus(sizes: readonly (readonly number[])[]): OrderSource & { total: number } {
  let first = 0;
  const groups = sizes.flatMap((domains, version) =>
    domains.map((count, domain) => {
      const group = { version: version + 1, domain: `domain ${domain}`, first, count };
      first += count;
      return group;
    }),
  );
  return { groups, scored: true, score: (id) => ((id * 7919) % 1009) / 1009, total: first };
}

const order = (request: OrderRequest, source: OrderSource) => [
  ...arrange(selectIds(request, source), request.order, request.seed, source),
];
const ascending = (ids: Iterable<number>) => [...ids].sort((a, b) => a - b);
const all = (versions: number) => Array.from({ length: versions }, (_, index) => ({ version: index + 1 }));

const anyCorpus = fc
  .array(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 4 })
  .map((sizes) => ({ source: corpus(sizes), versions: sizes.length }));
const direction = fc.constantFrom('ascending' as const, 'descending' as const);
const count = fc.integer({ min: 1, max: 12 });
const anyOrder: fc.Arbitrary<OrderBy> = fc.oneof(
  fc.record({ by: fc.constantFrom('shuffled' as const, 'ascending' as const, 'descending' as const) }),
  fc.record({ by: fc.constant('folded' as const), folds: count, direction }),
  fc.record({ by: fc.constant('interleaved' as const), buckets: count, direction }),
);

describe('every kind of order', () => {
  test('is a reproducible permutation, independent of the order in which versions are listed', () => {
    fc.assert(
      fc.property(anyCorpus, anyOrder, fc.nat(100), ({ source, versions }, by, seed) => {
        const ids = order({ parts: all(versions), order: by, seed }, source);
        expect(ascending(ids)).toEqual(Array.from({ length: source.total }, (_, id) => id));
        expect(order({ parts: all(versions).reverse(), order: by, seed }, source)).toEqual(ids);
      }),
      { numRuns: 60 },
    );
  });

  test('of any sequences is a permutation of them, independent of their order', () => {
    fc.assert(
      fc.property(anyCorpus, anyOrder, fc.nat(100), fc.infiniteStream(fc.boolean()), ({ source }, by, seed, coins) => {
        const ids = Uint32Array.from({ length: source.total }, (_, id) => id).filter(() => coins.next().value === true);
        const arranged = arrange(ids, by, seed, source);
        expect(ascending(arranged)).toEqual([...ids]);
        expect(arrange(arranged, by, seed, source)).toEqual(arranged);
      }),
      { numRuns: 60 },
    );
  });

  test('takes the requested number of sequences, spread over domains and scores', () => {
    fc.assert(
      fc.property(fc.integer({ min: 40, max: 400 }), fc.nat(100), (sequences, seed) => {
        const source = corpus([[50], [300, 100]]);
        const ids = order({ parts: [{ version: 2, sequences }], order: { by: 'shuffled' }, seed }, source);
        expect(ids).toHaveLength(sequences);
        expect(new Set(ids).size).toBe(sequences);
        expect(Math.abs(ids.filter((id) => id >= 350).length - sequences / 4)).toBeLessThan(1);
        const mean = ids.reduce((sum, id) => sum + source.score(id), 0) / sequences;
        expect(Math.abs(mean - 0.5)).toBeLessThan(0.03);
      }),
      { numRuns: 40 },
    );
  });
});

describe('shuffled', () => {
  const source = corpus([[400], [400], [400]]);
  const shuffled = (parts: OrderRequest['parts'], seed: number) =>
    order({ parts, order: { by: 'shuffled' }, seed }, source);

  test('differs by seed', () => {
    expect(shuffled(all(3), 1)).not.toEqual(shuffled(all(3), 2));
  });

  test('spreads replayed sequences evenly and keeps the order that the new data have without replay', () => {
    const ids = shuffled([{ version: 1, sequences: 100 }, { version: 2 }], 3);
    expect(ids).toHaveLength(500);
    for (let start = 0; start < 500; start += 100) {
      const old = ids.slice(start, start + 100).filter((id) => id < 400).length;
      expect(Math.abs(old - 20)).toBeLessThanOrEqual(3);
    }
    expect(ids.filter((id) => id >= 400)).toEqual(shuffled([{ version: 2 }], 3));
  });
});

describe('sorted', () => {
  const source = corpus([
    [300, 100],
    [300, 100],
  ]);
  const domainOf = (id: number) => source.groups.find(({ first, count }) => id >= first && id < first + count)!.domain;
  const base = (by: OrderBy): OrderRequest => ({ parts: all(2), order: by, seed: 1 });

  function risesWithinDomains(ids: readonly number[]): boolean {
    return ['domain 0', 'domain 1'].every((domain) => {
      const scores = ids.filter((id) => domainOf(id) === domain).map((id) => source.score(id));
      return scores.every((score, index) => index === 0 || score >= scores[index - 1]!);
    });
  }

  /** Every range of the order has the domains in proportion (3 : 1 here), independent of scores. */
  function isMixed(ids: readonly number[]): boolean {
    for (let start = 0; start + 80 <= ids.length; start += 80) {
      const second = ids.slice(start, start + 80).filter((id) => domainOf(id) === 'domain 1').length;
      if (Math.abs(second - 20) > 1) return false;
    }
    return true;
  }

  test('ascending rises within each domain and interleaves domains by rank', () => {
    const ids = order(base({ by: 'ascending' }), source);
    expect(risesWithinDomains(ids)).toBe(true);
    expect(isMixed(ids)).toBe(true);
  });

  test('descending is the reverse of ascending', () => {
    const up = order(base({ by: 'ascending' }), source);
    expect(order(base({ by: 'descending' }), source)).toEqual(up.reverse());
  });

  test('folded sorts each of its stages, and every stage sees the whole range', () => {
    const ids = order(base({ by: 'folded', folds: 4, direction: 'ascending' }), source);
    for (let stage = 0; stage < 4; stage++) {
      const part = ids.slice(stage * 200, stage * 200 + 200);
      expect(risesWithinDomains(part)).toBe(true);
      const mean = part.reduce((sum, id) => sum + source.score(id), 0) / part.length;
      expect(mean).toBeCloseTo(0.5, 1);
    }
  });

  test('interleaved gives bucket k the k-th slice of every domain', () => {
    const ids = order(base({ by: 'interleaved', buckets: 8, direction: 'ascending' }), source);
    const sorted = (domain: string) => order(base({ by: 'ascending' }), source).filter((id) => domainOf(id) === domain);
    for (let k = 0; k < 8; k++) {
      const expected = [
        ...sorted('domain 0').slice(k * 75, k * 75 + 75),
        ...sorted('domain 1').slice(k * 25, k * 25 + 25),
      ];
      expect(ascending(ids.slice(k * 100, k * 100 + 100))).toEqual(ascending(expected));
    }
    const down = order(base({ by: 'interleaved', buckets: 8, direction: 'descending' }), source);
    expect(ascending(down.slice(0, 100))).toEqual(ascending(ids.slice(700)));
  });

  test.each([
    [{ order: { by: 'ascending' } }, { scored: false }, /data\.score to "diversity"/],
    [{ parts: [{ version: 3 }] }, {}, /no version 3\n.*1 to 2/],
    [{ parts: [{ version: 1, sequences: 600 }] }, {}, /400 training sequences, not 600/],
    [{ parts: [{ version: 1 }, { version: 1 }] }, {}, /names a version twice/],
    [{ order: { by: 'folded', folds: 0, direction: 'ascending' } }, {}, /0 is not a valid number of folds/],
  ] as const)('rejects %j', (request, change, message) => {
    const full = { ...base({ by: 'shuffled' }), ...request };
    expect(() => order(full, { ...source, ...change })).toThrow(message);
  });

  test('rejects held-out and repeated sequences', () => {
    for (const ids of [[source.total], [1, 1]])
      expect(() => arrange(Uint32Array.from(ids), { by: 'shuffled' }, 1, source)).toThrow(RangeError);
  });
});
