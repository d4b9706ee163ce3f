import { RandomStream } from '@branchline/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fixture, listed, prepare, problemsOf } from '../../test/corpus.js';
import { jsonl, makeRows, type Row, write } from '../../test/fixtures.js';
import type { PreparedData } from '../sequences/prepared.js';
import { bandLength, bandsOf, SIGNATURE, signatureOf, similarity } from './minhash.js';

const words = (name: string, count: number) => {
  const random = new RandomStream(1, name);
  return Array.from({ length: count }, () => `w${random.below(5000)}`);
};
const signature = (list: readonly string[]) => signatureOf(Buffer.from(list.join(' ')))!;
const shingles = (list: readonly string[]) =>
  new Set(list.slice(4).map((_, index) => list.slice(index, index + 5).join(' ')));

describe('signatures', () => {
  test('estimate the Jaccard similarity of five-word shingles', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 300 }), fc.nat(), (changed, seed) => {
        const a = words(`${seed}`, 300);
        const b = [...words(`${seed} other`, changed), ...a.slice(changed)];
        const [one, two] = [shingles(a), shingles(b)];
        const common = [...one].filter((shingle) => two.has(shingle)).length;
        const exact = common / (one.size + two.size - common);
        expect(Math.abs(similarity(signature(a), signature(b)) - exact)).toBeLessThan(0.2);
      }),
      { seed: 1, numRuns: 60 },
    );
  });

  test('ignore case, spacing and punctuation', () => {
    expect(signatureOf(Buffer.from('The  end,\nof THE line'))).toEqual(
      signatureOf(Buffer.from('the end of the line.')),
    );
    expect(signatureOf(Buffer.from('a b'))).not.toEqual(signatureOf(Buffer.from('ab')));
    expect(signatureOf(Buffer.from(' .,-\n'))).toBeUndefined();
    expect(signatureOf(Buffer.from('ä'))).toBeDefined();
  });

  test('share a band if similar enough; bands are as long as possible', () => {
    expect([0.3, 0.5, 0.8, 0.95, 1].map(bandLength)).toEqual([2, 2, 8, 16, 32]);
    const a = signature(words('band', 400));
    const bands = bandsOf(a, 8);
    expect(new Set(bands).size).toBe(SIGNATURE / 8);
    const b = a.slice();
    b[9]! ^= 1;
    expect(bandsOf(b, 8).map((band, index) => band === bands[index])).toEqual(bands.map((_, index) => index !== 1));
  });
});

describe('a corpus without near duplicates', () => {
  const versions = { by: 'field' } as const;
  const source = { files: 'rows.jsonl', versionField: 'year', idField: 'name' };
  const idsOf = (data: PreparedData) =>
    listed(data)
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { id: string }).id)
      .sort();
  const plain = makeRows(90).map((row, index) => ({ ...row, text: words(`${index}`, 120).join(' ') }));
  /** A copy of every third text in another year, with a word added at its end. */
  const copies: Row[] = plain
    .filter((_, index) => index % 3 === 0)
    .map((row, index) => ({ ...row, text: `${row.text} again${index}`, name: `copy-${row.name}`, year: '2029' }));

  test('keeps the earliest of each family, independent of the order of rows and files', async () => {
    const all = [...plain, ...copies];
    const expected = plain.map(({ name }) => name).sort();
    const clean = await prepare(fixture(plain), { sources: [source], versions });
    const near = { sources: [source], versions: { ...versions, order: ['2020', '2021', '2022'] } };
    const digests: string[] = [];
    for (const rows of [all, [...all].reverse()]) {
      const config = { ...near, versions, deduplicate: { near: 0.8 } };
      // All copies are gone, so the last year has nothing left.
      expect(await problemsOf(fixture(rows), config)).toMatch(/too little text .*version 2029/);
      const base = fixture(rows.map((row) => ({ ...row, year: row.year === '2029' ? '2022' : row.year })));
      const { data } = await prepare(base, config);
      digests.push(data.digest);
      const kept = idsOf(data);
      expect(kept).toHaveLength(plain.length);
      // In one year the name decides: "copy-..." comes before "row-...".
      const first = plain.filter(({ year }, index) => index % 3 !== 0 || year !== '2022').map(({ name }) => name);
      for (const name of first) expect(kept).toContain(name);
    }
    expect(new Set(digests).size).toBe(1);
    expect(idsOf(clean.data)).toEqual(expected);
    const split = fixture([]);
    write(split, { 'a.jsonl': jsonl(all.slice(0, 50)), 'b.jsonl': jsonl(all.slice(50)) });
    const random = { versions: { by: 'random', count: 2 }, deduplicate: { near: 0.8 } } as const;
    const one = await prepare(split, { ...random, sources: [{ ...source, files: ['a.jsonl', 'b.jsonl'] }] });
    const two = await prepare(fixture(all), { ...random, sources: [source] });
    expect(one.data.digest).toBe(two.data.digest);
  });

  test('keeps texts that share words but no long runs', async () => {
    const config = { sources: [source], versions };
    const exact = await prepare(fixture(plain), config);
    const near = await prepare(fixture(plain), { ...config, deduplicate: { near: 0.5 } });
    expect(near.data.digest).toBe(exact.data.digest);
  });

  test('reports mistakes', async () => {
    expect(await problemsOf(fixture(), { sources: [source], deduplicate: { near: 2 } })).toMatch(
      /data\.deduplicate\.near: 2 is not at most 1/,
    );
    expect(await problemsOf(fixture(), { sources: [source], deduplicate: 'near' })).toMatch(
      /data\.deduplicate: write "exact", "none" or \{ near: 0\.8 \}/,
    );
  });
});
