import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { costOfEntry, sumCosts } from '@branchline/core';
import type { Json } from '@duckdb/node-api';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { folder } from '../../test/folder.js';
import { amounts, billRow, entry, ledgerRun } from '../../test/ledger-run.js';
import { ask } from './answer.js';
import { withDatabase } from './database.js';
import { readGrouped } from './grouped-bill.js';
import { asQuery, userQuery } from './user-query.js';

const query = (run: ReturnType<typeof ledgerRun>, sql: string) =>
  withDatabase(run, (connection) => asQuery(() => ask(connection, `FROM ${userQuery(sql)}`)));

describe('sums', () => {
  it('are exact at 10^26 FLOPs per line, where float64 sums are not', async () => {
    const flops = (index: number) => 10n ** 26n + BigInt(index) ** 3n;
    const lines = Array.from({ length: 5000 }, (_, index) => entry(index + 1, { flops: String(flops(index)) }));
    const bill = lines.map((line) =>
      billRow({ alone: amounts({ flops: line.flops }), share: amounts({ flops: line.flops }) }),
    );
    const exact = lines.reduce((sum, line) => sum + BigInt(line.flops), 0n);
    expect(BigInt(lines.reduce((sum, line) => sum + Number(line.flops), 0))).not.toBe(exact);

    const sql =
      'select sum(flops) as flops, sum(money) as money, sum(device_seconds) as seconds, sum(energy_joules) as joules from entries';
    expect((await query(ledgerRun(lines), sql)).rows).toEqual([
      { flops: String(exact), money: '0.000005000', seconds: '500.000000', joules: '15.000' },
    ]);
    const { rows, actual, rest } = await withDatabase(ledgerRun(lines, bill), (it) => readGrouped(it, ['strategy']));
    expect(rows).toMatchObject([{ share_flops: String(exact) }]);
    expect([actual.flops, rest.flops]).toEqual([String(exact), '0']);
  });

  it('of all paid costs match those of the kernel', async () => {
    const line = fc.record({
      kind: fc.constantFrom('train', 'reuse', 'evaluate', 'charge'),
      steps: fc.nat(1000),
      tokens: fc.nat(1e9),
      flops: fc.bigInt({ min: 0n, max: 10n ** 30n }).map(String),
      deviceSeconds: fc.nat(1e9).map((micros) => micros / 1e6),
      energyJoules: fc.option(
        fc.nat(1e9).map((millis) => millis / 1e3),
        { freq: 20 },
      ),
      money: fc.option(
        fc.nat(1e9).map((nanos) => nanos / 1e9),
        { freq: 20 },
      ),
    } as const);
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 30 }), async (changes) => {
        const lines = changes.map((change, index) => entry(index + 1, change));
        const { actual } = await withDatabase(ledgerRun(lines), (connection) => readGrouped(connection, ['kind']));
        const paid = sumCosts(lines.map(costOfEntry));
        const units = (amount: Json) => (typeof amount === 'object' ? null : BigInt(String(amount).replace('.', '')));
        expect(Object.values(actual).map(units)).toEqual([
          ...[paid.steps, paid.tokens, paid.flops, paid.microseconds],
          paid.unmetered > 0n ? null : paid.millijoules,
          paid.unpriced > 0n ? null : paid.nanos,
        ]);
      }),
      { seed: 1, numRuns: 25 },
    );
  });

  it('leave a rest: training for other strategies, or repeated training', async () => {
    const share = amounts({ steps: 1, flops: '1000000', money: '0.000000001' });
    const run = ledgerRun([entry(1), entry(2)], [billRow({ alone: share, share })]);
    const grouped = await withDatabase(run, (connection) => readGrouped(connection, ['plugin', 'path']));
    expect(grouped.rest).toMatchObject({ steps: 1, flops: '1000000', money: '0.000000001' });
    expect(grouped.actual).toMatchObject({ steps: 2 });
  });

  it('are null if a device has no price', async () => {
    const unknown = { money: null, energy_joules: null };
    const run = ledgerRun([entry(1), entry(2, { money: null })], [billRow({ alone: amounts(unknown) }), billRow()]);
    const grouped = await withDatabase(run, (connection) => readGrouped(connection, ['kind']));
    expect(grouped.actual.money).toBeNull();
    expect(grouped.rows).toMatchObject([{ alone_money: null, share_money: '0.000000000' }]);
  });

  it('beyond the exact range are rejected', async () => {
    const run = ledgerRun([entry(1), entry(2, { flops: '9'.repeat(60) })]);
    await expect(query(run, 'from entries')).rejects.toThrow('ledger.jsonl, line 2: its flops exceed the exact range');
    const sum = query(
      ledgerRun([1, 2].map((at) => entry(at, { flops: `1${'0'.repeat(38)}` }))),
      'select sum(flops) from entries',
    );
    await expect(sum).rejects.toThrow(/--sql: .*Overflow/);
  });
});

