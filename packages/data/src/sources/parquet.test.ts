/** Columns as people have them: each is read as what it is, or refused with its type and a remedy. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { describe, expect, test } from 'vitest';
import { listed, prepare, problemsOf } from '../../test/corpus.js';
import { folder, jsonl, makeRows, write } from '../../test/fixtures.js';
import type { DataConfig } from '../config/schema.js';
import { prepareData } from '../prepare.js';
import type { PreparedData } from '../sequences/prepared.js';

const rows = makeRows(40);
const versions = { by: 'random', count: 2 } as const;

/** Writes a Parquet file with 40 rows of distinct `text`, `n` from 0 to 39, and more columns as SQL. */
async function parquet(base: string, name: string, columns: string, options = ''): Promise<void> {
  write(base, { 'rows.jsonl': jsonl(rows.map((row, n) => ({ ...row, n }))) });
  const instance = await DuckDBInstance.create();
  const connection = await instance.connect();
  const source = `read_json('${path.join(base, 'rows.jsonl')}')`;
  const file = path.join(base, name);
  write(base, { [name]: '' });
  await connection.run(`COPY (SELECT ${columns} FROM ${source}) TO '${file}' (FORMAT parquet${options})`);
  connection.closeSync();
  instance.closeSync();
}

const read = async (base: string, source: object, more: Partial<DataConfig> = {}) =>
  (await prepare(base, { sources: [source as { files: string }], versions, ...more }, 16)).data;
const names = (data: PreparedData) => data.versions.map(({ name }) => name);
const refused = (base: string, source: object, more: object = {}) =>
  problemsOf(base, { sources: [source], versions, ...more }, 16);
const documents = (data: PreparedData) =>
  listed(data)
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { id: string; domain: string; score?: number });

