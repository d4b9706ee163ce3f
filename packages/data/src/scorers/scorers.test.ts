import { readFileSync } from 'node:fs';
import path from 'node:path';
import { digestBytes, RandomStream } from '@branchline/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FIELDS, fixture, listed, prepare, problemsOf } from '../../test/corpus.js';
import { jsonl, makeRows, text, write } from '../../test/fixtures.js';
import type { DataConfig } from '../config/schema.js';
import type { Manifest } from '../sequences/manifest.js';
import type { PreparedData } from '../sequences/prepared.js';
import { corrupt } from '../text/corrupt.js';
import { compression } from './compression.js';
import { defineScorer } from './define.js';
import { NgramModel, ngram } from './ngram.js';
import { Sample } from './sample.js';

const versions = { by: 'random', count: 2 } as const;
const plain = { ...FIELDS, scoreField: undefined };
const bytes = (value: string) => Buffer.from(value);
const documentsOf = (data: PreparedData) =>
  listed(data)
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { id: string; score: number; split: string });
const manifestOf = (data: PreparedData) =>
  JSON.parse(readFileSync(path.join(data.directory, 'manifest.json'), 'utf8')) as Manifest;

/** Share of pairs that two lists order in the same way. */
function agreement(a: readonly number[], b: readonly number[]): number {
  let same = 0;
  let pairs = 0;
  for (let i = 0; i < a.length; i++)
    for (let k = 0; k < i; k++) {
      pairs++;
      if (a[i]! < a[k]! === b[i]! < b[k]!) same++;
    }
  return same / pairs;
}

/** Texts of known quality. */
const known = Array.from({ length: 60 }, (_, index) =>
  corrupt(bytes(text(`${index}`, 20)), [0, 0.6], new RandomStream(1, `${index}`)),
);

describe('the n-gram model', () => {
  test('its probabilities of all bytes sum to 1 after any text', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 5 }),
        fc.uint8Array({ maxLength: 6 }),
        (seen, before) => {
          const model = new NgramModel(4);
          for (const one of seen) model.add(one);
          const bits = (one: Uint8Array) => model.bitsPerByte(one) * one.length;
          const prefix = before.length === 0 ? 0 : bits(before);
          let sum = 0;
          for (let byte = 0; byte < 256; byte++) sum += 2 ** (prefix - bits(Uint8Array.of(...before, byte)));
          expect(sum).toBeCloseTo(1, 9);
        },
      ),
      { seed: 1, numRuns: 10 },
    );
  });

  test('interpolates by the method of Witten and Bell', () => {
    const model = new NgramModel(2);
    model.add(bytes('abab'));
    // Unigrams: a and b, 2 of 4 each, 2 distinct. After a: b twice, 1 distinct.
    const one = (2 + 2 / 256) / 6;
    const two = (2 + one) / 3;
    expect(model.bitsPerByte(bytes('ab'))).toBe((0 - Math.log2(one) - Math.log2(two)) / 2);
    expect(new NgramModel(3).bitsPerByte(bytes('x'))).toBe(8);
  });

  test('separates noise from text of the kind it was fitted on', async () => {
    const scorer = ngram(5, 1e6);
    const model: unknown = await scorer.fit!(
      Array.from({ length: 40 }, (_, index) => bytes(text(`reference ${index}`, 20))),
    );
    const scores = Array.from(
      await scorer.score(
        known.map(({ text: one }) => one),
        model,
      ),
    );
    expect(
      agreement(
        scores,
        known.map(({ quality }) => quality),
      ),
    ).toBeGreaterThan(0.9);
  });

  test('both halves learn when the sample is a small part of the text', async () => {
    const sample = new Sample(4000);
    for (let index = 0; index < 200; index++) {
      const one = bytes(text(`pool ${index}`, 20));
      sample.add({ text: one, document: digestBytes(one), clean: digestBytes(one) });
    }
    const scorer = ngram(5, 4000);
    const model: unknown = await scorer.fit!(sample.texts().map((one) => one.text));
    const texts = known.map(({ text: one }) => one);
    // A model that has learned nothing gives every text 8 bits per byte.
    expect(Array.from(await scorer.score(texts, model))).not.toContain(-8);
  });
});

test('compression: repeated text is high, noise is low, and the order follows the quality', async () => {
  const score = async (...texts: Uint8Array[]) => Array.from(await compression.score(texts, undefined));
  const [repeated, prose, empty] = await score(bytes('again\n'.repeat(300)), bytes(text('prose', 30)), bytes(''));
  expect(repeated).toBeGreaterThan(20);
  expect(prose).toBeGreaterThan(1);
  expect(empty).toBe(1);
  const scores = await score(...known.map(({ text: one }) => one));
  expect(
    agreement(
      scores,
      known.map(({ quality }) => quality),
    ),
  ).toBeGreaterThan(0.85);
});

test('a sample is independent of order, has each text once, and is as small as possible', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ minLength: 1, maxLength: 9 })),
      fc.integer({ min: 1, max: 60 }),
      (texts, limit) => {
        const take = (list: readonly string[]) => {
          const sample = new Sample(limit);
          for (const one of list) {
            const clean = digestBytes(bytes(one));
            sample.add({ text: bytes(one), document: clean, clean });
          }
          return sample.texts().map((one) => Buffer.from(one.text).toString());
        };
        const taken = take(texts);
        expect(take([...texts, ...texts].reverse())).toEqual(taken);
        expect(new Set(taken).size).toBe(taken.length);
        const size = (list: readonly string[]) => list.reduce((sum, one) => sum + bytes(one).length, 0);
        if (taken.length < new Set(texts).size) expect(size(taken)).toBeGreaterThanOrEqual(limit);
        if (taken.length > 0) expect(size(taken.slice(0, -1))).toBeLessThan(limit);
      },
    ),
    { seed: 1, numRuns: 300 },
  );
});

