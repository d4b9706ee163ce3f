/** Totals of a ledger: the bill by strategy, savings, prices and power. */
import { costOfEntry, roundCost, sumCosts } from '@branchline/core';
import type { Results } from '@branchline/evaluation';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { LedgerRun } from '../files/ledger-files.js';
import { ask, type Row } from './answer.js';
import { type GroupedBill, readGrouped } from './grouped-bill.js';
import { RATES, REUSED } from './sums.js';

/** Totals of a ledger, with savings and rates. */
export interface Overview extends GroupedBill {
  readonly file: string;
  readonly entries: number;
  /**
   * `finished`: the results match the ledger. `going`: there is a bill of the training so far. `none`: there is no
   * bill.
   */
  readonly state: 'finished' | 'going' | 'none';
  /** From the results; empty unless they match the ledger. */
  readonly averagingSaved: Results['averagingSaved'];
  /** `steps` and `tokens` that later strategies reused from stored states, and the number of such `entries`. */
  readonly reused: Row;
  /** Prices and power used to compute money and energy, by device. */
  readonly rates: readonly Row[];
}

/** Computes the overview from an open database. */
export async function readOverview(connection: DuckDBConnection, run: LedgerRun): Promise<Overview> {
  const { file, entries, bill } = run;
  const fresh = resultsOf(run);
  return {
    ...(await readGrouped(connection, ['strategy'])),
    file,
    entries: entries.length,
    state: bill === undefined ? 'none' : fresh === undefined ? 'going' : 'finished',
    averagingSaved: fresh?.averagingSaved ?? [],
    reused: (await ask(connection, REUSED)).rows[0]!,
    rates: (await ask(connection, RATES)).rows,
  };
}

/** The results of a finished run, if their total matches the ledger: nothing was booked after them. */
function resultsOf({ entries, results }: LedgerRun): Results | undefined {
  if (results === undefined || results.partial !== undefined) return undefined;
  const paid = roundCost(sumCosts(entries.map(costOfEntry)));
  return (Object.keys(paid) as (keyof typeof paid)[]).every((key) => paid[key] === results.actual[key])
    ? results
    : undefined;
}
