/** Runs SQL and returns plain rows. */
import {
  type DuckDBConnection,
  DuckDBTypeId,
  type DuckDBValueConverter,
  type Json,
  JsonDuckDBValueConverter,
} from '@duckdb/node-api';

export type { Json };

/** An open database: the tables `entries`, `bill` and `strategies`. */
export type Database = DuckDBConnection;

/** Values by column. HUGEINT, DECIMAL and integers beyond float64 precision are strings. */
export type Row = Readonly<Record<string, Json>>;

/** The result of a query. */
export interface Answer {
  readonly columns: readonly { readonly name: string; readonly numeric: boolean }[];
  readonly rows: readonly Row[];
}

const NUMERIC: ReadonlySet<DuckDBTypeId> = new Set([
  DuckDBTypeId.TINYINT,
  DuckDBTypeId.SMALLINT,
  DuckDBTypeId.INTEGER,
  DuckDBTypeId.BIGINT,
  DuckDBTypeId.UTINYINT,
  DuckDBTypeId.USMALLINT,
  DuckDBTypeId.UINTEGER,
  DuckDBTypeId.UBIGINT,
  DuckDBTypeId.HUGEINT,
  DuckDBTypeId.UHUGEINT,
  DuckDBTypeId.DECIMAL,
  DuckDBTypeId.FLOAT,
  DuckDBTypeId.DOUBLE,
]);

/** Lossless conversion to JSON; safe integers stay numbers. */
const toJson: DuckDBValueConverter<Json> = (value, type, converter) => {
  const safe = typeof value === 'bigint' && Number.isSafeInteger(Number(value));
  return safe && type.typeId === DuckDBTypeId.BIGINT ? Number(value) : JsonDuckDBValueConverter(value, type, converter);
};

/** Runs one statement. Throws DuckDB's errors. */
export async function ask(connection: DuckDBConnection, sql: string): Promise<Answer> {
  const reader = await connection.runAndReadAll(sql);
  const names = reader.deduplicatedColumnNames();
  return {
    columns: names.map((name, index) => ({ name, numeric: NUMERIC.has(reader.columnTypeId(index)) })),
    rows: reader.convertRowObjects(toJson),
  };
}
