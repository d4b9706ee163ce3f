/** Columns of the tables that queries read, with the source of their values. The README describes their meaning. */
import { type BillAmounts, type BillRow, costOfEntry, type LedgerEntry } from '@branchline/core';
import type { Results } from '@branchline/evaluation';

/** DuckDB types of the columns; sums of amounts are exact. */
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

/** Decimals are integers in units of their last digit; times are milliseconds since the epoch. */
export type ColumnValue = string | readonly string[] | boolean | number | bigint | null;

/** A column of a table. */
export interface Column<Row> {
  readonly name: string;
  readonly type: ColumnType;
  /** `line` is the row's line in its file, from 1. */
  readonly value: (row: Row, line: number) => ColumnValue;
}

const LINE: Column<unknown> = { name: 'line', type: 'BIGINT', value: (_, line) => BigInt(line) };

/** One row per line of ledger.jsonl. */
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

/** The amounts of a line in integer units. `kind` is overridden because reuse lines would count as zero. */
const inUnits = (entry: LedgerEntry) => costOfEntry({ ...entry, kind: 'train' });

// The ledger validates that a price is an object, not its fields.
const numberIn = (value: unknown) => (typeof value === 'number' ? value : null);
const textIn = (value: unknown) => (typeof value === 'string' ? value : null);

function timeIn(text: string): number | null {
  const value = Date.parse(text);
  return Number.isNaN(value) ? null : value;
}

/** The two groups of amounts in the bill: the cost of running the strategy alone, and its share of what was paid. */
export const SIDES = ['alone', 'share'] as const;

/** Amounts of the bill, in display order. */
export const AMOUNTS: readonly { readonly name: keyof BillAmounts; readonly type: ColumnType }[] = [
  { name: 'steps', type: 'BIGINT' },
  { name: 'tokens', type: 'BIGINT' },
  { name: 'flops', type: 'HUGEINT' },
  { name: 'device_seconds', type: 'DECIMAL(38,6)' },
  { name: 'energy_joules', type: 'DECIMAL(38,3)' },
  { name: 'money', type: 'DECIMAL(38,9)' },
];

/** One row per line of bill.jsonl: the cost of one item for one strategy on one device. */
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

/** A decimal of the bill as an integer in units of its last digit. */
function wholeUnits(amount: number | string | null): bigint | null {
  return amount === null ? null : BigInt(String(amount).replace('.', ''));
}

/** A strategy of results.json for one seed. */
interface StrategyRow {
  readonly result: Results['strategies'][number];
  readonly baseline: boolean;
}

/** One row per strategy and seed of results.json; costs come from the bill, which is exact. */
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
