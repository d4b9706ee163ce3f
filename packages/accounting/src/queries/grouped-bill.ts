/** The bill by strategy, seed, version, plugin, path, device and kind. */
import type { BillAmounts } from '@branchline/core';
import type { DuckDBConnection, Json } from '@duckdb/node-api';
import { ask, type Row } from './answer.js';
import { BILL_SUMS, TOTALS } from './sums.js';

/** Columns by which the bill can be grouped. */
export const DIMENSIONS = ['strategy', 'seed', 'version', 'plugin', 'path', 'device', 'kind'] as const;

/** A column by which the bill can be grouped. */
export type Dimension = (typeof DIMENSIONS)[number];

/** Exact amounts in the units of the bill columns; null if unknown. */
export type Amounts = Readonly<Record<keyof BillAmounts, Json>>;

/** The bill grouped by some of its columns, with totals. */
export interface GroupedBill {
  readonly by: readonly Dimension[];
  /** Rows with the columns of `by` and `alone_steps` to `share_money`. */
  readonly rows: readonly Row[];
  /** Total cost paid. */
  readonly actual: Amounts;
  /**
   * Paid, but not assigned to a strategy of the bill: training for other strategies, or repeated training. All shares
   * plus the rest sum to `actual`.
   */
  readonly rest: Amounts;
  /** Total cost of running each strategy alone. */
  readonly apart: Amounts;
  /** `apart` minus all shares. */
  readonly saved: Amounts;
}

/** SQL for the grouped bill, with groups in the order of their first line. */
export function groupedBy(by: readonly Dimension[]): string {
  const columns = by.join(', ');
  return `SELECT ${columns}, ${BILL_SUMS} FROM bill GROUP BY ${columns} ORDER BY min(line)`;
}

/** Groups the bill of an open database. */
export async function readGrouped(connection: DuckDBConnection, by: readonly Dimension[]): Promise<GroupedBill> {
  const { rows } = await ask(connection, groupedBy(by));
  const totals = await ask(connection, TOTALS);
  const named = new Map(totals.rows.map(({ what, ...amounts }) => [what, amounts as Amounts]));
  const total = (name: string) => named.get(name)!;
  return { by, rows, actual: total('actual'), rest: total('rest'), apart: total('apart'), saved: total('saved') };
}
