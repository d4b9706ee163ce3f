/** Writes query results to files. */
import { rename, rm } from 'node:fs/promises';
import { dirname, extname, relative, resolve, sep } from 'node:path';
import { BranchlineError, describeDiskError, makeFolder, messageOf, writeFileAtomic } from '@branchline/core';
import type { DuckDBConnection } from '@duckdb/node-api';
import { ask } from './queries/answer.js';
import { quote, quoteName } from './queries/quote.js';

const COPY_OPTIONS: Readonly<Record<string, string>> = {
  '.parquet': 'FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false',
  '.csv': 'FORMAT csv, HEADER true, USE_TMP_FILE false',
};

/** Throws if `out` is a file of the run itself or has an unknown extension. */
export function checkTarget(out: string, run: string): void {
  const inside = relative(run, out);
  if (inside === 'results.json' || (!inside.startsWith('..') && (inside.includes(sep) || inside.startsWith('.')))) {
    throw new BranchlineError('config', {
      message: `--out ${out} is a file of the run itself`,
      remedy: 'Choose another file.',
    });
  }
  const extension = extname(out);
  if (extension === '.json' || COPY_OPTIONS[extension] !== undefined) return;
  throw new BranchlineError('config', {
    message: `--out ${out} has no known file format`,
    remedy: 'Use the extension .parquet, .csv or .json.',
  });
}

/** Temporary file for `out`: the only file that the database may write. */
export function partOf(out: string): string {
  return `${resolve(out)}.tmp-${process.pid}`;
}

/** Writes the rows of a table expression to `out` atomically and returns their number. */
export async function writeAnswer(connection: DuckDBConnection, table: string, out: string): Promise<number> {
  await connection.run(`CREATE TEMP TABLE answer AS FROM ${table}`);
  const options = COPY_OPTIONS[extname(out)];
  if (options === undefined) {
    const { rows } = await ask(connection, 'FROM answer');
    await writeFileAtomic(out, `${JSON.stringify(rows, null, 2)}\n`);
    return rows.length;
  }
  const source = `SELECT ${await exactColumns(connection)} FROM answer`;
  const part = partOf(out);
  await makeFolder(dirname(part));
  try {
    const { rowsChanged } = await connection.run(`COPY (${source}) TO ${quote(part)} (${options})`);
    await rename(part, out);
    return rowsChanged;
  } catch (cause) {
    const { what = messageOf(cause), remedy = 'Check free space and write permission.' } =
      describeDiskError(cause) ?? {};
    throw new BranchlineError('store', { message: `${out} cannot be written: ${what}`, remedy }, { cause });
  } finally {
    await rm(part, { force: true });
  }
}

/**
 * Columns of the answer, with 128-bit integers cast to decimals: Parquet has no such integers and DuckDB would round.
 */
async function exactColumns(connection: DuckDBConnection): Promise<string> {
  const { rows } = await ask(connection, 'DESCRIBE answer');
  return rows
    .map(({ column_name, column_type }) => {
      const name = quoteName(column_name as string);
      const type = (column_type as string).replace(/U?HUGEINT/g, 'DECIMAL(38,0)');
      return type === column_type ? name : `${name}::${type} AS ${name}`;
    })
    .join(', ');
}
