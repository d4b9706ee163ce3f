import path from 'node:path';
import { type Digest, digestBytes, digestJson, RandomStream } from '@branchline/core';
import { describe, expect, test } from 'vitest';
import { FIELDS, listed, prepare, problemsOf } from '../../test/corpus.js';
import { folder, jsonl, text, write } from '../../test/fixtures.js';
import type { DataConfig } from '../config/schema.js';
import { type PreparedData, prepareData } from '../index.js';
import { classifier } from './classifier.js';
import type { SampledText, SamplePair } from './define.js';
import { halfOf } from './halves.js';
import { LinearModel, logistic } from './linear-model.js';

const bytes = (value: string) => Buffer.from(value);
const settings = { ngrams: [2, 4], buckets: 2 ** 14, epochs: 5 } as const;
const scorer = classifier({ ...settings, sampleBytes: 1e6 });

/** Lines of other words than `text` has. */
const FORMAL = 'whereas therefore hereby clause article party agreement notice shall terms'.split(' ');
function formal(name: string, lines = 8): string {
  const random = new RandomStream(1, `formal ${name}`);
  const line = () => Array.from({ length: 8 }, () => FORMAL[random.below(FORMAL.length)]).join(' ');
  return `${name}\n${Array.from({ length: lines }, line).join('\n')}\n`;
}

const sampled = (value: string, document?: Digest): SampledText => {
  const clean = digestBytes(bytes(value));
  return { text: bytes(value), document: document ?? clean, clean };
};
const many = (count: number, make: (name: string) => string) =>
  Array.from({ length: count }, (_, index) => sampled(make(String(index))));
const pairOf = (reference: readonly SampledText[], sample: readonly SampledText[]): SamplePair => ({
  reference,
  sample,
  removed: { evaluated: 0, shared: 0 },
});

/** A share that two values differ by. */
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('the linear model', () => {
  test('its logistic function is that of Math.exp', () => {
    for (let z = -38; z <= 38; z += 0.37) expect(logistic(z) * (1 + Math.exp(-z))).toBeCloseTo(1, 11);
    expect([logistic(0), logistic(1e9) <= 1, logistic(-1e9) > 0]).toEqual([0.5, true, true]);
    expect(logistic(0.3) + logistic(-0.3)).toBeCloseTo(1, 14);
  });

  test('does not depend on length: a text repeated scores as itself, and short texts are not extreme', async () => {
    const reference = Array.from({ length: 40 }, (_, index) => bytes(formal(`${index}`, 12)));
    const other = Array.from({ length: 40 }, (_, index) => bytes(text(`${index}`, 12)));
    const model = await LinearModel.fit(reference, other, settings);
    const [good, bad] = [formal('new', 20), text('new', 20)].map((one) => model.score(bytes(one))) as [number, number];
    expect(good).toBeGreaterThan(1);
    expect(bad).toBeLessThan(-1);
    for (const times of [2, 10]) expect(model.score(bytes(formal('new', 20).repeat(times)))).toBeCloseTo(good, 0);
    const spread = good - bad;
    expect(Math.abs(model.score(bytes('shall')) - model.score(bytes('')))).toBeLessThan(spread / 2);
    expect(model.score(bytes(''))).toBeGreaterThan(bad);
    expect(model.score(bytes(''))).toBeLessThan(good);
  });

  test('classes of different sizes count the same', async () => {
    const reference = many(8, (name) => formal(name)).map((one) => one.text);
    const other = many(200, (name) => text(name)).map((one) => one.text);
    const model = await LinearModel.fit(reference, other, settings);
    const scores = (make: (name: string) => string) =>
      many(30, (name) => make(`new ${name}`)).map((one) => model.score(one.text));
    expect(Math.min(...scores(formal))).toBeGreaterThan(0);
    expect(Math.max(...scores(text))).toBeLessThan(0);
  });
});

describe('the classifier', () => {
  test('does not memorize: among texts of one kind, those of the reference score as the others do', async () => {
    const fitted = await scorer.contrast(
      pairOf(
        many(150, (name) => text(name)),
        many(150, (name) => text(`${150 + Number(name)}`)),
      ),
    );
    expect(fitted.figures!.auc).toBeGreaterThan(0.4);
    expect(fitted.figures!.auc).toBeLessThan(0.6);
    // One model that scores what it has seen would look good here.
    const seen = many(150, (name) => text(name)).map((one) => one.text);
    const other = many(150, (name) => text(`${150 + Number(name)}`)).map((one) => one.text);
    const model = await LinearModel.fit(seen, other, settings);
    expect(mean(seen.map((one) => model.score(one)))).toBeGreaterThan(mean(other.map((one) => model.score(one))) + 0.1);
  });

  test('a text and a document are scored by the model that has seen neither', async () => {
    const reference = many(60, (name) => formal(name));
    const other = many(60, (name) => text(name));
    const fitted = await scorer.contrast(pairOf(reference, other));
    const models = await Promise.all(
      [0, 1].map(async (half) => {
        const seen = (texts: readonly SampledText[]) =>
          texts.filter(({ document }) => halfOf(document) !== half).map((one) => one.text);
        return await LinearModel.fit(seen(reference), seen(other), settings);
      }),
    );
    const known = reference[0]!;
    const half = halfOf(known.document);
    const fresh = bytes(formal('fresh'));
    const documents = ['0', 'f'].map((digit) => digit.repeat(64));
    const expected = [models[half]!.score(known.text), models[half]!.score(known.text), models[0]!.score(fresh)];
    expect(
      await fitted.score([
        // In whatever document a text of the sample is.
        { text: known.text, document: documents[0]! },
        { text: known.text, document: documents[1]! },
        { text: fresh, document: documents[0]! },
      ]),
    ).toEqual(expected);
  });
});