describe('data.score', () => {
  test('column sets scoreField for every source', async () => {
    const base = fixture();
    const expected = (await prepare(base, { sources: [FIELDS], versions })).data.digest;
    expect((await prepare(base, { sources: [plain], versions, score: { column: 'score' } })).data.digest).toBe(
      expected,
    );
    const reported = await problemsOf(base, { sources: [plain], versions, score: { column: 'quality' } });
    expect(reported).toMatch(
      /160 of 160 documents of rows\.jsonl have no number in "quality"; the first has \[text, score/,
    );
    write(base, { 'a.txt': text('a') });
    expect(await problemsOf(base, { sources: ['a.txt'], versions, score: { column: 'q' } })).toMatch(
      /data\.sources\[0\]\.scoreField: text files have no fields/,
    );
  });

  test('n-grams are fitted on a reference, or on a sample of the training text', async () => {
    const base = fixture();
    write(base, { 'reference.jsonl': jsonl(makeRows(30)), 'other.txt': 'something else altogether\n'.repeat(50) });
    const noisy = { ...plain, corrupt: { share: [0, 0.6] as [number, number] } };
    const scores = async (more: object) => {
      const { data } = await prepare(base, { sources: [noisy], versions, score: { by: 'ngram', order: 4, ...more } });
      return { data, documents: documentsOf(data).sort((a, b) => (a.id < b.id ? -1 : 1)) };
    };
    const quality = documentsOf((await prepare(base, { sources: [noisy], versions, score: 'quality' })).data);
    quality.sort((a, b) => (a.id < b.id ? -1 : 1));
    const trained = (list: typeof quality) => list.flatMap(({ split, score }) => (split === 'train' ? [score] : []));
    for (const more of [{}, { reference: 'reference.jsonl' }]) {
      const { data, documents } = await scores(more);
      expect(agreement(trained(documents), trained(quality))).toBeGreaterThan(0.85);
      expect(manifestOf(data).content.scorer).toEqual({
        name: 'ngram',
        version: '2',
        options: { order: 4, sampleBytes: 4 * 2 ** 20 },
      });
    }
    const digests = [{}, { order: 3 }, { sample: 1000 }, { reference: 'reference.jsonl' }, { reference: 'other.txt' }];
    const all = [];
    for (const more of digests) all.push((await scores(more)).data.digest);
    expect(new Set(all).size).toBe(digests.length);
    expect(await problemsOf(base, { sources: [plain], score: { by: 'ngram', reference: 'no.txt' } })).toMatch(
      /data\.score\.reference\.files: no file matches "no\.txt"|data\.score\.reference: no file matches "no\.txt"/,
    );
  });

  test('a custom scorer is called in batches; its name, version and options are part of the digest', async () => {
    const base = fixture(makeRows(700));
    const batches: number[] = [];
    const length = (version: string, options: { readonly by: number }) =>
      defineScorer<number>({
        ...{ name: 'length', version, options, sampleBytes: 2000 },
        fit: (sample) => sample.reduce((sum, one) => sum + one.length, 0),
        score: async (texts, sum) => {
          batches.push(texts.length);
          expect(sum).toBeGreaterThanOrEqual(2000);
          return Promise.resolve(texts.map((one) => one.length * options.by));
        },
      });
    const corpus = async (score: DataConfig['score']) =>
      (await prepare(base, { sources: [plain], versions, score })).data;
    const first = await corpus(length('1', { by: 1 }));
    expect(Math.max(...batches)).toBe(256);
    expect(batches.reduce((sum, count) => sum + count, 0)).toBe(700);
    for (const { id, score } of documentsOf(first)) expect(score, id).toBeGreaterThan(0);
    const asked = batches.length;
    expect((await corpus(length('1', { by: 1 }))).digest).toBe(first.digest);
    expect(batches).toHaveLength(asked);
    const others = [await corpus(length('2', { by: 1 })), await corpus(length('1', { by: 2 }))];
    expect(new Set([first, ...others].map(({ digest }) => digest)).size).toBe(3);
  });

  test('reports a scorer that fails or returns wrong results, with the document', async () => {
    const base = fixture();
    const reported = (score: unknown) => problemsOf(base, { sources: [plain], versions, score });
    const scorer = (score: unknown, fit?: unknown) => ({ name: 'mine', version: '2', score, fit });
    const nan = scorer((texts: Uint8Array[]) => texts.map((_, index) => (index === 3 ? Number.NaN : 1)));
    expect(await reported(nan)).toMatch(
      /data\.score: scorer mine 2 returned no finite number for row-3 of rows\.jsonl -> Correct/,
    );
    expect(await reported(scorer(() => [1]))).toMatch(/scorer mine 2 returned 1 scores for 160 texts/);
    expect(await reported(scorer(() => undefined))).toMatch(/scorer mine 2 returned no scores for 160 texts/);
    const broken = () => {
      throw new Error('out of luck');
    };
    expect(await reported(scorer(broken))).toMatch(/scorer mine 2 failed: out of luck/);
    expect(await reported(scorer(() => [], broken))).toMatch(/could not be fitted to the sample: out of luck/);
    expect(await reported({ name: 'mine', version: '2' })).toMatch(
      /data\.score: not a scorer: it needs a name, a version and/,
    );
    expect(() => defineScorer({ name: '', version: '1', score: () => [] })).toThrow(/a scorer needs a name/);
    expect(await reported({ by: 'ngrams' })).toMatch(/data\.score/);
    expect(await reported({ by: 'ngram', order: 9 })).toMatch(/data\.score\.order: 9 is not at most 8/);
  });
});
