/** A version depends on its own text and on earlier versions, never on later ones. */
import { digestBytes, type OrderBy } from '@branchline/core';
import fc from 'fast-check';
import { describe, expect, inject, test } from 'vitest';
import { fixture, prepare } from '../../test/corpus.js';
import { folder, jsonl, makeRows, type Row, text, write } from '../../test/fixtures.js';
import type { DataConfig } from '../config/schema.js';
import type { PreparedData } from '../sequences/prepared.js';

const VERSIONS = ['2020', '2021', '2022', '2023'];

/**
 * Rows of four versions: new documents, copies of earlier and later ones, near copies, and long documents that begin
 * like others.
 */
function rowsOf(choices: readonly { readonly kind: number; readonly of: number; readonly version: number }[]): Row[] {
  const plain = makeRows(96).map((row, index) => ({ ...row, year: VERSIONS[index % 4]! }));
  const more = choices.map(({ kind, of, version }, index): Row => {
    const model = plain[of % plain.length]!;
    const changed = [
      model.text,
      `${model.text}one more word\n`,
      `${text(`release ${of % 5}`, 14)}release ${index}\n`,
      text(`extra ${index}`, 6),
    ][kind % 4]!;
    return { ...model, text: changed, name: `more-${index}`, year: VERSIONS[version % 4]! };
  });
  return [...plain, ...more];
}

const ORDERS: readonly OrderBy[] = [
  { by: 'shuffled' },
  { by: 'ascending' },
  { by: 'descending', domains: 'together' },
  { by: 'finish', best: 0.3 },
  { by: 'folded', folds: 2, direction: 'ascending' },
  { by: 'interleaved', buckets: 3, direction: 'descending' },
];

/** Everything that training and evaluation can read of the first versions. */
function view(data: PreparedData, count: number) {
  const versions = data.versions.slice(0, count);
  const parts = versions.map(({ index }) => ({ version: index }));
  const contents = (ids: Uint32Array) => digestBytes(data.contentOf(ids));
  const orders = data.scored ? ORDERS : ORDERS.slice(0, 1);
  return {
    versions,
    heldOut: data.evaluationSets().filter(({ parts: of }) => of[0]!.version <= count),
    scores: parts.map((part) => [
      ...data.order({ parts: [part], order: { by: 'shuffled' }, seed: 1 }).ids.map((id) => data.score(id)),
    ]),
    orders: orders.flatMap((order) => [
      contents(data.order({ parts, order, seed: 5 }).ids),
      ...parts.map((part) => contents(data.order({ parts: [{ ...part, sequences: 3 }], order, seed: 5 }).ids)),
    ]),
  };
}

const heldOutOf = ({ heldOut, ...rest }: ReturnType<typeof view>) => ({
  ...rest,
  // Ids of held-out sequences come after all training ids; their content is in the digest.
  heldOut: heldOut.map(({ digest, parts }) => ({ digest, parts: parts.map(({ domain, bytes }) => [domain, bytes]) })),
});

const source = { files: 'rows.jsonl', domainField: 'kind', idField: 'name' };
const years = { ...source, versionField: 'year' };
const bySource = VERSIONS.map((year) => ({ ...source, files: `${year}.jsonl` }));

/** The first `count` versions as files on disk, or fewer. */
function arrive(rows: readonly Row[], count: number): string {
  const base = fixture(rows.filter(({ year }) => VERSIONS.indexOf(year) < count));
  for (const year of VERSIONS) write(base, { [`${year}.jsonl`]: jsonl(rows.filter((row) => row.year === year)) });
  // A part of the text, and other text.
  const reference = [...rows.slice(0, 12), ...makeRows(40).map((row) => ({ text: row.text.toUpperCase() }))];
  write(base, { 'reference.jsonl': jsonl(reference) });
  return base;
}

const configs: Readonly<Record<string, (count: number) => DataConfig>> = {
  'by field': () => ({ sources: [years], versions: { by: 'field' } }),
  'by field, capped, scored': () => ({
    sources: [{ ...years, scoreField: 'score' }],
    versions: { by: 'field', tokens: 1200 },
    maxDocumentBytes: 200,
  }),
  'by field, near duplicates, diversity': () => ({
    sources: [years],
    versions: { by: 'field' },
    deduplicate: { near: 0.7 },
    score: 'diversity',
  }),
  'by source, fitted scorer': (count) => ({
    sources: bySource.slice(0, count),
    versions: { by: 'source' },
    score: { by: 'ngram' },
    maxDocumentBytes: 300,
  }),
  'by source, classifier': (count) => ({
    sources: bySource.slice(0, count),
    versions: { by: 'source' },
    score: { by: 'classifier', reference: { files: 'reference.jsonl' }, buckets: 2 ** 12 },
    maxDocumentBytes: 300,
  }),
  'by source, all duplicates kept': (count) => ({
    sources: bySource.slice(0, count),
    versions: { by: 'source' },
    deduplicate: 'none',
    score: 'compression',
  }),
};

