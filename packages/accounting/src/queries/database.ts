/** Loads a run's ledger, bill and results into in-memory DuckDB tables. */
import { resolve } from 'node:path';
import { BranchlineError } from '@branchline/core';
import {
  BIGINT,
  BOOLEAN,
  DECIMAL,
  DOUBLE,
  type DuckDBConnection,
  DuckDBDataChunk,
  DuckDBDecimalValue,
  DuckDBInstance,
  DuckDBTimestampValue,
  type DuckDBType,
  type DuckDBValue,
  HUGEINT,
  LIST,
  listValue,
  TIMESTAMP,
  VARCHAR,
} from '@duckdb/node-api';
import type { LedgerRun } from '../files/ledger-files.js';
import {
  BILL_COLUMNS,
  type Column,
  type ColumnType,
  type ColumnValue,
  ENTRY_COLUMNS,
  RESULT_COLUMNS,
  strategyRows,
} from './columns.js';
import { quote } from './quote.js';
import { BILL_SUMS } from './sums.js';

const TYPES: Readonly<Record<ColumnType, DuckDBType>> = {
  VARCHAR,
  'VARCHAR[]': LIST(VARCHAR),
  BOOLEAN,
  TIMESTAMP,
  DOUBLE,
  BIGINT,
  HUGEINT,
  'DECIMAL(38,3)': DECIMAL(38, 3),
  'DECIMAL(38,6)': DECIMAL(38, 6),
  'DECIMAL(38,9)': DECIMAL(38, 9),
};

/** Largest number of rows in a DuckDB chunk. */
const CHUNK = 2048;

/** Largest values of the exact DuckDB types. */
const LARGEST: Readonly<Partial<Record<ColumnType, bigint>>> = {
  HUGEINT: 2n ** 127n - 1n,
  'DECIMAL(38,3)': 10n ** 38n - 1n,
  'DECIMAL(38,6)': 10n ** 38n - 1n,
  'DECIMAL(38,9)': 10n ** 38n - 1n,
};

/**
 * Opens a database with the tables `entries`, `bill` and `strategies`, runs `work` on it and closes it. Queries have no
 * access to the network or to files other than `writable`, and cannot change that setting.
 */
export async function withDatabase<T>(
  run: LedgerRun,
  work: (connection: DuckDBConnection) => Promise<T>,
  writable?: string,
): Promise<T> {
  const instance = await DuckDBInstance.create(':memory:', {
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  });
  const connection = await instance.connect();
  try {
    await fill(connection, 'entries', ENTRY_COLUMNS, run.entries);
    await fill(connection, 'bill', BILL_COLUMNS, run.bill ?? []);
    await fill(connection, 'results', RESULT_COLUMNS, strategyRows(run.results));
    await connection.run(STRATEGIES);
    await connection.run('DROP TABLE results');
    if (writable !== undefined) {
      await connection.run(`SET allowed_paths = [${quote(resolve(writable))}]`);
    }
    await connection.run('SET enable_external_access = false');
    await connection.run('SET lock_configuration = true');
    return await work(connection);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** Joins strategies of results and bill by name and seed; unfinished strategies are only in the bill. */
const STRATEGIES = `
  CREATE TABLE strategies AS
  SELECT coalesce(results.strategy, owed.strategy) AS strategy, coalesce(results.seed, owed.seed) AS seed,
    results.* EXCLUDE (strategy, seed), owed.* EXCLUDE (strategy, seed, line)
  FROM results FULL JOIN (
    SELECT strategy, seed, min(line) AS line, ${BILL_SUMS} FROM bill GROUP BY strategy, seed
  ) AS owed ON owed.strategy = results.strategy AND owed.seed = results.seed
  ORDER BY owed.line`;

async function fill<Row>(
  connection: DuckDBConnection,
  table: string,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
): Promise<void> {
  await connection.run(`CREATE TABLE ${table} (${columns.map(({ name, type }) => `${name} ${type}`).join(', ')})`);
  const appender = await connection.createAppender(table);
  try {
    for (let begin = 0; begin < rows.length; begin += CHUNK) {
      const part = rows.slice(begin, begin + CHUNK);
      const chunk = DuckDBDataChunk.create(columns.map(({ type }) => TYPES[type]));
      chunk.setColumns(
        columns.map(({ name, type, value }) =>
          part.map((row, index) => {
            const at = begin + index + 1;
            const found = value(row, at);
            if (typeof found === 'bigint' && found > (LARGEST[type] ?? found)) throw tooLarge(table, name, at);
            return toDuckDB(found, type);
          }),
        ),
      );
      appender.appendDataChunk(chunk);
    }
  } finally {
    appender.closeSync();
  }
}

function toDuckDB(value: ColumnValue, type: ColumnType): DuckDBValue {
  if (value === null) return null;
  const scale = /^DECIMAL\(38,(\d)\)$/.exec(type)?.[1];
  if (scale !== undefined) return new DuckDBDecimalValue(value as bigint, 38, Number(scale));
  if (type === 'TIMESTAMP') return new DuckDBTimestampValue(BigInt(value as number) * 1000n);
  return typeof value === 'object' ? listValue(value) : value;
}

function tooLarge(table: string, name: string, line: number): BranchlineError {
  const file = table === 'entries' ? 'ledger.jsonl' : 'bill.jsonl';
  const message = `${file}, line ${line}: its ${name} exceed the exact range of queries`;
  return new BranchlineError('store', { message, remedy: 'Check the line: the value is not plausible.' });
}
