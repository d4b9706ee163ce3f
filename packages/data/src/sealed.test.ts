/** A version is prepared once: what is stored of it stays as it is when a later one arrives. */
import { readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { digestBytes } from '@branchline/core';
import fc from 'fast-check';
import { describe, expect, inject, test } from 'vitest';
import { fixture, prepare } from '../test/corpus.js';
import { folder, jsonl, makeRows, type Row, text, write } from '../test/fixtures.js';
import type { DataConfig } from './config/schema.js';
import { prepareData } from './prepare.js';
import { groupFiles } from './text/groups.js';

const YEARS = ['2020', '2021', '2022', '2023'];
const fields = { domainField: 'kind', idField: 'name', scoreField: 'score' };

/** Rows of four years: the given ones repeat other rows, whole or with a word more. */
function rowsOf(repeated: readonly { readonly of: number; readonly year: number; readonly isWhole: boolean }[]): Row[] {
  const plain = makeRows(80).map((row, index) => ({ ...row, year: YEARS[index % 4]! }));
  const more = repeated.map(({ of, year, isWhole }, index) => {
    const row = plain[of % plain.length]!;
    return { ...row, text: isWhole ? row.text : `${row.text}one more`, name: `more-${index}`, year: YEARS[year]! };
  });
  return [...plain, ...more];
}

const near = { deduplicate: { near: 0.7 }, score: { by: 'ngram' }, maxDocumentBytes: 200 } as const;
const byField: DataConfig = {
  sources: [{ ...fields, files: 'rows.jsonl', versionField: 'year' }],
  versions: { by: 'field' },
};
const bySource = (count: number) => ({
  sources: YEARS.slice(0, count).map((year) => ({ ...fields, files: `${year}.jsonl` })),
  versions: { by: 'source' as const },
});
const CONFIGS: Readonly<Record<string, (count: number) => DataConfig>> = {
  'by field': () => byField,
  'by field, near duplicates, fitted scorer': () => ({ ...byField, ...near }),
  'by source': bySource,
  'by source, near duplicates, fitted scorer, a validation set': (count) => ({
    ...bySource(count),
    ...near,
    evaluation: [{ name: 'aside', files: 'aside.jsonl', near: 0.8 }],
  }),
};

/** Writes the first `count` years. */
function arrive(base: string, rows: readonly Row[], count: number): void {
  const years = YEARS.slice(0, count);
  write(base, { 'rows.jsonl': jsonl(rows.filter(({ year }) => years.includes(year))) });
  for (const year of years) write(base, { [`${year}.jsonl`]: jsonl(rows.filter((row) => row.year === year)) });
  write(base, { 'aside.jsonl': jsonl(makeRows(8).map((row) => ({ ...row, text: `${row.text}aside` }))) });
}

/** Files of a folder of the cache: name, inode, time and content. */
function filesIn(base: string, name: 'shards' | 'parts' | 'read'): string[] {
  const directory = path.join(base, 'cache', name);
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .map((file) => {
      const { ino, mtimeMs } = statSync(file);
      return `${path.relative(directory, file)} ${ino} ${mtimeMs} ${digestBytes(readFileSync(file))}`;
    });
}

describe('versions that arrive one after another', () => {
  const repeat = fc.record({ of: fc.nat(79), year: fc.nat(3), isWhole: fc.boolean() });
  test.each(Object.keys(CONFIGS))('%s: as prepared at once, and earlier files stay', async (name) => {
    await fc.assert(
      fc.asyncProperty(fc.array(repeat, { maxLength: 20 }), async (repeats) => {
        const rows = rowsOf(repeats);
        const base = folder();
        const before: string[] = [];
        const messages: string[][] = [];
        for (const count of inject('full') ? [1, 2, 3, 4] : [2, 4]) {
          arrive(base, rows, count);
          const { data, progress } = await prepare(base, CONFIGS[name]!(count));
          data.close();
          const files = (['shards', 'parts', 'read'] as const).flatMap((one) => filesIn(base, one));
          expect(files).toEqual(expect.arrayContaining(before));
          before.splice(0, before.length, ...files);
          messages.push(progress.filter(({ stage }) => stage === 'pack').map(({ message }) => message));
        }
        // Nothing of an earlier version is packed again.
        expect(messages.at(-1)!.join()).toMatch(/text of version 4/);
        expect(messages.at(-1)!.join()).not.toMatch(/text of version [12]|validation/);
        const fresh = folder();
        arrive(fresh, rows, 4);
        const { data } = await prepare(fresh, CONFIGS[name]!(4));
        const { data: grown } = await prepare(base, CONFIGS[name]!(4));
        expect(grown.digest).toBe(data.digest);
        expect(grown.account).toEqual(data.account);
        const all = Uint32Array.from({ length: data.sequences }, (_, id) => id);
        expect(grown.contentOf(all)).toEqual(data.contentOf(all));
        expect(grown.read(all)).toEqual(data.read(all));
        for (const one of [data, grown]) one.close();
      }),
      { numRuns: inject('full') ? 8 : 1, seed: 1 },
    );
  });

  test('only a new file is read: large files and those of other sources are kept', async () => {
    const base = folder();
    const large = (name: string) =>
      jsonl(Array.from({ length: 40 }, (_, index) => ({ text: text(`${name} ${index}`, 700), m: name })));
    for (const name of ['a', 'b', 'c']) write(base, { [`in/${name}.jsonl`]: large(name) });
    const config: DataConfig = { sources: [{ files: 'in/*.jsonl', versionField: 'm' }], versions: { by: 'field' } };
    (await prepare(base, config)).data.close();
    const before = filesIn(base, 'read');
    expect(before).toHaveLength(9);
    write(base, { 'in/d.jsonl': large('d') });
    const { data } = await prepare(base, config);
    const after = filesIn(base, 'read');
    expect(after).toHaveLength(12);
    expect(after).toEqual(expect.arrayContaining(before));
    expect(data.versions.map(({ name }) => name)).toEqual(['a', 'b', 'c', 'd']);
    data.close();
  });

  test('corpora of the same text share its shards', async () => {
    const base = fixture();
    const first = await prepare(base, byField);
    const count = filesIn(base, 'shards').length;
    // Other held-out text, the same training text.
    const second = await prepare(base, { ...byField, heldOut: { sequences: 31 } });
    expect(second.data.directory).not.toBe(first.data.directory);
    expect(second.data.versions).toEqual(first.data.versions);
    expect(filesIn(base, 'shards').length).toBeLessThan(2 * count);
    // One is deleted, as a user may: the other is whole.
    rmSync(first.data.directory, { recursive: true });
    const again = await prepare(base, { ...byField, heldOut: { sequences: 31 } });
    expect(again.progress.map(({ stage }) => stage)).toEqual(['find', 'verify']);
    for (const { data } of [first, second, again]) data.close();
  });
});

test('shards that no corpus lists are removed after a week, others stay', async () => {
  const base = fixture();
  const { data } = await prepare(base, byField);
  data.close();
  const old = Date.now() / 1000 - 8 * 86_400;
  const shards = path.join(base, 'cache', 'shards');
  write(shards, { [digestBytes('old')]: 'old', [digestBytes('new')]: 'new' });
  for (const name of readdirSync(shards))
    if (name !== digestBytes('new')) utimesSync(path.join(shards, name), old, old);
  const before = readdirSync(shards);
  (await prepare(base, { ...byField, seed: 1 })).data.close();
  const after = new Set(readdirSync(shards));
  expect(before.filter((name) => !after.has(name))).toEqual([digestBytes('old')]);
  // Of a later release, perhaps: what it lists is not known.
  write(path.join(base, 'cache', 'other'), { 'manifest.json': '{}' });
  write(shards, { [digestBytes('old')]: 'old' });
  utimesSync(path.join(shards, digestBytes('old')), old, old);
  (await prepare(base, { ...byField, seed: 2 })).data.close();
  expect(readdirSync(shards)).toContain(digestBytes('old'));
});

describe('what was read', () => {
  const config: DataConfig = { ...byField, ...near };
  const setUp = async () => {
    const base = folder();
    arrive(base, rowsOf([]), 4);
    const { data } = await prepare(base, config);
    data.close();
    rmSync(data.directory, { recursive: true });
    const [entry] = readdirSync(path.join(base, 'cache', 'read')).filter((name) => !name.endsWith('.json'));
    return { base, digest: data.digest, entry: path.join(base, 'cache', 'read', entry!) };
  };

  test.each(['entry.json', 'pieces.parquet', 'signatures.bin', 'tokens.bin'])('damage to %s is found', async (name) => {
    const { base, digest, entry } = await setUp();
    const file = path.join(entry, name);
    const bytes = readFileSync(file);
    bytes[Math.floor(bytes.length / 2)]! ^= 1;
    writeFileSync(file, bytes);
    // Tokens are needed where text is packed.
    for (const one of ['shards', 'parts']) rmSync(path.join(base, 'cache', one), { recursive: true });
    const { data, progress } = await prepare(base, config);
    expect(progress.find(({ stage }) => stage === 'damaged')!.message).toBe(
      `${entry} is damaged; reading its files again`,
    );
    expect(data.digest).toBe(digest);
    expect((await prepare(base, config)).progress.map(({ stage }) => stage)).toEqual(['find', 'verify']);
    data.close();
  });

  test('all of it can be deleted: the files are read again, and nothing is packed', async () => {
    const { base, digest, entry } = await setUp();
    rmSync(path.dirname(entry), { recursive: true });
    const { data, progress } = await prepare(base, config);
    expect(data.digest).toBe(digest);
    expect(progress.some(({ stage }) => stage === 'pack')).toBe(false);
    data.close();
  });

  test('small files are grouped, and a change of one changes its group only', () => {
    const fileOf = (index: number, change = '') => ({
      ...{
        path: '',
        name: `${index}`,
        format: 'text' as const,
        domain: '',
        bytes: index % 97 === 0 ? 2 ** 21 : 40_000,
      },
      digest: digestBytes(`${index}${change}`),
    });
    const files = Array.from({ length: 2000 }, (_, index) => fileOf(index));
    const groups = groupFiles(files);
    expect(groups.flat()).toEqual(files);
    expect(groups.length).toBeGreaterThan(40);
    expect(groups.length).toBeLessThan(200);
    expect(
      groups.filter((group) => group.some(({ bytes }) => bytes > 2 ** 20)).every(({ length }) => length === 1),
    ).toBe(true);
    const known = new Set(groups.map((group) => JSON.stringify(group)));
    for (const changed of [
      [...files.slice(0, 700), fileOf(5000), ...files.slice(700)],
      files.map((file, index) => (index === 700 ? fileOf(700, '!') : file)),
    ])
      expect(groupFiles(changed).filter((group) => !known.has(JSON.stringify(group))).length).toBeLessThan(4);
  });
});

test('a failure between two parts loses none that is complete', async () => {
  const base = folder();
  arrive(base, rowsOf([]), 4);
  const call = prepareData(byField, {
    ...{ context: 32, baseDirectory: base, cacheDirectory: path.join(base, 'cache') },
    onProgress: ({ message }) => {
      if (message.includes('train text of version 3')) throw new Error('stop');
    },
  });
  await expect(call).rejects.toThrow('stop');
  const before = ['shards', 'parts', 'read'] as const;
  const kept = before.flatMap((one) => filesIn(base, one));
  expect(filesIn(base, 'parts')).toHaveLength(2);
  const { data, progress } = await prepare(base, byField);
  expect(before.flatMap((one) => filesIn(base, one))).toEqual(expect.arrayContaining(kept));
  const packed = progress.filter(({ stage }) => stage === 'pack').map(({ message }) => message);
  expect(packed.join()).not.toMatch(/train text of version [12]/);
  const fresh = folder();
  arrive(fresh, rowsOf([]), 4);
  expect((await prepare(fresh, byField)).data.digest).toBe(data.digest);
});