describe('a version does not change when a later one arrives', () => {
  const choice = fc.record({ kind: fc.nat(3), of: fc.nat(95), version: fc.nat(3) });
  test.each(Object.keys(configs))('%s', async (name) => {
    const config = configs[name]!;
    await fc.assert(
      fc.asyncProperty(fc.array(choice, { minLength: 4, maxLength: 40 }), async (choices) => {
        const rows = rowsOf(choices);
        const { data: all } = await prepare(arrive(rows, 4), config(4));
        for (const count of inject('full') ? [1, 2, 3] : [3]) {
          const { data } = await prepare(arrive(rows, count), config(count));
          expect(heldOutOf(view(all, count))).toEqual(heldOutOf(view(data, count)));
          data.close();
        }
        all.close();
      }),
      { numRuns: inject('full') ? 12 : 2, seed: 1 },
    );
  });
});

// Domains are ordered as text, so 9 comes after 10 and 20.
test.each([
  ['code', 'prose', 'talk'],
  ['10', '20', '9'],
])('by domain: a new value at the end (%s, %s, %s) is a new version', async (...kinds) => {
  const rows = makeRows(120).map((row, index) => ({ ...row, kind: kinds[index % 3]! }));
  const config: DataConfig = { sources: [source], versions: { by: 'domain' }, score: { by: 'ngram' } };
  const { data: before } = await prepare(fixture(rows.filter(({ kind }) => kind !== kinds[2])), config);
  const { data: after } = await prepare(fixture(rows), config);
  expect(heldOutOf(view(after, 2))).toEqual(heldOutOf(view(before, 2)));
});

test('a document that repeats a piece of an earlier version is not held out, so the earlier version keeps it', async () => {
  // Every later document begins with a piece of an earlier one, and half of all documents are held out.
  const opening = (index: number) => text(`opening ${index}`, 10);
  const before = Array.from({ length: 30 }, (_, index) => ({
    text: `${opening(index)}first ${index}\n`,
    year: '2020',
  }));
  const after = before.map(({ text: old }, index) => ({ text: `${opening(index)}${old}later`, year: '2021' }));
  const fresh = Array.from({ length: 30 }, (_, index) => ({ text: text(`fresh ${index}`, 20), year: '2021' }));
  const base = folder();
  const config: DataConfig = {
    sources: [{ files: 'all.jsonl', versionField: 'year' }],
    versions: { by: 'field' },
    heldOut: 0.5,
    maxDocumentBytes: Buffer.byteLength(opening(0)) + 20,
  };
  write(base, { 'all.jsonl': jsonl(before) });
  const { data: alone } = await prepare(base, config);
  write(base, { 'all.jsonl': jsonl([...before, ...after, ...fresh]) });
  const { data } = await prepare(base, config);
  expect(heldOutOf(view(data, 1))).toEqual(heldOutOf(view(alone, 1)));
});

test('a document like two unlike earlier ones leaves both in place', async () => {
  const long = (name: string) => text(name, 30);
  const filler = (year: string) =>
    Array.from({ length: 12 }, (_, index) => ({ text: text(`${year} ${index}`, 12), year }));
  const first = Array.from({ length: 6 }, (_, index) => ({ text: long(`a${index}`), year: '2020' }));
  const second = Array.from({ length: 6 }, (_, index) => ({ text: long(`b${index}`), year: '2021' }));
  const bridges = first.map((row, index) => ({ text: `${row.text}${second[index]!.text}`, year: '2022' }));
  const config: DataConfig = {
    sources: [{ files: 'rows.jsonl', versionField: 'year' }],
    versions: { by: 'field' },
    deduplicate: { near: 0.3 },
  };
  const earlier = [...first, ...filler('2020'), ...second, ...filler('2021')];
  const rows = [...earlier, ...bridges, ...filler('2022')];
  const base = folder();
  write(base, { 'rows.jsonl': jsonl(earlier) });
  const { data: before } = await prepare(base, config);
  write(base, { 'rows.jsonl': jsonl(rows) });
  const { data: after } = await prepare(base, config);
  expect(heldOutOf(view(after, 2))).toEqual(heldOutOf(view(before, 2)));
  const read = (version: number) => after.versions[version - 1]!.documents;
  expect(read(3)).toBeLessThanOrEqual(12);
});