const versions = { by: 'random', count: 2 } as const;
const plain = { ...FIELDS, scoreField: undefined };
const score = { by: 'classifier', reference: 'reference.jsonl', buckets: 2 ** 14 } as const;
const documentsOf = (data: PreparedData) =>
  listed(data)
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { id: string; score: number; domain: string });
const scoresOf = (data: PreparedData) =>
  Object.fromEntries(
    documentsOf(data)
      .map(({ id, score: value }) => [id, value] as const)
      .sort(),
  );

/** Two kinds of text, a tenth of them like the reference. */
const pool = Array.from({ length: 120 }, (_, index) => ({
  text: index % 10 === 0 ? formal(`pool ${index}`) : text(`pool ${index}`),
  name: `row-${index}`,
  year: String(2020 + (index % 3)),
  kind: index % 10 === 0 ? 'formal' : 'plain',
}));
const reference = Array.from({ length: 60 }, (_, index) => ({ text: formal(`reference ${index}`) }));

function corpus(rows: readonly object[] = pool, like: readonly object[] = reference): string {
  const base = folder();
  write(base, { 'rows.jsonl': jsonl(rows), 'reference.jsonl': jsonl(like) });
  return base;
}

describe('data.score { by: "classifier" }', () => {
  test('documents like the reference score above all others, in whatever order files are read', async () => {
    const base = corpus();
    const config: DataConfig = { sources: [plain], versions, score };
    const { data } = await prepare(base, config);
    const likes = documentsOf(data);
    const lowest = Math.min(...likes.filter(({ domain }) => domain === 'formal').map((one) => one.score));
    for (const { domain, score: value } of likes) if (domain === 'plain') expect(value).toBeLessThan(lowest);
    expect(data.classifier).toMatchObject({
      reference: { documents: 60, texts: 60 },
      sample: { documents: 120, texts: 120 },
      removed: { evaluated: 0, shared: 0 },
    });
    expect(data.classifier!.auc).toBeGreaterThan(0.9);
    expect(data.classifier!.overlap).toBeGreaterThan(0.05);

    const other = corpus([...pool].reverse(), [...reference].reverse());
    const { data: again } = await prepare(other, config);
    expect(scoresOf(again)).toEqual(scoresOf(data));
    expect(again.classifier).toEqual(data.classifier);
    expect(again.digest).toBe(data.digest);
    // The bits of all scores, which must be the same on every machine.
    expect(digestJson(scoresOf(data))).toBe('4444f9f9dc8c1a321abb4c2521c5a6bfa08c9e5c42526f0729fc7f45b40f9cce');
    const digests = [{}, { ngrams: [1, 3] }, { sample: 20_000 }].map(
      async (more) => (await prepare(base, { ...config, score: { ...score, ...more } as typeof score })).data.digest,
    );
    expect(new Set(await Promise.all(digests)).size).toBe(3);
  });

  test('a sample that is a small part of the text has documents of both halves', async () => {
    const rows = Array.from({ length: 1000 }, (_, index) => ({
      ...pool[1]!,
      text: text(`${index}`, 3),
      name: `${index}`,
    }));
    const { data } = await prepare(corpus(rows), { sources: [plain], versions, score: { ...score, sample: 14_000 } });
    expect(data.classifier!.sample.documents).toBeLessThan(150);
    expect(data.classifier!.auc).toBeGreaterThan(0.99);
    expect(Math.max(...documentsOf(data).map((one) => one.score))).toBeLessThan(0);
  });

  test('a later version changes no score of an earlier one', async () => {
    const config: DataConfig = { sources: [plain], versions: { by: 'field' }, score };
    const { data: all } = await prepare(corpus(), config);
    const { data: before } = await prepare(corpus(pool.filter(({ year }) => year !== '2022')), config);
    const old = scoresOf(before);
    expect(Object.keys(old).length).toBe(80);
    expect(scoresOf(all)).toMatchObject(old);
  });

  test('text of a validation set informs no score', async () => {
    const base = corpus();
    const own = reference.slice(0, 15);
    write(base, { 'own.jsonl': jsonl([...own, pool[3]!]), 'rest.jsonl': jsonl(reference.slice(15)) });
    const evaluation = [{ name: 'own', files: 'own.jsonl' }];
    const config: DataConfig = { sources: [plain], versions, evaluation, score };
    const { data } = await prepare(base, config);
    // Fifteen texts of the reference, and one of the training text.
    expect(data.classifier!.removed).toEqual({ evaluated: 16, shared: 0 });
    const { data: without } = await prepare(base, { ...config, score: { ...score, reference: 'rest.jsonl' } });
    expect(scoresOf(data)).toEqual(scoresOf(without));
    const { data: leaked } = await prepare(base, { ...config, evaluation: undefined });
    expect(scoresOf(leaked)['row-1']).not.toBe(scoresOf(data)['row-1']);
  });

  test('a reference that is part of the training text is counted, and its documents score as others of their kind', async () => {
    const likes = pool.map((row, index) => ({ ...row, text: formal(`pool ${index}`) }));
    const base = corpus(likes, likes.slice(0, 60));
    const { data } = await prepare(base, { sources: [plain], versions, score });
    expect(data.classifier).toMatchObject({ removed: { shared: 60 }, sample: { documents: 60 } });
    expect(data.classifier!.auc).toBeLessThan(0.65);
    expect(await problemsOf(corpus(pool, pool), { sources: [plain], versions, score })).toMatch(
      /^data\.score: the sample of the training text has 0 different documents of 0 bytes in all without 120 texts that the reference has too, too little/,
    );
  });

  test('too little text is refused, and so are wrong settings', async () => {
    const base = corpus(pool, reference.slice(0, 19));
    const reported = (more: object) => problemsOf(base, { sources: [plain], versions, score: { ...score, ...more } });
    expect(await reported({})).toMatch(
      /^data\.score\.reference: the reference has 19 different documents of \d+ bytes in all, too little for a classifier: it needs 20 of 4096 bytes in all -> Add documents/,
    );
    write(base, { 'long.jsonl': jsonl([{ text: formal('long', 4000) }]) });
    expect(await reported({ reference: 'long.jsonl' })).toMatch(/the reference has 1 different documents of/);
    write(base, { 'empty.jsonl': '' });
    expect(await reported({ reference: 'empty.jsonl' })).toMatch(
      /data\.score\.reference: has no text: empty: empty\.jsonl/,
    );
    expect(await reported({ reference: undefined })).toMatch(/^data\.score\.reference: /);
    expect(await reported({ reference: 'no.txt' })).toMatch(/data\.score\.reference: no file matches "no\.txt"/);
    expect(await reported({ bucket: 8 })).toMatch(/data\.score\.bucket: there is no such setting -> .*buckets/);
    expect(await reported({ buckets: 1000, epochs: 0 })).toMatch(
      /buckets: 1000 is not at least 1024.*\n.*epochs: 0 is/,
    );
    expect(await reported({ buckets: 5000 })).toMatch(/data\.score\.buckets: not a power of two/);
    expect(await reported({ ngrams: [4, 2] })).toMatch(/data\.score\.ngrams: the shortest length is above the longest/);
    expect(await reported({ ngrams: [2] })).toMatch(/data\.score\.ngrams: write the shortest and the longest length/);
  });
});

