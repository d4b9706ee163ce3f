/** The tables that queries see, and where the values of every column come from. What they mean stands in the README. */
import { type BillAmounts, type BillRow, costOfEntry, type LedgerEntry } from '@branchline/core';
import { type Results } from '@branchline/evaluation';

/** Types of DuckDB in which no sum is rounded. */
export type ColumnType =
  | 'VARCHAR'
  | 'VARCHAR[]'
  | 'BOOLEAN'
  | 'TIMESTAMP'
  | 'DOUBLE'
  | 'BIGINT'
  | 'HUGEINT'
  | 'DECIMAL(38,3)'
  | 'DECIMAL(38,6)'
  | 'DECIMAL(38,9)';

/** A decimal is a whole number of its last digit; a time is in milliseconds since the epoch. */
export type ColumnValue = string | readonly string[] | boolean | number | bigint | null;

/** A column of a table. */
export interface Column<Row> {
  readonly name: string;
  readonly type: ColumnType;
  /** `line` is the row's line in its file, from 1. */
  readonly value: (row: Row, line: number) => ColumnValue;
}

const LINE: Column<unknown> = { name: 'line', type: 'BIGINT', value: (_, line) => BigInt(line) };

/** A row is a line of ledger.jsonl. */
export const ENTRY_COLUMNS: readonly Column<LedgerEntry>[] = [
  LINE,
  { name: 'kind', type: 'VARCHAR', value: ({ kind }) => kind },
  { name: 'id', type: 'VARCHAR', value: ({ id }) => id },
  { name: 'from_state', type: 'VARCHAR', value: ({ from }) => from },
  { name: 'to_state', type: 'VARCHAR', value: ({ to }) => to },
  { name: 'root', type: 'VARCHAR', value: ({ root }) => root },
  { name: 'at_step', type: 'BIGINT', value: ({ at }) => BigInt(at) },
  { name: 'steps', type: 'BIGINT', value: ({ steps }) => BigInt(steps) },
  { name: 'tokens', type: 'BIGINT', value: ({ tokens }) => BigInt(tokens) },
  { name: 'flops', type: 'HUGEINT', value: ({ flops }) => BigInt(flops) },
  { name: 'device', type: 'VARCHAR', value: ({ device }) => device },
  { name: 'device_seconds', type: 'DECIMAL(38,6)', value: (entry) => inUnits(entry).microseconds },
  {
    name: 'energy_joules',
    type: 'DECIMAL(38,3)',
    value: (entry) => (entry.energyJoules === null ? null : inUnits(entry).millijoules),
  },
  { name: 'money', type: 'DECIMAL(38,9)', value: (entry) => (entry.money === null ? null : inUnits(entry).nanos) },
  { name: 'currency', type: 'VARCHAR', value: ({ currency }) => currency },
  { name: 'price_per_hour', type: 'DOUBLE', value: ({ price }) => numberIn(price?.perHour) },
  { name: 'price_source', type: 'VARCHAR', value: ({ price }) => textIn(price?.source) },
  { name: 'price_date', type: 'VARCHAR', value: ({ price }) => textIn(price?.date) },
  { name: 'watts', type: 'DOUBLE', value: ({ power }) => numberIn(power?.watts) },
  { name: 'power_source', type: 'VARCHAR', value: ({ power }) => textIn(power?.source) },
  { name: 'power_date', type: 'VARCHAR', value: ({ power }) => textIn(power?.date) },
  { name: 'requested_by', type: 'VARCHAR[]', value: ({ requestedBy }) => requestedBy },
  { name: 'seed', type: 'BIGINT', value: ({ seed }) => (seed === undefined ? null : BigInt(seed)) },
  { name: 'time', type: 'TIMESTAMP', value: ({ time }) => timeIn(time) },
  { name: 'plugin', type: 'VARCHAR', value: ({ plugin }) => plugin ?? null },
  { name: 'version', type: 'BIGINT', value: ({ version }) => (version === undefined ? null : BigInt(version)) },
  { name: 'note', type: 'VARCHAR', value: ({ note }) => note ?? null },
];

