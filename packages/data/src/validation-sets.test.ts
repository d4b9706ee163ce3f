/** Validation sets: text of the user's own that is never trained on. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { allHeldOut, digestBytes } from '@branchline/core';
import { describe, expect, test } from 'vitest';
import { FIELDS, fixture, listed, prepare, problemsOf, range, rejoin, rows } from '../test/corpus.js';
import { convert, folder, jsonl, makeRows, text, write } from '../test/fixtures.js';
import type { DataConfig } from './config/schema.js';
import type { PreparedData } from './index.js';

const versions = { by: 'field' } as const;
const config: DataConfig = { sources: [FIELDS], versions, score: 'field' };
const fresh = Array.from({ length: 12 }, (_, index) => ({ text: text(`fresh ${index}`, 6), kind: `k${index % 2}` }));

/** Everything that training reads, and the held-out text. */
function view(data: PreparedData) {
  const parts = data.versions.map(({ index }) => ({ version: index }));
  return {
    versions: data.versions,
    domains: data.domains,
    orders: (['shuffled', 'ascending'] as const).map((by) => {
      const { ids } = data.order({ parts, order: { by }, seed: 3 });
      return [digestBytes(data.contentOf(ids)), digestBytes(Uint8Array.from(ids))];
    }),
    heldOut: data.evaluationSets(),
  };
}

/** All training and held-out text, documents separated by zeros. */
function textOf(data: PreparedData, split: 'train' | 'held-out'): string {
  const groups = split === 'train' ? data.groups.map(({ first, count }) => range(first, count)) : [];
  const heldOut = split === 'held-out' ? allHeldOut(data).parts.map(({ sequences }) => sequences) : [];
  return [...groups, ...heldOut].map((ids) => rejoin(data, ids)).join('\0');
}

function setText(data: PreparedData, place = 0): string {
  const { parts } = data.validationSets()[place]!;
  return parts.map(({ sequences }) => rejoin(data, sequences)).join('\0');
}

const sum = (values: readonly number[]) => values.reduce((all, value) => all + value, 0);

/** Bytes that are not accounted for. */
function missing({ account: { read, duplicate, repeated, heldOut, train, removed } }: PreparedData): number {
  return read - sum([duplicate, repeated, heldOut, train, removed?.bytes ?? 0]);
}

describe('a set that shares no text with the sources', () => {
  test('changes nothing of what is trained on and held out', async () => {
    const base = fixture();
    write(base, { 'own.jsonl': jsonl(fresh) });
    const { data: without } = await prepare(base, config);
    const own = { name: 'own', files: 'own.jsonl', domainField: 'kind', near: 0.7 };
    const { data } = await prepare(base, { ...config, evaluation: [own] });
    expect(without.validationSets()).toEqual([]);
    expect(view(data)).toEqual(view(without));
    expect(data.digest).not.toBe(without.digest);
    const [set] = data.validationSets();
    expect(set).toMatchObject({ name: 'own', removed: { documents: 0, bytes: 0 } });
    expect(set!.parts.map(({ version, domain }) => [version, domain])).toEqual([
      [0, 'k0'],
      [0, 'k1'],
    ]);
    // No text is lost but what does not fill the last sequence of a domain.
    for (const part of set!.parts) {
      const joined = rejoin(data, part.sequences);
      const documents = joined.split('\0');
      for (const document of documents.slice(0, -1)) expect(fresh.map((row) => row.text)).toContain(document);
      expect(documents.length).toBeGreaterThan(5);
      expect(part.bytes).toBe(Buffer.byteLength(joined.slice(1).replaceAll('\0', '')));
    }
    expect(data.sequence(data.sequences - 1)).toMatchObject({ version: 0, split: 'validation', domain: 'k1' });
    expect(() => data.reorder(set!.parts[0]!.sequences, { by: 'shuffled' }, 1)).toThrow(RangeError);
  });

  test('is read by every reader, also from a folder below a source', async () => {
    const base = fixture();
    const lines = jsonl(fresh);
    write(base, {
      'own.jsonl': lines,
      'own.jsonl.gz': gzipSync(lines),
      ...Object.fromEntries(fresh.map((row, index) => [`texts/${index}.txt`, row.text])),
    });
    await convert(path.join(base, 'own.jsonl'), path.join(base, 'own.parquet'), '(FORMAT parquet)');
    const files = ['own.jsonl', 'own.jsonl.gz', 'own.parquet', 'texts'];
    const evaluation = files.map((name) => ({ name, files: name }));
    const { data } = await prepare(base, { ...config, evaluation });
    const texts = files.map((_, place) => setText(data, place));
    // A text file has another id, but the digest of the text comes first in the order of documents.
    expect(new Set(texts).size).toBe(1);
    expect(texts[0]!.length).toBeGreaterThan(1000);
    const digests = data.validationSets().map(({ digest }) => digest);
    expect(new Set(digests).size).toBe(files.length);
    const entries = listed(data).trim().split('\n');
    const documents = entries.map((line) => JSON.parse(line) as { set?: string; version: number; split: string });
    expect(documents.filter(({ set }) => set === 'texts')).toHaveLength(fresh.length);
    expect(documents.every(({ set, split, version }) => (set === undefined) === version > 0 && split !== '')).toBe(
      true,
    );
  });

  test('is cut to its number of sequences, spread over its domains', async () => {
    const base = fixture();
    write(base, { 'own.jsonl': jsonl(fresh) });
    const own = { name: 'own', files: 'own.jsonl', domainField: 'kind' };
    const counts = async (sequences?: number) => {
      const { data } = await prepare(base, { ...config, evaluation: [{ ...own, sequences }] });
      return data.validationSets()[0]!.parts.map((part) => part.sequences.length);
    };
    const all = await counts();
    expect(await counts(10)).toEqual([5, 5]);
    expect(await counts(100_000)).toEqual(all);
    expect(sum(all)).toBeGreaterThan(50);
  });
});

