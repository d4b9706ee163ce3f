import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { makeOrder, normalizeOrder, type OrderSource, type OrderSpec } from './order.js';

/** Versions 1 .. n with domains of the given sizes and scores that are a fixed scramble of the ids. */
function corpus(sizes: readonly (readonly number[])[]): OrderSource & { total: number } {
  let first = 0;
  const groups = sizes.flatMap((domains, version) =>
    domains.map((count, domain) => {
      const group = { version: version + 1, domain: `domain ${domain}`, first, count };
      first += count;
      return group;
    }),
  );
  return { groups, hasScores: true, score: (id) => ((id * 7919) % 1009) / 1009, total: first };
}

const order = (spec: OrderSpec, source: OrderSource) => [...makeOrder(normalizeOrder(spec, source), source)];
const ascending = (ids: Iterable<number>) => [...ids].sort((a, b) => a - b);
const all = (versions: number) => Array.from({ length: versions }, (_, index) => ({ version: index + 1 }));
const kinds = ['shuffled', 'ascending', 'descending', 'folded', 'interleaved'] as const;

const anyCorpus = fc
  .array(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 4 })
  .map((sizes) => ({ source: corpus(sizes), versions: sizes.length }));

describe('every kind of order', () => {
  test('is a permutation, the same each time', () => {
    fc.assert(
      fc.property(
        anyCorpus,
        fc.constantFrom(...kinds),
        fc.constantFrom('together' as const, 'by-version' as const),
        fc.constantFrom('ascending' as const, 'descending' as const),
        fc.nat(100),
        ({ source, versions }, by, scope, direction, seed) => {
          const spec = { versions: all(versions), by, scope, direction, seed };
          const ids = order(spec, source);
          expect(ascending(ids)).toEqual(Array.from({ length: source.total }, (_, id) => id));
          expect(order(spec, source)).toEqual(ids);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('by version, is the orders of the versions one after the other', () => {
    fc.assert(
      fc.property(anyCorpus, fc.constantFrom(...kinds), fc.nat(100), ({ source, versions }, by, seed) => {
        const apart = all(versions).flatMap((part) => order({ versions: [part], by, scope: 'together', seed }, source));
        // Arrival order, however they are listed.
        const listed = all(versions).reverse();
        expect(order({ versions: listed, by, scope: 'by-version', seed }, source)).toEqual(apart);
      }),
      { numRuns: 40 },
    );
  });
});

describe('shuffled', () => {
  const source = corpus([[400], [400], [400]]);

  test('differs by seed', () => {
    const spec = { versions: all(3), by: 'shuffled', scope: 'together' } as const;
    expect(order({ ...spec, seed: 1 }, source)).not.toEqual(order({ ...spec, seed: 2 }, source));
  });

  test('spreads a replayed share evenly and leaves the new data in the order it has alone', () => {
    const replay = {
      versions: [{ version: 1, share: 0.25 }, { version: 2 }],
      by: 'shuffled',
      scope: 'together',
    } as const;
    const ids = order({ ...replay, seed: 3 }, source);
    expect(ids).toHaveLength(500);
    for (let start = 0; start < 500; start += 100) {
      const old = ids.slice(start, start + 100).filter((id) => id < 400).length;
      expect(Math.abs(old - 20)).toBeLessThanOrEqual(3);
    }
    const alone = order({ versions: [{ version: 2 }], by: 'shuffled', scope: 'together', seed: 3 }, source);
    expect(ids.filter((id) => id >= 400)).toEqual(alone);
  });

  test('a smaller share is a part of a larger one, and a share equals the same number', () => {
    const take = (part: object) =>
      order({ versions: [{ version: 1, ...part }], by: 'shuffled', scope: 'together', seed: 4 }, source);
    expect(take({ share: 0.5 }).slice(0, 100)).toEqual(take({ share: 0.25 }));
    expect(take({ sequences: 100 })).toEqual(take({ share: 0.25 }));
  });
});

describe('sorted', () => {
  const source = corpus([
    [300, 100],
    [300, 100],
  ]);
  const domainOf = (id: number) => source.groups.find(({ first, count }) => id >= first && id < first + count)!.domain;
  const base = { versions: all(2), scope: 'together', seed: 1 } as const;

  function risesWithinDomains(ids: readonly number[]): boolean {
    return ['domain 0', 'domain 1'].every((domain) => {
      const scores = ids.filter((id) => domainOf(id) === domain).map((id) => source.score(id));
      return scores.every((score, index) => index === 0 || score >= scores[index - 1]!);
    });
  }

  /** Every stretch has each domain in proportion (3 : 1 here), whatever its scores. */
  function isMixed(ids: readonly number[]): boolean {
    for (let start = 0; start + 80 <= ids.length; start += 80) {
      const second = ids.slice(start, start + 80).filter((id) => domainOf(id) === 'domain 1').length;
      if (Math.abs(second - 20) > 1) return false;
    }
    return true;
  }

  test('ascending rises within each domain and interleaves domains by rank', () => {
    const ids = order({ ...base, by: 'ascending' }, source);
    expect(risesWithinDomains(ids)).toBe(true);
    expect(isMixed(ids)).toBe(true);
  });

  test('descending is ascending backwards', () => {
    const up = order({ ...base, by: 'ascending' }, source);
    expect(order({ ...base, by: 'descending' }, source)).toEqual(up.reverse());
  });

  test('folded sorts each of its stages, and every stage sees the whole range', () => {
    const ids = order({ ...base, by: 'folded', folds: 4 }, source);
    for (let stage = 0; stage < 4; stage++) {
      const part = ids.slice(stage * 200, stage * 200 + 200);
      expect(risesWithinDomains(part)).toBe(true);
      const mean = part.reduce((sum, id) => sum + source.score(id), 0) / part.length;
      expect(mean).toBeCloseTo(0.5, 1);
    }
  });

  test('interleaved gives bucket k the k-th slice of every domain', () => {
    const ids = order({ ...base, by: 'interleaved', buckets: 8 }, source);
    const sorted = (domain: string) =>
      order({ ...base, by: 'ascending' }, source).filter((id) => domainOf(id) === domain);
    for (let k = 0; k < 8; k++) {
      const expected = [
        ...sorted('domain 0').slice(k * 75, k * 75 + 75),
        ...sorted('domain 1').slice(k * 25, k * 25 + 25),
      ];
      expect(ascending(ids.slice(k * 100, k * 100 + 100))).toEqual(ascending(expected));
    }
    const down = order({ ...base, by: 'interleaved', buckets: 8, direction: 'descending' }, source);
    expect(ascending(down.slice(0, 100))).toEqual(ascending(ids.slice(700)));
  });

  test('options that have no effect leave the normal form alone', () => {
    const plain = normalizeOrder({ ...base, by: 'shuffled' }, source);
    expect(normalizeOrder({ ...base, by: 'shuffled', folds: 9, direction: 'descending' }, source)).toEqual(plain);
  });

  test.each([
    [{ by: 'ascending' }, { hasScores: false }, /data\.score to "diversity"/],
    [{ versions: [{ version: 3 }] }, {}, /no version 3\n.*1 to 2/],
    [{ versions: [{ version: 1, share: 1.5 }] }, {}, /400 training sequences, not 600/],
    [{ versions: [{ version: 1 }, { version: 1 }] }, {}, /named twice/],
    [{ by: 'folded', folds: 0 }, {}, /0 is no count/],
  ])('refuses %j', (spec, change, message) => {
    const full = { ...base, by: 'shuffled', ...spec } as OrderSpec;
    expect(() => normalizeOrder(full, { ...source, ...change })).toThrow(message);
  });
});