/** The amounts that stand in a line, whatever its kind, in whole units. */
const inUnits = (entry: LedgerEntry) => costOfEntry({ ...entry, kind: 'train' });

// The ledger promises that a price is an object, not what is in it.
const numberIn = (value: unknown) => (typeof value === 'number' ? value : null);
const textIn = (value: unknown) => (typeof value === 'string' ? value : null);

function timeIn(text: string): number | null {
  const value = Date.parse(text);
  return Number.isNaN(value) ? null : value;
}

/** What the bill has twice: had the strategy been run alone, and its share of what was paid. */
export const SIDES = ['alone', 'share'] as const;

/** Amounts of the bill, in the order in which tables show them. */
export const AMOUNTS: readonly { readonly name: keyof BillAmounts; readonly type: ColumnType }[] = [
  { name: 'steps', type: 'BIGINT' },
  { name: 'tokens', type: 'BIGINT' },
  { name: 'flops', type: 'HUGEINT' },
  { name: 'device_seconds', type: 'DECIMAL(38,6)' },
  { name: 'energy_joules', type: 'DECIMAL(38,3)' },
  { name: 'money', type: 'DECIMAL(38,9)' },
];

/** A row is a line of bill.jsonl: what one strategy owes for one thing on one device. */
export const BILL_COLUMNS: readonly Column<BillRow>[] = [
  LINE,
  { name: 'strategy', type: 'VARCHAR', value: ({ strategy }) => strategy },
  { name: 'seed', type: 'BIGINT', value: ({ seed }) => BigInt(seed) },
  { name: 'version', type: 'BIGINT', value: ({ version }) => BigInt(version) },
  { name: 'path', type: 'VARCHAR', value: ({ path }) => path },
  { name: 'plugin', type: 'VARCHAR', value: ({ plugin }) => plugin },
  { name: 'kind', type: 'VARCHAR', value: ({ kind }) => kind },
  { name: 'device', type: 'VARCHAR', value: ({ device }) => device },
  { name: 'state', type: 'VARCHAR', value: ({ state }) => state },
  { name: 'shared_by', type: 'BIGINT', value: (row) => BigInt(row.shared_by) },
  ...SIDES.flatMap((side) =>
    AMOUNTS.map(
      ({ name, type }): Column<BillRow> => ({
        name: `${side}_${name}`,
        type,
        value: (row) => wholeUnits(row[side][name]),
      }),
    ),
  ),
];

/** A decimal of the bill as a whole number of its last digit. */
function wholeUnits(amount: number | string | null): bigint | null {
  return amount === null ? null : BigInt(String(amount).replace('.', ''));
}

/** A strategy of results.json under one seed. */
interface StrategyRow {
  readonly result: Results['strategies'][number];
  readonly baseline: boolean;
}

/** A row is a strategy of results.json under one seed; what it owes comes from the bill, which does not round. */
export const RESULT_COLUMNS: readonly Column<StrategyRow>[] = [
  { name: 'strategy', type: 'VARCHAR', value: ({ result }) => result.name },
  { name: 'seed', type: 'BIGINT', value: ({ result }) => BigInt(result.seed) },
  { name: 'plugins', type: 'VARCHAR[]', value: ({ result }) => result.plugins.map(({ name }) => name) },
  { name: 'baseline', type: 'BOOLEAN', value: ({ baseline }) => baseline },
  { name: 'releases', type: 'BIGINT', value: ({ result }) => BigInt(result.releases.length) },
  { name: 'loss', type: 'DOUBLE', value: ({ result }) => result.releases.at(-1)?.loss ?? null },
  { name: 'bits_per_byte', type: 'DOUBLE', value: ({ result }) => result.releases.at(-1)?.bitsPerByte ?? null },
  { name: 'ratio', type: 'DOUBLE', value: ({ result }) => result.cost.ratioToBaseline },
];

/** Rows for `RESULT_COLUMNS`. */
export function strategyRows(results: Results | undefined): readonly StrategyRow[] {
  return (results?.strategies ?? []).map((result) => ({ result, baseline: result.name === results?.baseline }));
}
