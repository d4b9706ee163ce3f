/** The bill by strategy, seed, version, plugin, path, device and kind. */
import type { BillAmounts } from '@branchline/core';
import type { DuckDBConnection, Json } from '@duckdb/node-api';
import { ask, type Row } from './answer.js';
import { BILL_SUMS, TOTALS } from './sums.js';

/** Columns by which the bill can be grouped. */
export const DIMENSIONS = ['strategy', 'seed', 'version', 'plugin', 'path', 'device', 'kind'] as const;

/** One of them. */
export type Dimension = (typeof DIMENSIONS)[number];

/** Exact amounts, in the units of the columns of the bill; null when not known. */
export type Amounts = Readonly<Record<keyof BillAmounts, Json>>;

/** The bill by some of its columns, with totals. */
export interface GroupedBill {
  readonly by: readonly Dimension[];
  /** With the columns of `by`, and `alone_steps` to `share_money`. */
  readonly rows: readonly Row[];
  /** What was paid. */
  readonly actual: Amounts;
  /**
   * Paid, but owed by no strategy of the bill: trained for others, or again. All shares and the rest add up to
   * `actual`.
   */
  readonly rest: Amounts;
  /** What the strategies would have cost apart. */
  readonly apart: Amounts;
  /** `apart` less all shares. */
  readonly saved: Amounts;
}

/** The grouped bill as SQL, groups in the order in which they turn up in it. */
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