describe('columns of Parquet', () => {
  test('text in binary columns is the same text', async () => {
    const base = folder();
    await parquet(base, 'plain.parquet', 'text, kind, name');
    await parquet(base, 'binary.parquet', 'encode(text) AS text, encode(kind) AS kind, encode(name) AS name');
    const fields = { domainField: 'kind', idField: 'name' };
    const plain = await read(base, { files: 'plain.parquet', ...fields });
    const binary = await read(base, { files: 'binary.parquet', ...fields });
    expect(binary.digest).toBe(plain.digest);
    expect(documents(binary)).toEqual(documents(plain));
  });

  test.each(['text', 'domain', 'version', 'id'])('bytes that are not UTF-8 are no %s', async (field) => {
    const base = folder();
    const bad = "CASE n WHEN 6 THEN '\\xFF\\xFE'::BLOB ELSE encode(text) END AS bad";
    await parquet(base, 'a.parquet', `text, ${bad}`);
    const message = await refused(base, { files: 'a.parquet', [`${field}Field`]: 'bad' });
    expect(message).toMatch(
      new RegExp(
        `data\\.sources\\[0\\]\\.${field}Field: 1 of 40 documents .* bytes that are not UTF-8 in "bad" \\(row 7\\)`,
      ),
    );
  });

  const nested: [string, RegExp][] = [
    ['[text]', /VARCHAR\[\]/],
    ["[{'role': 'user', 'content': text}]", /STRUCT\(.*\)\[\]/],
    ["{'content': text}", /STRUCT/],
    ["MAP {'a': text}", /MAP/],
    ['[n, 2]', /\[\]/],
    ["to_json({'a': text})", /JSON/],
    ['INTERVAL (n) DAY', /INTERVAL/],
  ];
  const fields = ['text', 'domain', 'version', 'id', 'score'];
  test.each(nested.flatMap(([sql, type]) => fields.map((field) => [field, sql, type] as const)))(
    'no %s is in %s',
    async (field, sql, type) => {
      const base = folder();
      await parquet(base, 'a.parquet', `text, ${sql} AS value`);
      const message = await refused(base, { files: 'a.parquet', [`${field}Field`]: 'value' });
      expect(message).toMatch(
        new RegExp(`data\\.sources\\[0\\]\\.${field}Field: a\\.parquet has no ${field} in "value"`),
      );
      expect(message).toMatch(type);
      expect(message).toMatch(/-> Name another column/);
    },
  );

  test.each(['n', 'n * 0.5', 'n > 3', "DATE '2024-01-01' + n::INTEGER", 'uuid()', 'now()'])(
    '%s is no text',
    async (sql) => {
      const base = folder();
      await parquet(base, 'a.parquet', `${sql} AS value`);
      expect(await refused(base, { files: 'a.parquet', textField: 'value' })).toMatch(/but text is needed/);
    },
  );

  test.each(["DATE '2024-01-01' + n::INTEGER", 'n > 3', 'uuid()', 'encode(text)'])('%s is no score', async (sql) => {
    const base = folder();
    await parquet(base, 'a.parquet', `text, ${sql} AS value`);
    expect(await refused(base, { files: 'a.parquet', scoreField: 'value' })).toMatch(/but a number is needed/);
  });

  test.each([
    ['(n % 2)::INTEGER', ['0', '1']],
    ['(n % 2)::DOUBLE', ['0', '1']],
    ['(n % 2)::DECIMAL(10, 3) / 4', ['0', '0.25']],
    ['(n % 2)::BIGINT * 9007199254740993', ['0', '9007199254740993']],
    ['n % 2 = 0', ['false', 'true']],
    ["(['b', 'a'])[n % 2 + 1]::ENUM ('a', 'b')", ['a', 'b']],
    ["DATE '2024-01-31' + (n % 2)::INTEGER", ['2024-01-31', '2024-02-01']],
    ["TIMESTAMP '2024-01-31 10:00:00' + INTERVAL (n % 2) HOUR", ['2024-01-31 10:00:00', '2024-01-31 11:00:00']],
  ])('%s names versions %j', async (sql, expected) => {
    const base = folder();
    await parquet(base, 'a.parquet', `text, ${sql} AS v`);
    const data = await read(base, { files: 'a.parquet', versionField: 'v' }, { versions: { by: 'field' } });
    expect(names(data)).toEqual(expected);
  });

  test.each(["'nan'::DOUBLE", "'inf'::DOUBLE", "'-inf'::FLOAT", 'NULL::DOUBLE'])('%s is no score', async (sql) => {
    const base = folder();
    await parquet(base, 'a.parquet', `text, CASE n WHEN 3 THEN ${sql} ELSE n END AS s`);
    expect(await refused(base, { files: 'a.parquet', scoreField: 's' })).toMatch(
      /1 of 40 documents of a\.parquet have no number in "s" \(row 4\)/,
    );
  });

  test('a path through a struct is read, one through a list is refused with the type', async () => {
    const base = folder();
    await parquet(base, 'a.parquet', "text, {'inner': {'body': text}} AS s, [{'content': text}] AS messages");
    const direct = await read(base, { files: 'a.parquet' });
    expect((await read(base, { files: 'a.parquet', textField: 's.inner.body' })).digest).toBe(direct.digest);
    expect(await refused(base, { files: 'a.parquet', textField: 'messages.content' })).toMatch(
      /no text in "messages\.content": it leads into "messages" a column of type STRUCT\(.*\)\[\]/,
    );
    expect(await refused(base, { files: 'a.parquet', textField: 's.inner.Body' })).toMatch(
      /has no column "s\.inner\.Body"; it has s\.inner\.body/,
    );
  });

  test('`text` and `Text` are two columns', async () => {
    const base = folder();
    // DuckDB writes no two such columns: a name of the same length is replaced in the file.
    await parquet(base, 'a.parquet', "text, 'UPPER ' || text AS tex7");
    const file = path.join(base, 'a.parquet');
    const renamed = readFileSync(file).toString('latin1').replaceAll('tex7', 'Text');
    write(base, { 'a.parquet': Buffer.from(renamed, 'latin1') });
    const lower = await read(base, { files: 'a.parquet' });
    const upper = await read(base, { files: 'a.parquet', textField: 'Text' });
    expect(Buffer.from(lower.read(Uint32Array.of(0))).toString()).not.toContain('UPPER');
    expect(upper.digest).not.toBe(lower.digest);
    expect(await refused(base, { files: 'a.parquet', textField: 'TEXT' })).toMatch(
      /has no column "TEXT"; it has text, Text ->/,
    );
  });

  test('zoned times are read in UTC wherever the process runs', async () => {
    const base = folder();
    await parquet(base, 'a.parquet', "text, TIMESTAMPTZ '2024-11-03 05:45:00+00' + INTERVAL (n % 2 * 30) MINUTE AS v");
    const zone = process.env.TZ;
    try {
      const found = [];
      for (const TZ of ['America/New_York', 'Asia/Kathmandu']) {
        process.env.TZ = TZ;
        found.push(names(await read(base, { files: 'a.parquet', versionField: 'v' }, { versions: { by: 'field' } })));
      }
      const utc = ['2024-11-03 05:45:00+00', '2024-11-03 06:15:00+00'];
      expect(found).toEqual([utc, utc]);
    } finally {
      if (zone === undefined) delete process.env.TZ;
      else process.env.TZ = zone;
    }
  });

  test('rows that cannot be read are skipped on request, counted and listed', async () => {
    const base = folder();
    await parquet(base, 'a.parquet', 'CASE WHEN n % 10 = 4 THEN NULL ELSE text END AS text');
    const data = await read(base, { files: 'a.parquet', skip: 'bad' });
    expect(data.skipped).toEqual([
      { file: 'a.parquet', reason: 'nothing in "text"', count: 4, unit: 'row', first: [5, 15, 25, 35] },
    ]);
  });
});

