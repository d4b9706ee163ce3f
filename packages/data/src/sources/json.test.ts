/** JSON as people have it: each value is read as what it is, or refused with its line and a remedy. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, inject, test } from 'vitest';
import { listed, prepare, problemsOf } from '../../test/corpus.js';
import { folder, jsonl, makeRows, write, zstd } from '../../test/fixtures.js';
import type { DataConfig } from '../config/schema.js';
import type { PreparedData } from '../sequences/prepared.js';
import { MAX_DOCUMENT } from '../storage/files.js';
import { jsonValues } from './json-values.js';

const rows = makeRows(40);
const versions = { by: 'random', count: 2 } as const;
const read = async (base: string, source: object, more: Partial<DataConfig> = {}) =>
  (await prepare(base, { sources: [source as { files: string }], versions, ...more }, 16)).data;
const refused = (base: string, source: object, more: object = {}) =>
  problemsOf(base, { sources: [source], versions, ...more }, 16);
const names = (data: PreparedData) => data.versions.map(({ name }) => name);

describe('values', () => {
  const wrong: [string, string, unknown][] = [
    ...['text', 'domain', 'version', 'id', 'score'].flatMap((field): [string, string, unknown][] => [
      [field, 'a list', ['x']],
      [field, 'a list', [{ role: 'x', content: 'x' }]],
      [field, 'an object', { a: 1 }],
    ]),
    ['text', 'a number', 5],
    ['text', 'a boolean', true],
    ['text', 'nothing', null],
    ['domain', 'nothing', null],
    ['version', 'nothing', null],
    ['score', 'no number', null],
    ['score', 'no number', 'high'],
    ['score', 'no number', ''],
    ['score', 'no number', '0x10'],
    ['score', 'a boolean', true],
    ['text', 'half a surrogate pair', '\ud800'],
    ['domain', 'half a surrogate pair', 'x\udc00'],
  ];
  test.each(wrong)('no %s: %s, %j', async (field, what, value) => {
    const base = folder();
    const changed = rows.map((row, index) => ({
      ...row,
      value: index === 16 ? value : field === 'score' ? 1 : field === 'text' ? row.text : 'x',
    }));
    write(base, { 'a.jsonl': jsonl(changed) });
    const message = await refused(base, { files: 'a.jsonl', [`${field}Field`]: 'value' });
    expect(message.split('\n')).toHaveLength(1);
    expect(message).toContain(
      `data.sources[0].${field}Field: 1 of 40 documents of a.jsonl have ${what} in "value" (line 17); the first has [text,`,
    );
    const data = await read(base, { files: 'a.jsonl', [`${field}Field`]: 'value', skip: 'bad' });
    expect(data.skipped).toEqual([
      { file: 'a.jsonl', reason: `${what} in "value"`, count: 1, unit: 'line', first: [17] },
    ]);
  });

  test('a path through a list is refused with its place', async () => {
    const base = folder();
    write(base, { 'a.jsonl': jsonl(rows.map(({ text }) => ({ messages: [{ content: text }] }))) });
    expect(await refused(base, { files: 'a.jsonl', textField: 'messages.content' })).toMatch(
      /40 of 40 documents of a\.jsonl have a list in "messages"; .*a dot leads into an object, not into a list/,
    );
  });

  test('numbers, words and text name versions; equal numbers are one', async () => {
    const base = folder();
    const line = (written: string, index: number) =>
      `{"text": ${JSON.stringify(rows[index]!.text)}, "v": ${written}}\n`;
    const versionsOf = async (...written: string[]) => {
      write(base, { 'a.jsonl': rows.map((_, index) => line(written[index % written.length]!, index)).join('') });
      return names(await read(base, { files: 'a.jsonl', versionField: 'v' }, { versions: { by: 'field' } }));
    };
    expect(await versionsOf('1', '1.0', '10e-1', '2', '"2"')).toEqual(['1', '2']);
    expect(await versionsOf('"1.1"', '"1.10"')).toEqual(['1.1', '1.10']);
    expect(await versionsOf('true', 'false')).toEqual(['false', 'true']);
    expect(await versionsOf('9007199254740993', '9007199254740992')).toEqual(['9007199254740992', '9007199254740993']);
  });

  test('scores may be text; NaN and Infinity are read, and are no score', async () => {
    const base = folder();
    write(base, {
      'number.jsonl': jsonl(rows),
      'text.jsonl': jsonl(rows.map((row) => ({ ...row, score: String(row.score) }))),
      'nan.jsonl': jsonl(rows).replaceAll('"year":', '"loss":NaN,"gain":-Infinity,"note":"NaN","year":'),
    });
    const digest = (await read(base, { files: 'number.jsonl', scoreField: 'score' })).digest;
    for (const files of ['text.jsonl', 'nan.jsonl'])
      expect((await read(base, { files, scoreField: 'score' })).digest).toBe(digest);
    for (const scoreField of ['loss', 'gain'])
      expect(await refused(base, { files: 'nan.jsonl', scoreField })).toMatch(/40 of 40 .* have no number in/);
  });

  test('exact numbers and NaN next to long strings with quotes', async () => {
    const base = folder();
    const long = 'say \\"rail\\\\\\" 1234567890123456789, NaN: '.repeat(300_000);
    const line = (row: { text: string }, index: number) =>
      `{"id": ${9007199254740993n + BigInt(index)}, "loss": NaN, "p": 0.12345678901234567, "q": 1e-0000000000000007, "note": "${index === 3 ? long : ''}", "text": ${JSON.stringify(row.text)}}\n`;
    write(base, { 'a.jsonl': rows.map(line).join('') });
    const data = await read(base, { files: 'a.jsonl', idField: 'id' });
    const written = listed(data);
    for (const index of [0, 1, 2, 3]) expect(written).toContain(`"id":"${9007199254740993n + BigInt(index)}"`);
  });

  test('keys are compared exactly', async () => {
    const base = folder();
    write(base, { 'a.jsonl': jsonl(rows.map(({ text }) => ({ Text: 1, text, TEXT: [] }))) });
    write(base, { 'b.jsonl': jsonl(rows.map(({ text }) => ({ text }))) });
    expect((await read(base, { files: 'a.jsonl' })).digest).toBe((await read(base, { files: 'b.jsonl' })).digest);
  });
});

describe('files', () => {
  test('a mark of the encoding is dropped at the start of a file, in every format', async () => {
    const base = folder();
    const list = JSON.stringify(rows, null, 1);
    const lines = jsonl(rows);
    write(base, {
      'plain.jsonl': lines,
      'a.jsonl': `\uFEFF${lines}`,
      'b.jsonl.gz': gzipSync(`\uFEFF${lines}`),
      'c.json': `\uFEFF${list}`,
      'd.json.gz': gzipSync(`\uFEFF${list}`),
      'crlf.jsonl': `\uFEFF${lines.replaceAll('\n', '\r\n')}`,
      'last.jsonl': lines.trimEnd(),
      'blank.jsonl': `\n${lines.replaceAll('\n', '\n\n \n')}`,
      'objects.json': rows.map((row) => JSON.stringify(row, null, 2)).join('\n'),
    });
    write(base, { 'e.jsonl.zst': zstd(`\uFEFF${lines}`), 'f.json.zst': zstd(`\uFEFF${list}`) });
    const digest = (await read(base, { files: 'plain.jsonl' })).digest;
    const files = ['a.jsonl', 'b.jsonl.gz', 'c.json', 'd.json.gz', 'crlf.jsonl', 'last.jsonl', 'blank.jsonl'];
    for (const file of [...files, 'objects.json', 'e.jsonl.zst', 'f.json.zst'])
      expect((await read(base, { files: file })).digest, file).toBe(digest);
  });

  test('U+FEFF anywhere else is text', async () => {
    const base = folder();
    write(base, { 'a.jsonl': jsonl(rows.map((row) => ({ text: `\uFEFF${row.text}` }))), 'b.jsonl': jsonl(rows) });
    expect((await read(base, { files: 'a.jsonl' })).digest).not.toBe((await read(base, { files: 'b.jsonl' })).digest);
    write(base, { 'c.jsonl': jsonl(rows).replace('\n', '\n\uFEFF') });
    expect(await refused(base, { files: 'c.jsonl' })).toMatch(
      /c\.jsonl cannot be read as jsonl: not JSON in line 2 ->/,
    );
  });

  test.each([
    ['not JSON', '{"text": "a"'],
    ['a list instead of an object', '["a"]'],
    ['a text instead of an object', '"a"'],
    ['null instead of an object', 'null'],
    ['not text in UTF-8', Buffer.from([0x7b, 0xff, 0x7d])],
  ])('%s in a line', async (what, line) => {
    const base = folder();
    const lines = jsonl(rows).trimEnd().split('\n');
    const content = [...lines.slice(0, 20), undefined, ...lines.slice(20)];
    const bytes = content.map((one) => Buffer.concat([Buffer.from(one ?? line), Buffer.from('\n')]));
    write(base, { 'a.jsonl': Buffer.concat(bytes), 'good.jsonl': jsonl(rows) });
    expect(await refused(base, { files: 'a.jsonl' })).toBe(
      `data.sources[0]: a.jsonl cannot be read as jsonl: ${what} in line 21 -> Repair the file, or leave it out with ` +
        '"!a.jsonl"; skip: "bad" in the source leaves out bad documents only.',
    );
    const data = await read(base, { files: 'a.jsonl', skip: 'bad' });
    expect(data.digest).toBe((await read(base, { files: 'good.jsonl' })).digest);
    expect(data.skipped).toEqual([{ file: 'a.jsonl', reason: what, count: 1, unit: 'line', first: [21] }]);
  });

  test('what is skipped is counted per file and reason, also from a cached corpus', async () => {
    const base = folder();
    const some = rows.map((row, index) => (index < 8 ? { ...row, text: null, kind: null } : row));
    write(base, { 'a.jsonl': jsonl(some), 'b.jsonl': `${jsonl(rows.slice(0, 8))}{}\n[\n` });
    const config: DataConfig = { sources: [{ files: '*.jsonl', domainField: 'kind', skip: 'bad' }], versions };
    for (const _ of ['first', 'cached']) {
      const { data, progress } = await prepare(base, config, 16);
      expect(data.skipped).toEqual([
        { file: 'a.jsonl', reason: 'nothing in "text"', count: 8, unit: 'line', first: [1, 2, 3, 4, 5] },
        { file: 'b.jsonl', reason: 'nothing in "text"', count: 1, unit: 'line', first: [9] },
        { file: 'b.jsonl', reason: 'not JSON', count: 1, unit: 'line', first: [10] },
      ]);
      expect(progress.filter(({ stage }) => stage === 'skipped').map(({ message }) => message)).toEqual([
        expect.stringMatching(/^skipped 10 documents of 2 files that cannot be read; .*manifest\.json lists them$/),
      ]);
    }
  });

  test('a source of bad documents only is refused, whatever it skips', async () => {
    const base = folder();
    write(base, { 'a.jsonl': jsonl(rows) });
    expect(await refused(base, { files: 'a.jsonl', textField: 'body', skip: 'bad' })).toMatch(
      /40 of 40 documents of a\.jsonl have nothing in "body"/,
    );
  });

  test.runIf(inject('full'))(
    'a line above 16 MiB is read, one above the limit is refused with it',
    async () => {
      const base = folder();
      const line = (bytes: number) => `{"text":"${'long text\\n'.repeat(Math.floor(bytes / 11))}"}\n`;
      write(base, { 'a.jsonl': line(17 * 2 ** 20) + jsonl(rows), 'b.jsonl': line(66 * 2 ** 20) + jsonl(rows) });
      write(base, { 'a.jsonl.zst': zstd(readFileSync(path.join(base, 'a.jsonl'), 'utf8')) });
      const few = { versions: { by: 'random', count: 2, tokens: 1000 } } as const;
      const digest = (await read(base, { files: 'a.jsonl' }, few)).digest;
      expect((await read(base, { files: 'a.jsonl.zst' }, few)).digest).toBe(digest);
      expect(await refused(base, { files: 'b.jsonl' })).toMatch(
        new RegExp(`more than ${MAX_DOCUMENT} bytes \\(the limit of a document\\) in line 1 -> Store longer text`),
      );
      const data = await read(base, { files: 'b.jsonl', skip: 'bad' }, few);
      expect(data.skipped).toMatchObject([{ count: 1, first: [1] }]);
      write(base, { 'b.jsonl.zst': zstd(readFileSync(path.join(base, 'b.jsonl'))) });
      expect(await refused(base, { files: 'b.jsonl.zst' })).toMatch(
        /more than 67108864 bytes .* in line 1 -> Store longer/,
      );
    },
    60_000,
  );

  test('a zstd window above the limit is reported with the limit', async () => {
    const base = folder();
    write(base, { 'a.jsonl.zst': zstd(jsonl(rows), 28) });
    expect(await refused(base, { files: 'a.jsonl.zst' })).toMatch(
      /its zstd window has 268435456 bytes, and the limit is 134217728 -> Compress it with a smaller window/,
    );
  });

  test('broken zstd lines are refused', async () => {
    const base = folder();
    write(base, { 'a.jsonl.zst': zstd(`${jsonl(rows)}{"text"\n`) });
    expect(await refused(base, { files: 'a.jsonl.zst' })).toMatch(/not JSON in line 41/);
    write(base, { 'b.jsonl.zst': zstd(Buffer.concat([Buffer.from(jsonl(rows)), Buffer.from([0xff, 0x0a])])) });
    expect(await refused(base, { files: 'b.jsonl.zst' })).toMatch(
      /b\.jsonl\.zst cannot be read as jsonl: not text in UTF-8 in line 41/,
    );
  });

  test.each(['\n', '\r\n'])('empty lines count in zstd as they do elsewhere: %j', async (end) => {
    const base = folder();
    const lines = jsonl(rows).split('\n').slice(0, -1);
    const content = ['', ...lines.slice(0, 10), '', ' ', '', ...lines.slice(10), '', '{"text"', ''].join(end);
    write(base, { 'a.jsonl': content, 'a.jsonl.zst': zstd(content) });
    const place = new RegExp(`not JSON in line ${lines.length + 6} `);
    expect(await refused(base, { files: 'a.jsonl' })).toMatch(place);
    expect(await refused(base, { files: 'a.jsonl.zst' })).toMatch(place);
  });

  test.each([
    ['utf-16le', '\uFEFF'],
    ['utf-16be', '\uFEFF'],
    ['utf-16le', ''],
    ['utf-16be', ''],
  ])('%s with the mark %j is refused by name', async (encoding, mark) => {
    const base = folder();
    const bytes = Buffer.from(`${mark}${jsonl(rows)}`, 'utf16le');
    write(base, { 'a.jsonl': encoding === 'utf-16be' ? bytes.swap16() : bytes });
    expect(await refused(base, { files: 'a.jsonl' })).toMatch(/in UTF-16 or UTF-32, not UTF-8/);
  });

  test('empty files hold no documents', async () => {
    const base = folder();
    write(base, { 'a.jsonl': '', 'b.json': '', 'c.json': '[]', 'd.jsonl': '\uFEFF', 'rows.jsonl': jsonl(rows) });
    const all = await read(base, { files: '*' });
    expect(all.digest).toBe((await read(base, { files: 'rows.jsonl' })).digest);
  });
});

describe('a .json file', () => {
  const values = async (text: string, size: number) => {
    async function* chunks() {
      for (let at = 0; at < text.length; at += size) yield Buffer.from(text.slice(at, at + size));
    }
    const found = [];
    for await (const { place, content } of jsonValues(chunks(), 20)) found.push([place, content?.toString() ?? 'long']);
    return found;
  };

  test.each([1, 2, 7, 100])('is divided into values with their lines, in chunks of %i', async (size) => {
    expect(await values('[{"a":"]}\\""},\n {"b":[1,{}]}\n,7, "x,]" ]\n', size)).toEqual([
      [1, '{"a":"]}\\""}'],
      [2, '{"b":[1,{}]}'],
      [3, '7'],
      [3, '"x,]"'],
    ]);
    expect(await values('{"a":1}{"b":\n2}\n\n{"c":3}', size)).toEqual([
      [1, '{"a":1}'],
      [1, '{"b":\n2}'],
      [4, '{"c":3}'],
    ]);
    expect(await values('[{"a":"0123456789012345678901234"},{}]', size)).toEqual([
      [1, 'long'],
      [1, '{}'],
    ]);
    expect(await values('[1,', size).catch(String)).toMatch(/does not end/);
    expect(await values('[{}\n{}]', size).catch(String)).toMatch(/lacks a comma in line 2/);
    expect(await values('[{}] {}', size).catch(String)).toMatch(/followed by more/);
    expect(await values('[{"a":', size)).toEqual([[1, '{"a":']]);
  });
});
