import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { describe, expect, it } from 'vitest';
import { folder } from '../test/folder.js';
import { billRow, entry, ledgerRun } from '../test/ledger-run.js';
import { checkTarget, partOf, writeAnswer } from './export.js';
import { ask } from './queries/answer.js';
import { withDatabase } from './queries/database.js';
import { quote } from './queries/quote.js';
import { asQuery, userQuery } from './queries/user-query.js';

const LINES = Array.from({ length: 3000 }, (_, index) =>
  entry(index + 1, {
    flops: String(10n ** 26n + BigInt(index)),
    money: index % 7 === 0 ? null : index / 1e9,
    requestedBy: ['it\'s, "quoted"', `\n${index}`],
  }),
);

const write = (sql: string, out: string) =>
  withDatabase(
    ledgerRun(LINES, [billRow()]),
    (connection) => asQuery(() => writeAnswer(connection, userQuery(sql), out)),
    partOf(out),
  );

async function readBack(sql: string) {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    return (await ask(connection, sql)).rows;
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

const COLUMNS = 'line, kind, flops, money, device_seconds, time, requested_by';
const SQL = `select ${COLUMNS}, [flops] as list from entries order by line desc`;

describe('an exported answer', () => {
  it.each(['parquet', 'csv'])('has exactly the values of JSON in %s', async (format) => {
    const directory = folder();
    const out = join(directory, `it's "one".${format}`);
    const json = join(directory, 'answer.json');
    expect([await write(SQL, out), await write(SQL, json)]).toEqual([3000, 3000]);
    const rows = JSON.parse(readFileSync(json, 'utf8')) as { flops: string }[];
    expect(rows[0]!.flops).toBe('100000000000000000000002999');
    const types = `{line: 'BIGINT', kind: 'VARCHAR', flops: 'DECIMAL(38,0)', money: 'DECIMAL(38,9)', device_seconds: 'DECIMAL(38,6)',
      time: 'TIMESTAMP', requested_by: 'VARCHAR[]', list: 'DECIMAL(38,0)[]'}`;
    const file = format === 'csv' ? `read_csv(${quote(out)}, columns = ${types})` : quote(out);
    expect(await readBack(`SELECT * FROM ${file}`)).toEqual(rows);
    expect(readdirSync(directory).sort()).toEqual(['answer.json', `it's "one".${format}`]);
  });

  it('replaces an existing file atomically', async () => {
    const directory = folder();
    const out = join(directory, 'deep', 'answer.csv');
    await write('select 1 as a', out);
    await write('select 2 as a', out);
    expect(readFileSync(out, 'utf8')).toBe('a\n2\n');
    await expect(write('select a from nowhere', out)).rejects.toThrow('--sql: ');
    const late = "select case when line = 3000 then error('late') else '1' end as a from entries";
    await expect(write(late, out)).rejects.toThrow('late');
    expect(readFileSync(out, 'utf8')).toBe('a\n2\n');
    writeFileSync(join(directory, 'file'), '');
    await expect(write('select 1', join(directory, 'file', 'a.csv'))).rejects.toMatchObject({
      path: expect.any(String) as string,
    });
    expect(readdirSync(join(directory, 'deep'))).toEqual(['answer.csv']);
  });

  it.each([
    ['runs/x/results.json', 'is a file of the run itself'],
    ['runs/x/stretches/a.json', 'is a file of the run itself'],
    ['runs/x/.lock-owner.json', 'is a file of the run itself'],
    ['ledger', 'has no known file format'],
    ['ledger.jsonl', 'has no known file format'],
    ['a.constructor', 'has no known file format'],
  ])('is not written to %s', (out, message) => {
    expect(() => checkTarget(out, 'runs/x')).toThrow(message);
  });

  it.each(['entries.parquet', 'runs/x/entries.csv', 'runs/x.json', '../a.json'])('may be %s', (out) => {
    expect(() => checkTarget(out, 'runs/x')).not.toThrow();
  });
});