describe('text that is also in a set', () => {
  const copied = [3, 4, 5, 40, 41, 42, 90].map((index) => rows[index]!);
  const inSet = (data: PreparedData) =>
    copied.filter((row) => [textOf(data, 'train'), textOf(data, 'held-out')].some((all) => all.includes(row.text)));

  test.each<[string, Partial<DataConfig>]>([
    ['versions by field', {}],
    ['random versions', { versions: { by: 'random', count: 2 } }],
    ['all duplicates kept', { deduplicate: 'none' }],
    ['near duplicates removed', { deduplicate: { near: 0.7 } }],
    ['noise', { sources: [{ ...FIELDS, corrupt: { share: [0, 0.5] } }] }],
  ])('is neither trained on nor held out: %s', async (_, change) => {
    // Two copies of one document: both are removed.
    const base = fixture([...rows, { ...rows[3]!, name: 'again', year: '2022' }]);
    write(base, { 'own.jsonl': jsonl([...copied, ...fresh]), 'none.jsonl': jsonl(fresh) });
    const { data: before } = await prepare(base, { ...config, ...change });
    const evaluation = [
      { name: 'none', files: 'none.jsonl' },
      { name: 'own', files: 'own.jsonl' },
    ];
    const { data } = await prepare(base, { ...config, ...change, evaluation });
    if (_ !== 'noise') expect(inSet(before).length).toBeGreaterThan(4);
    expect(inSet(data)).toEqual([]);
    const bytes = sum([...copied, rows[3]!].map((row) => Buffer.byteLength(row.text)));
    expect(data.validationSets().map(({ removed }) => removed)).toEqual([
      { documents: 0, bytes: 0 },
      { documents: copied.length + 1, bytes },
    ]);
    expect(data.account.removed).toEqual({ documents: copied.length + 1, bytes });
    expect(before.account.removed).toBeUndefined();
    expect([missing(before), missing(data)]).toEqual([0, 0]);
  });

  test('counts for each of two sets, and once in all', async () => {
    const base = fixture();
    write(base, { 'own.jsonl': jsonl([...copied, ...fresh]) });
    const evaluation = ['a', 'b'].map((name) => ({ name, files: 'own.jsonl' }));
    const { data } = await prepare(base, { ...config, evaluation });
    const [a, b] = data.validationSets();
    expect(a!.removed).toEqual(b!.removed);
    expect(data.account.removed).toEqual(a!.removed);
    expect(missing(data)).toBe(0);
  });

  test('is removed piece by piece from longer documents, and the rest is trained on', async () => {
    // A document is cut after the last line that fits: here exactly after its opening.
    const opening = (index: number) => `${text(`opening ${index}`, 6).replaceAll('ä', 'a').padEnd(500, 'x')}\n`;
    const long = Array.from({ length: 24 }, (_, index) => ({
      ...rows[0]!,
      name: `long ${index}`,
      text: `${opening(index)}${text(`rest ${index}`, 6)}`,
    }));
    const base = fixture([...rows, ...long]);
    write(base, { 'own.jsonl': jsonl(long.slice(0, 12).map((_, index) => ({ text: opening(index) }))) });
    const change = { maxDocumentBytes: Buffer.byteLength(opening(0)), heldOut: 0.05 };
    const { data } = await prepare(base, { ...config, ...change, evaluation: [{ name: 'own', files: 'own.jsonl' }] });
    const [train, heldOut] = [textOf(data, 'train'), textOf(data, 'held-out')];
    const copies = long.slice(0, 12).filter((_, index) => !heldOut.includes(`rest ${index}\n`));
    expect(copies.length).toBeGreaterThan(6);
    const { documents, bytes } = data.validationSets()[0]!.removed;
    expect([documents, bytes]).toEqual([copies.length, copies.length * change.maxDocumentBytes]);
    const trained = (of: (index: number) => string) => long.filter((_, index) => train.includes(of(index))).length;
    expect(long.slice(0, 12).filter((_, index) => train.includes(opening(index)))).toEqual([]);
    expect(trained(opening)).toBeGreaterThan(6);
    expect(trained((index) => `rest ${index}\n`)).toBeGreaterThan(15);
    expect(missing(data)).toBe(0);
  });

  test('is removed on request if it is only similar', async () => {
    const model = Array.from({ length: 8 }, (_, index) => text(`model ${index}`, 40));
    const similar = model.map((one, index) => `${one}and one more line, number ${index}\n`);
    const base = fixture([...rows, ...similar.map((one, index) => ({ ...rows[0]!, name: `s${index}`, text: one }))]);
    write(base, { 'own.jsonl': jsonl(model.map((one) => ({ text: one }))) });
    const removed = async (near?: number) => {
      const evaluation = [
        { name: 'exact', files: 'own.jsonl' },
        { name: 'own', files: 'own.jsonl', near },
      ];
      const { data } = await prepare(base, { ...config, evaluation });
      expect(missing(data)).toBe(0);
      return data.validationSets().map((set) => set.removed.documents);
    };
    expect(await removed()).toEqual([0, 0]);
    expect(await removed(0.8)).toEqual([0, similar.length]);
  });

  test('leaves earlier versions as they are when a later version arrives', async () => {
    const evaluation = [{ name: 'own', files: 'own.jsonl', near: 0.8 }];
    const data = async (years: readonly string[]) => {
      const base = fixture(rows.filter(({ year }) => years.includes(year)));
      write(base, { 'own.jsonl': jsonl([...copied, ...fresh]) });
      return (await prepare(base, { ...config, evaluation })).data;
    };
    const contents = (of: PreparedData, version: number) =>
      digestBytes(of.contentOf(of.order({ parts: [{ version }], order: { by: 'ascending' }, seed: 1 }).ids));
    const all = await data(['2020', '2021', '2022']);
    const first = await data(['2020', '2021']);
    expect([1, 2].map((version) => contents(all, version))).toEqual([1, 2].map((version) => contents(first, version)));
    expect(
      all
        .evaluationSets()
        .map(({ digest }) => digest)
        .slice(0, 2),
    ).toEqual(first.evaluationSets().map(({ digest }) => digest));
    expect(all.validationSets()[0]!.digest).toBe(first.validationSets()[0]!.digest);
  });
});

