/** Questions in the words of a user: one SELECT over the tables, which can change nothing. */
import { BranchlineError, messageOf } from '@branchline/core';
import { quote } from './quote.js';

/** A query as a table expression of SQL. DuckDB takes it only when it is a single SELECT, so that it cannot write. */
export function userQuery(sql: string): string {
  return `query(${quote(sql)})`;
}

/** Runs work on a user's query; what DuckDB complains about is told as their mistake. */
export async function asQuery<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof BranchlineError || (cause as { syscall?: string }).syscall !== undefined) throw cause;
    // Behind an empty line DuckDB shows where in the statement around the query it was.
    const [message] = messageOf(cause).split('\n\n');
    const remedy =
      'One SELECT over the tables entries, bill and strategies; --sql "describe entries" shows the columns of one.';
    throw new BranchlineError('config', { message: `--sql: ${message}`, remedy }, { cause });
  }
}