test('names may contain any characters', async () => {
  const names = [
    'o\'brien"; drop table bill; --',
    'zwei\nzeilen\t\u001b[31m',
    'שלום \u202e',
    '日本 🚂',
    '$1 %s {}',
    'constructor',
  ];
  const run = ledgerRun(
    names.map((name, index) => entry(index + 1, { requestedBy: [name, 'b'], device: name })),
    names.map((strategy) => billRow({ strategy, path: strategy, device: strategy })),
  );
  const { rows } = await query(run, 'select strategy, device from bill order by line');
  expect(rows).toEqual(names.map((name) => ({ strategy: name, device: name })));
  expect((await query(run, 'select requested_by from entries order by line')).rows).toEqual(
    names.map((name) => ({ requested_by: [name, 'b'] })),
  );
  const grouped = await withDatabase(run, (connection) => readGrouped(connection, ['strategy', 'path']));
  expect(grouped.rows.map(({ strategy }) => strategy)).toEqual(names);
});

describe('queries', () => {
  const run = ledgerRun([entry(1)], [billRow()]);

  it.each([
    ['select * from bills', 'Table with name bills does not exist'],
    ['selec 1', 'syntax error at or near "selec"'],
    ['', 'a single SELECT statement'],
    ['select 1; select 2', 'a single SELECT statement'],
    ['insert into entries (line) values (1)', 'a single SELECT statement'],
    ['drop table entries', 'a single SELECT statement'],
    ['set enable_external_access = true', 'a single SELECT statement'],
    ["attach 'x.db'", 'a single SELECT statement'],
    ["load 'httpfs'", 'a single SELECT statement'],
    ["select * from read_text('SECRET')", 'Cannot access file'],
    ["select * from 'SECRET'", 'Cannot access file'],
    ["select * from glob('/*')", 'Cannot access'],
    ["select * from query('copy entries to ''COPY''')", 'a single SELECT statement'],
    ["select * from read_csv('https://example.org/a.csv')", 'Cannot access file'],
    ['select $1', 'parameters'],
  ])('are rejected unless they are a single SELECT without external access: %s', async (sql, message) => {
    const directory = folder();
    const [secret, copy] = [join(directory, 'secret.csv'), join(directory, 'copy')];
    writeFileSync(secret, 'a\n1\n');
    const refused = query(run, sql.replace('SECRET', secret).replace('COPY', copy));
    await expect(refused).rejects.toMatchObject({ code: 'config' });
    await expect(refused).rejects.toThrow(`--sql: `);
    await expect(refused).rejects.toThrow(message);
    await expect(refused).rejects.not.toThrow('LINE 1');
    expect(existsSync(copy)).toBe(false);
  });

  it.each([
    'select 1; -- done',
    'from entries',
    'describe bill',
    'summarize strategies',
    'values (1)',
    'select 1 a, 2 a',
  ])('may use DuckDB syntax: %s', async (sql) => expect((await query(run, sql)).columns.length).toBeGreaterThan(0));
});
