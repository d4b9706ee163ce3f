import { isUtf8 } from 'node:buffer';
import { allHeldOut, digestBytes, RandomStream } from '@branchline/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FIELDS, fixture, heldOutIds, listed, prepare, problemsOf, range, rejoin, rows } from '../../test/corpus.js';
import type { PreparedData } from '../sequences/prepared.js';
import { corrupt } from './corrupt.js';

const noise = (name: string) => new RandomStream(1, name);

describe('noise', () => {
  test('keeps length and UTF-8, and its quality counts the replaced bytes', () => {
    const share = fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true }));
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), share, (value, [a, b]) => {
        const clean = Buffer.from(value);
        const { text, quality } = corrupt(clean, [Math.min(a, b), Math.max(a, b)], noise(value));
        expect(text).toHaveLength(clean.length);
        expect(isUtf8(text)).toBe(isUtf8(clean));
        const kept = text.filter((byte, index) => byte === clean[index]).length;
        // Noise can equal the replaced character.
        expect(Math.round(quality * clean.length)).toBeLessThanOrEqual(kept);
        expect(corrupt(clean, [0, 0], noise(value))).toEqual({ text: Uint8Array.from(clean), quality: 1 });
      }),
      { seed: 1, numRuns: 300 },
    );
    const all = corrupt(Buffer.from('ä'.repeat(1000)), [1, 1], noise('all'));
    expect(all.quality).toBe(0);
    expect(all.text.every((byte) => byte >= 0x20 && byte < 0x7f)).toBe(true);
  });

  test('replaces a share drawn uniformly between the bounds', () => {
    const clean = Buffer.alloc(2000, 0);
    const qualities = Array.from({ length: 400 }, (_, index) => corrupt(clean, [0.2, 0.6], noise(`${index}`)).quality);
    const below = (limit: number) => qualities.filter((quality) => quality < limit).length / qualities.length;
    expect(Math.min(...qualities)).toBeGreaterThan(0.36);
    expect(Math.max(...qualities)).toBeLessThan(0.84);
    for (const part of [0.25, 0.5, 0.75]) expect(below(0.4 + 0.4 * part)).toBeCloseTo(part, 1);
  });
});

describe('a corpus with noise', () => {
  const versions = { by: 'random', count: 2 } as const;
  const clean = { ...FIELDS, scoreField: undefined };
  const noisy = { ...clean, corrupt: { share: [0, 0.6] as [number, number] } };
  const documentsOf = (data: PreparedData) =>
    listed(data)
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { id: string; split: string; score: number; digest: string; version: number });

  test('has the same clean held-out text and the same versions as without noise', async () => {
    const base = fixture();
    const heldOut = { share: 0.08, sequences: 1000 };
    const a = (await prepare(base, { sources: [clean], versions, heldOut, score: 'diversity' })).data;
    const b = (await prepare(base, { sources: [noisy], versions, heldOut, score: 'quality' })).data;
    const placed = (data: PreparedData) =>
      documentsOf(data)
        .map(({ id, split, version }) => `${id} ${split} ${version}`)
        .sort();
    expect(placed(b)).toEqual(placed(a));
    const texts = new Set(rows.map(({ text }) => digestBytes(text)));
    for (const { split, score, digest } of documentsOf(b)) {
      expect(texts).toContain(digest);
      if (split === 'held-out') expect(score).toBe(1);
    }
    const clear = new Set(rows.map(({ text }) => text));
    // The last text is cut off with the last sequence.
    for (const { sequences } of allHeldOut(b).parts)
      for (const document of rejoin(b, sequences).split('\0').slice(0, -1)) expect(clear).toContain(document);
    expect(heldOutIds(b).every((id) => b.sequence(id).score === 1)).toBe(true);
  });

  test('is sorted by quality: later sequences have more intact words', async () => {
    const { data } = await prepare(fixture(), { sources: [noisy], versions, score: 'quality' });
    expect(data.scored).toBe(true);
    const { ids } = data.order({ parts: [{ version: 1 }], order: { by: 'ascending' }, seed: 1 });
    const words = (id: number) =>
      rejoin(data, range(id, 1)).match(/rail|line|branch|main|fork|switch|path|step/g) ?? [];
    const third = Math.floor(ids.length / 3);
    const count = (part: Uint32Array) => part.reduce((sum, id) => sum + words(id).length, 0);
    expect(count(ids.slice(-third))).toBeGreaterThan(2 * count(ids.slice(0, third)));
    const trained = documentsOf(data).filter(({ split }) => split === 'train');
    expect(Math.min(...trained.map(({ score }) => score))).toBeGreaterThan(0.2);
    expect(new Set(trained.map(({ score }) => score)).size).toBeGreaterThan(trained.length / 2);
  });

  test('is reproducible; seed, share and source change it', async () => {
    const base = fixture();
    const digest = async (more: object, seed = 0) =>
      (await prepare(base, { sources: [{ ...noisy, ...more }], versions, score: 'diversity', seed })).data.digest;
    const first = await digest({});
    expect(await digest({})).toBe(first);
    expect((await prepare(fixture(), { sources: [noisy], versions, score: 'diversity' })).data.digest).toBe(first);
    const others = [
      await digest({ corrupt: { share: 0.5 } }),
      await digest({ corrupt: undefined }),
      await digest({}, 1),
    ];
    expect(new Set([first, ...others]).size).toBe(4);
  });

  test('reports mistakes', async () => {
    const base = fixture();
    const reported = (corrupt: unknown, score?: string) =>
      problemsOf(base, { sources: [{ files: 'rows.jsonl', corrupt }], versions, score });
    expect(await reported({ share: 1.5 })).toMatch(/data\.sources\[0\]\.corrupt\.share/);
    expect(await reported({ share: [0.6, 0.1] })).toMatch(/data\.sources\[0\]\.corrupt\.share: starts above its end/);
    expect(await reported({ shares: 1 })).toMatch(/corrupt\.shares: there is no such setting -> Did you mean "share"/);
    expect(await reported(undefined, 'quality')).toMatch(/data\.score: is "quality", but no source has corrupt/);
  });
});
