import path from 'node:path';
import { makeFolderSync } from '@branchline/core';
import { type DuckDBConnection, DuckDBInstance, type DuckDBValue } from '@duckdb/node-api';

/** Memory that DuckDB uses before it spills to disk. */
const MEMORY = '384MB';
/** Milliseconds between interrupts once a preparation is aborted. */
const INTERRUPT_EVERY = 50;

/** A temporary on-disk database for data that may not fit into memory. */
export interface Scratch {
  connect(): Promise<DuckDBConnection>;
  /** Interrupts the queries of all connections, also those that start later: they throw. */
  readonly interrupt: () => void;
  close(): void;
}

/** Opens a DuckDB instance that uses at most `memory` and spills to `directory`. */
export async function openScratch(directory: string, memory = MEMORY): Promise<Scratch> {
  makeFolderSync(directory);
  const instance = await DuckDBInstance.create(path.join(directory, 'scratch.duckdb'), {
    memory_limit: memory,
    threads: '2',
    temp_directory: path.join(directory, 'spilled'),
    // Queries sort wherever row order matters.
    preserve_insertion_order: 'false',
    // Results must not depend on whether an extension can be downloaded.
    autoinstall_known_extensions: 'false',
  });
  const connections: DuckDBConnection[] = [];
  // The names of versions must not depend on the machine: zoned times are read in UTC. DuckDB takes this setting only
  // from a connection, and remembers it for later ones.
  const first = await instance.connect();
  await first.run("SET GLOBAL TimeZone = 'UTC'");
  first.closeSync();
  let repeated: NodeJS.Timeout | undefined;
  return {
    connect: async () => {
      const connection = await instance.connect();
      connections.push(connection);
      return connection;
    },
    interrupt: () => {
      const interrupt = () => {
        for (const connection of connections) connection.interrupt();
      };
      interrupt();
      // An interrupt between two queries has no effect on the second.
      repeated ??= setInterval(interrupt, INTERRUPT_EVERY);
    },
    close: () => {
      clearInterval(repeated);
      for (const connection of connections) connection.closeSync();
      instance.closeSync();
    },
  };
}

/** Streams the rows of a query, one chunk in memory at a time. */
export async function* streamRows(
  connection: DuckDBConnection,
  sql: string,
  values: DuckDBValue[] = [],
): AsyncGenerator<DuckDBValue[], void, undefined> {
  const result = await connection.stream(sql, values);
  for await (const chunk of result.yieldRows()) yield* chunk;
}

/** All rows of a query with a small result. */
export async function allRows<Row extends DuckDBValue[]>(
  connection: DuckDBConnection,
  sql: string,
  values: DuckDBValue[] = [],
): Promise<Row[]> {
  return (await connection.runAndReadAll(sql, values)).getRows() as Row[];
}

/** An SQL string literal, for places where parameters cannot be bound. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** Quotes an SQL identifier; identifiers cannot be bound as parameters. */
export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** Escapes a path for DuckDB, which reads every path as a glob. */
export function literalPath(path: string): string {
  return path.replace(/[[*?]/g, '[$&]');
}
