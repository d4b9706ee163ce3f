import { expect, test } from 'vitest';
import { FIELDS, prepare, problemsOf } from '../../test/corpus.js';
import { folder, jsonl, makeRows, write } from '../../test/fixtures.js';
import { type Period, periodOf } from './period.js';

test.each<[string, Period, string | undefined]>([
  ['2026-08-15', 'month', '2026-08'],
  ['2026-08-15T10:00:00Z', 'day', '2026-08-15'],
  ['2026-08', 'month', '2026-08'],
  ['2026-08', 'day', undefined],
  ['2026-03-31', 'quarter', '2026-Q1'],
  ['2026-10-01 00:00:00', 'quarter', '2026-Q4'],
  ['2026-12-31', 'year', '2026'],
  ['2026-13-01', 'month', undefined],
  ['August 2026', 'month', undefined],
  ['', 'year', undefined],
])('%s by %s is in %s', (date, period, expected) => {
  expect(periodOf(date, period)).toBe(expected);
});

const DAYS = ['2025-12-31', '2026-01-01', '2026-01-20T08:00:00Z', '2026-04-02', '2026-04-30', '2026-11-11'];

function dated(dates: readonly string[]): string {
  const base = folder();
  const documents = makeRows(240).map((row, index) => ({ ...row, date: dates[index % dates.length] }));
  write(base, { 'rows.jsonl': jsonl(documents) });
  return base;
}

const SOURCES = [{ ...FIELDS, versionField: 'date' }];

test.each<[Period, readonly string[]]>([
  ['year', ['2025', '2026']],
  ['quarter', ['2025-Q4', '2026-Q1', '2026-Q2', '2026-Q4']],
  ['month', ['2025-12', '2026-01', '2026-04', '2026-11']],
])('versions by %s', async (period, names) => {
  const { data } = await prepare(dated(DAYS), { sources: SOURCES, versions: { by: 'field', period } });
  expect(data.versions.map(({ name }) => name)).toEqual(names);
});

test('a period takes a given order, and refuses what is no date', async () => {
  const order = ['2026', '2025'];
  const given = { by: 'field', period: 'year', order } as const;
  const { data } = await prepare(dated(DAYS), { sources: SOURCES, versions: { ...given, order: [...order] } });
  expect(data.versions.map(({ name }) => name)).toEqual(order);
  const versions = { by: 'field', period: 'month' };
  const problems = await problemsOf(dated([...DAYS, 'soon', '2026']), { sources: SOURCES, versions });
  expect(problems).toContain(
    'data.versions.period: needs dates such as 2026-08-15 or 2026-08, but versionField has 2026, soon',
  );
});