test('separates documentation from code, in the text of installed packages', async () => {
  const root = path.resolve(import.meta.dirname, '../../../..');
  const [docs, types, source] = [['**/*.md'], ['**/*.d.ts'], ['**/*.js']];
  const data = await prepareData(
    {
      sources: [
        {
          lockfile: 'package-lock.json',
          packages: ['@typescript-eslint/*', 'd3-*', 'semver', 'yargs', 'zod'],
          include: { docs, types, source },
          bytesPerDomain: '60KB',
        },
      ],
      versions: { by: 'random', count: 2 },
      maxDocumentBytes: '1KiB',
      score: {
        by: 'classifier',
        reference: {
          lockfile: 'package-lock.json',
          packages: ['a*', 'c*', 'eslint*', 'f*', 'p*', 't*', 'v*'],
          include: { docs },
          bytesPerDomain: '250KB',
        },
      },
    },
    { context: 128, baseDirectory: root, cacheDirectory: folder() },
  );
  const documents = documentsOf(data);
  const of = (test: (domain: string) => boolean) =>
    documents.filter(({ domain }) => test(domain)).map((one) => one.score);
  const [like, unlike] = [of((domain) => domain === 'docs'), of((domain) => domain !== 'docs')];
  let above = 0;
  for (const a of like) for (const b of unlike) if (a > b) above++;
  expect(like.length).toBeGreaterThan(30);
  expect(above / (like.length * unlike.length)).toBeGreaterThan(0.95);
  // A third of the training text is documentation, which nothing tells from the reference: 5/6 would be perfect.
  expect(data.classifier!.auc).toBeGreaterThan(0.75);
  const shares = data.classifier!.fifths.map((fifth) => fifth.reference);
  expect(shares[0]!).toBeLessThan(0.15);
  expect(shares.at(-1)!).toBeGreaterThan(0.6);
  data.close();
});
