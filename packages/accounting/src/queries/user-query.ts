/** Queries written by users: one read-only SELECT over the tables. */
import { BranchlineError, messageOf } from '@branchline/core';
import { quote } from './quote.js';

/** Wraps a query as a table expression. DuckDB accepts only a single SELECT there, so it cannot write. */
export function userQuery(sql: string): string {
  return `query(${quote(sql)})`;
}

/** Runs `work` and converts DuckDB errors to a `config` error about the user's query. */
export async function asQuery<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof BranchlineError || (cause as { syscall?: string }).syscall !== undefined) throw cause;
    // After an empty line DuckDB quotes the wrapping statement; drop it.
    const [message] = messageOf(cause).split('\n\n');
    const remedy =
      'One SELECT over the tables entries, bill and strategies; --sql "describe entries" shows the columns of one.';
    throw new BranchlineError('config', { message: `--sql: ${message}`, remedy }, { cause });
  }
}
