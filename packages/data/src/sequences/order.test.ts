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
const best = fc.integer({ min: 1, max: 99 }).map((percent) => percent / 100);
const domains = fc.constantFrom('separate' as const, 'together' as const);
/** With or without a choice of domains. */
const ranked = <T>(keys: { [Key in keyof T]: fc.Arbitrary<T[Key]> }) =>
  fc.record({ ...keys, domains }, { requiredKeys: Object.keys(keys) as never });
const anyOrder = fc.oneof(
  fc.constant({ by: 'shuffled' as const }),
  ranked({ by: fc.constantFrom('ascending' as const, 'descending' as const) }),
  ranked({ by: fc.constant('folded' as const), folds: count, direction }),
  ranked({ by: fc.constant('interleaved' as const), buckets: count, direction }),
  ranked({ by: fc.constant('finish' as const), best }),
) as fc.Arbitrary<OrderBy>;

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

  test('without a choice ranks domains separately, and with one domain the choice changes nothing', () => {
    fc.assert(
      fc.property(anyCorpus, anyOrder, fc.nat(100), ({ source, versions }, by, seed) => {
        const ids = (change: object, of = source) =>
          order({ parts: all(versions), order: { ...by, ...change }, seed }, of);
        expect(ids({ domains: undefined })).toEqual(ids({ domains: 'separate' }));
        const one = { ...source, groups: source.groups.map((group) => ({ ...group, domain: 'one' })) };
        expect(ids({ domains: 'together' }, one)).toEqual(ids({ domains: 'separate' }, one));
        // All domains as one: what `together` means.
        if (by.by !== 'shuffled') expect(ids({ domains: 'together' })).toEqual(ids({ domains: 'separate' }, one));
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

describe('finish', () => {
  const without = (ids: readonly number[], left: ReadonlySet<number>) => ids.filter((id) => !left.has(id));

  test('ends like ascending, after the others in the relative order of shuffled', () => {
    const some = fc.record({ replayed: fc.integer({ min: 0, max: 100 }), seed: fc.nat(100), best, domains });
    fc.assert(
      fc.property(anyCorpus, some, ({ source, versions }, { replayed, seed, ...share }) => {
        const sizeOf = (version: number) =>
          source.groups.filter((group) => group.version === version).reduce((sum, { count: size }) => sum + size, 0);
        // Part of every earlier version, all of the newest.
        const parts = all(versions).map(({ version }) =>
          version === versions ? { version } : { version, sequences: Math.floor((replayed * sizeOf(version)) / 100) },
        );
        const by = (kind: OrderBy) => order({ parts, order: kind, seed }, source);
        const ids = by({ by: 'finish', ...share });
        const last = Math.round(share.best * ids.length);
        const end = ids.slice(ids.length - last);
        expect(end).toEqual(by({ by: 'ascending', domains: share.domains }).slice(ids.length - last));
        expect(ids.slice(0, ids.length - last)).toEqual(without(by({ by: 'shuffled' }), new Set(end)));
      }),
      { numRuns: 100 },
    );
  });

  test('takes the best of every domain, or with domains together the best of all', () => {
    const source = corpus([[300, 100]]);
    // Scores of the second domain are above those of the first, as on another scale.
    const scaled = { ...source, score: (id: number) => source.score(id) + (id < 300 ? 0 : 1) };
    const end = (by: OrderBy) => order({ parts: all(1), order: by, seed: 1 }, scaled).slice(320);
    expect(end({ by: 'finish', best: 0.2 }).filter((id) => id >= 300)).toHaveLength(20);
    const together = end({ by: 'finish', best: 0.2, domains: 'together' });
    expect(together.every((id) => id >= 300)).toBe(true);
    const scores = together.map(scaled.score);
    expect(scores).toEqual(scores.toSorted((a, b) => a - b));
  });

  test('keeps the order of the common sequences when another share is taken', () => {
    const source = corpus([[200, 200]]);
    const start = (share: number) => order({ parts: all(1), order: { by: 'finish', best: share }, seed: 4 }, source);
    const [small, large] = [start(0.1), start(0.3)];
    expect(without(small.slice(0, 360), new Set(large.slice(280)))).toEqual(large.slice(0, 280));
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

  test('ascending with domains together rises over all domains', () => {
    const scores = order(base({ by: 'ascending', domains: 'together' }), source).map((id) => source.score(id));
    expect(scores).toEqual(scores.toSorted((a, b) => a - b));
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
    [{ order: { by: 'finish', best: 1 } }, {}, /1 is not a valid share of the best sequences/],
    [{ order: { by: 'finish', best: 0.2 } }, { scored: false }, /the order "finish" sorts by score/],
  ] as const)('rejects %j', (request, change, message) => {
    const full = { ...base({ by: 'shuffled' }), ...request };
    expect(() => order(full, { ...source, ...change })).toThrow(message);
  });

  test('rejects held-out and repeated sequences', () => {
    for (const ids of [[source.total], [1, 1]])
      expect(() => arrange(Uint32Array.from(ids), { by: 'shuffled' }, 1, source)).toThrow(RangeError);
  });
});
