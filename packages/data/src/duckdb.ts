import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';

/** A DuckDB instance that stays within `memory` and spills to `temporaryDirectory`. */
export async function openDuckDB(
  temporaryDirectory: string,
  memory = '1GB',
): Promise<{ connection: DuckDBConnection; close: () => void }> {
  const instance = await DuckDBInstance.create(':memory:', {
    memory_limit: memory,
    threads: '2',
    temp_directory: temporaryDirectory,
    // Nothing is fetched behind the back of a run: what is read must not depend on the network.
    autoinstall_known_extensions: 'false',
  });
  const connection = await instance.connect();
  const close = () => {
    connection.closeSync();
    instance.closeSync();
  };
  return { connection, close };
}
