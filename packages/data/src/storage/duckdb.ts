import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { type DuckDBConnection, DuckDBInstance, type DuckDBValue } from '@duckdb/node-api';

/** Bytes that DuckDB takes before it goes to the disk. */
const MEMORY = '384MB';

/** A database below `directory`, for what does not fit into memory. */
export interface Scratch {
  connect(): Promise<DuckDBConnection>;
  /** Ends what its connections are doing: they throw. */
  readonly interrupt: () => void;
  close(): void;
}

/** An instance of DuckDB that stays within `memory` and spills to `directory`. */
export async function openScratch(directory: string, memory = MEMORY): Promise<Scratch> {
  mkdirSync(directory, { recursive: true });
  const instance = await DuckDBInstance.create(path.join(directory, 'scratch.duckdb'), {
    memory_limit: memory,
    threads: '2',
    temp_directory: path.join(directory, 'spilled'),
    // Rows are sorted where their order means something.
    preserve_insertion_order: 'false',
    // Nothing is fetched behind the back of a run: what is read must not depend on the network.
    autoinstall_known_extensions: 'false',
  });
  const connections: DuckDBConnection[] = [];
  return {
    connect: async () => {
      const connection = await instance.connect();
      connections.push(connection);
      return connection;
    },
    interrupt: () => {
      for (const connection of connections) connection.interrupt();
    },
    close: () => {
      for (const connection of connections) connection.closeSync();
      instance.closeSync();
    },
  };
}

/** The rows of a query, a chunk in memory at a time. */
export async function* streamRows(
  connection: DuckDBConnection,
  sql: string,
  values: DuckDBValue[] = [],
): AsyncGenerator<DuckDBValue[], void, undefined> {
  const result = await connection.stream(sql, values);
  for await (const chunk of result.yieldRows()) yield* chunk;
}

/** All rows of a query that has few. */
export async function allRows<Row extends DuckDBValue[]>(
  connection: DuckDBConnection,
  sql: string,
  values: DuckDBValue[] = [],
): Promise<Row[]> {
  return (await connection.runAndReadAll(sql, values)).getRows() as Row[];
}

/** A text in SQL, where it cannot be bound. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