test('the cache key covers name, files and settings of a set, and not the place of its files', async () => {
  const key = async (own: object, place = 'own.jsonl', lines = fresh) => {
    const base = fixture();
    write(base, { [place]: jsonl(lines) });
    const evaluation = [{ name: 'own', files: place, ...own }];
    return path.basename((await prepare(base, { ...config, evaluation })).data.directory);
  };
  const keys = await Promise.all([
    key({}),
    key({ name: 'other' }),
    key({ near: 0.8 }),
    key({ sequences: 5 }),
    key({ domain: 'x' }),
    key({}, 'own.jsonl', fresh.slice(1)),
  ]);
  expect(new Set(keys).size).toBe(keys.length);
  expect(await key({})).toBe(keys[0]);
  const base = fixture();
  const plain = await prepare(base, config);
  const empty = await prepare(base, { ...config, evaluation: [] });
  expect(empty.data.directory).toBe(plain.data.directory);
});

describe('problems', () => {
  const wrong = (evaluation: unknown, base = fixture()) => problemsOf(base, { ...config, evaluation });

  test('of the settings carry their place', async () => {
    const files = 'rows.jsonl';
    const found = await wrong([
      { name: 'a', files, versionField: 'year' },
      { name: 'a', files },
      { files },
      { name: 'b', files, near: 2 },
      { name: 'c', files: [] },
      { name: 'd', files, sequences: 0 },
    ]);
    for (const start of [
      'data.evaluation[0].versionField: there is no such setting',
      'data.evaluation[2].name: give the set a name',
      'data.evaluation[3].near: 2 is not at most 1',
      'data.evaluation[4].files: Too small',
      'data.evaluation[5].sequences: 0 is not at least 1',
    ])
      expect(found).toContain(start);
    expect(
      await wrong([
        { name: 'a', files },
        { name: ' a', files },
      ]),
    ).toBe('data.evaluation[1].name: another validation set is called "a" too -> Correct it in the experiment.');
    expect(await wrong({ name: 'a', files })).toContain('data.evaluation: write a list of validation sets in [ ]');
  });

  test('of too little text say what the sets removed', async () => {
    const found = await wrong([{ name: 'all', files: 'rows.jsonl' }]);
    expect(found).toContain('data.versions: too little text');
    expect(found).toContain(
      'data.evaluation: all 160 documents of the sources are also in a validation set, so they were removed',
    );
    const most = fixture();
    write(most, { 'most.jsonl': jsonl(rows.filter(({ year }) => year === '2021')) });
    expect(await wrong([{ name: 'most', files: 'most.jsonl' }], most)).toMatch(
      /^data.versions: too little .*\ndata.evaluation: 5\d of 160 documents of the sources are also in a validation set/,
    );
  });

  test('of the files carry their place, and all are listed', async () => {
    const base = fixture();
    write(base, { 'broken.jsonl': '{"text": "a"}\n{"text": \n', 'short.txt': 'short', 'b.pdf': 'x' });
    const missingFiles = [
      { name: 'a', files: 'missing/*.txt' },
      { name: 'b', files: 'b.pdf' },
      { name: 'c', files: 'rows.jsonl', textField: 'body' },
    ];
    const found = await wrong(missingFiles, base);
    expect(found).toContain('data.evaluation[0].files: no file matches "missing/*.txt"');
    expect(found).toContain('data.evaluation[1].files: neither text nor JSONL nor Parquet: b.pdf');
    expect(await wrong(missingFiles.slice(2), base)).toContain('data.evaluation[0].textField: 160 of 160 documents');
    expect(await wrong([{ name: 'a', files: 'broken.jsonl' }], base)).toContain('data.evaluation[0]: broken.jsonl ');
    expect(await wrong([{ name: 'a', files: 'short.txt' }], base)).toMatch(
      /^data.evaluation\[0\].files: the validation set "a" has 6 tokens, which fill no sequence of 32 -> Add text/,
    );
  });
});

test('a damaged corpus with a validation set is rebuilt', async () => {
  const base = folder();
  write(base, { 'rows.jsonl': jsonl(makeRows(60)), 'own.jsonl': jsonl(fresh) });
  const own: DataConfig = { ...config, evaluation: [{ name: 'own', files: 'own.jsonl' }] };
  const { data } = await prepare(base, own);
  const file = path.join(data.directory, 'manifest.json');
  const manifest = readFileSync(file, 'utf8');
  write(data.directory, { 'manifest.json': manifest.replace('"set": "own"', '"set": "owl"') });
  const again = await prepare(base, own);
  expect(again.progress.some(({ stage }) => stage === 'damaged')).toBe(true);
  expect(again.data.validationSets()).toEqual(data.validationSets());
});