describe('folders such as score=0.5', () => {
  test('replace no column, in whichever order a cache sees them', async () => {
    const base = folder();
    const folders = ['plain', 'score=0.5', 'text=x', 'outer/score=1/kind=y'];
    for (const name of folders) await parquet(base, `${name}/a.parquet`, 'text, score, kind');
    const corpora = async (order: readonly string[]) => {
      const cache = folder();
      const found = new Map<string, string>();
      for (const name of order) {
        const source = { files: 'a.parquet', scoreField: 'score', domainField: 'kind' };
        const options = { context: 16, baseDirectory: path.join(base, name), cacheDirectory: cache };
        found.set(name, (await prepareData({ sources: [source], versions }, options)).digest);
      }
      return [...found].sort();
    };
    const found = await corpora(folders);
    expect(new Set(found.map(([, digest]) => digest)).size).toBe(1);
    expect(await corpora([...folders].reverse())).toEqual(found);
  });

  test('are fields on request, for what the file lacks', async () => {
    const base = folder();
    for (const month of ['2024-01', '2024-02']) {
      await parquet(base, `month=${month}/a.parquet`, `text || '${month}' AS text, score`);
      write(base, { [`month=${month}/b.jsonl`]: jsonl(rows.map((row) => ({ ...row, text: `${month} ${row.text}` }))) });
      write(base, { [`month=${month}/c.txt`]: `${month} text\n` });
    }
    const source = { files: 'month=*/*', versionField: 'month' };
    expect(await refused(base, source, { versions: { by: 'field' } })).toMatch(
      /versionField: text files have no fields/,
    );
    expect(await refused(base, { ...source, files: '*/*.parquet' }, { versions: { by: 'field' } })).toMatch(
      /has no column "month"/,
    );
    const asked = { ...source, folderFields: true };
    const data = await read(base, asked, { versions: { by: 'field' } });
    expect(names(data)).toEqual(['2024-01', '2024-02']);
    expect(documents(data)).toHaveLength(2 * (40 + 40 + 1));
    // The file's own column comes first.
    await parquet(base, 'score=7/a.parquet', 'text, score');
    const own = await read(base, { files: 'score=7/a.parquet', scoreField: 'score', folderFields: true });
    expect(new Set(documents(own).map(({ score }) => score)).size).toBeGreaterThan(10);
  });
});
