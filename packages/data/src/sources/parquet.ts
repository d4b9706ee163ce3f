/** Reads documents from Parquet files. */
import type { Problem } from '@branchline/core';
import {
  DuckDBBlobValue,
  type DuckDBConnection,
  DuckDBStructType,
  type DuckDBType,
  DuckDBTypeId,
  type DuckDBValue,
} from '@duckdb/node-api';
import { some } from '../errors.js';
import { allRows, identifier, literalPath, streamRows } from '../storage/duckdb.js';
import type { InputFile } from '../storage/files.js';
import type { BadDocuments } from './bad-documents.js';
import { documentOf, type RawDocument, type Reading } from './document.js';
import { FIELD_NAMES, type FieldName, type FieldValue } from './field-values.js';
import type { ResolvedSource } from './find-sources.js';
import { folderFields } from './folder-fields.js';

/** Folders such as `month=2024-01/` are no columns: DuckDB would put them in place of the file's own. */
const FILE = 'read_parquet(?, hive_partitioning = false)';

/** Reads the rows of a file, in any order. Wrong columns are added to `problems`. */
export async function* readParquet(
  file: InputFile,
  source: ResolvedSource,
  { connection, problems, signal }: Reading,
  bad: BadDocuments,
): AsyncGenerator<RawDocument> {
  const folders: ReadonlyMap<string, string> = source.folderFields ? folderFields(file.name) : new Map();
  const known = await columnsOf(connection, file);
  const columns: [FieldName, Column][] = [];
  const wrong: Problem[] = [];
  for (const field of FIELD_NAMES) {
    const name = source.fields[field];
    if (name === undefined) continue;
    const column = findColumn(known, field, name);
    if ('sql' in column) columns.push([field, column]);
    else if (column.isMissing && field !== 'text' && folders.has(name)) continue;
    else
      wrong.push({
        configPath: `${source.at}.${field}Field`,
        message: `${file.name} ${column.why}`,
        remedy: column.remedy,
      });
  }
  problems.push(...wrong);
  if (wrong.length > 0) return;
  // A column of the file hides DuckDB's number of the row.
  const row = known.some(({ sql }) => sql.toLowerCase() === '"file_row_number"') ? 'NULL' : 'file_row_number';
  const sql = `SELECT ${row}::DOUBLE, ${columns.map(([, column]) => column.sql).join(', ')} FROM ${FILE}`;
  for await (const [number, ...cells] of streamRows(connection, sql, [literalPath(file.path)])) {
    if (bad.documents++ % 1024 === 0) signal?.throwIfAborted();
    const values: Partial<Record<FieldName, FieldValue>> = {};
    for (const [index, [field, { kind }]] of columns.entries()) values[field] = toFieldValue(cells[index]!, kind);
    const place = number === null ? bad.documents : (number as number) + 1;
    const document = documentOf(values, place, source, file, bad, folders);
    if (document !== undefined) yield document;
  }
}

interface KnownColumn {
  /** The name in the file, in its own letters. */
  readonly name: string;
  readonly sql: string;
  readonly type: DuckDBType;
}

/** The columns of a file. DuckDB renames a column if another differs from it only in case, but keeps their order. */
async function columnsOf(connection: DuckDBConnection, file: InputFile): Promise<KnownColumn[]> {
  const path = [literalPath(file.path)];
  const result = await connection.run(`SELECT * FROM ${FILE} LIMIT 0`, path);
  const schema = await allRows<[string, bigint | null]>(
    connection,
    'SELECT name, num_children::BIGINT FROM parquet_schema(?)',
    path,
  );
  const names: string[] = [];
  // The schema lists the root, then each column followed by its parts.
  let at = 1;
  const pass = (): void => {
    const children = Number(schema[at++]?.[1] ?? 0);
    for (let child = 0; child < children; child++) pass();
  };
  while (at < schema.length) {
    names.push(schema[at]![0]);
    pass();
  }
  const renamed = result.columnNames();
  if (names.length !== renamed.length) throw new Error('its schema cannot be read');
  return renamed.map((name, index) => ({ name: names[index]!, sql: identifier(name), type: result.columnType(index) }));
}

type Kind = 'text' | 'bytes' | 'number' | { readonly word: string };

interface Column {
  readonly sql: string;
  readonly kind: Kind;
}

/** Why a column is not the one that a field needs. */
interface Wrong {
  /** Continues a message that begins with the file's name. */
  readonly why: string;
  readonly remedy: string;
  readonly isMissing: boolean;
}

/** A dotted name is looked up as a column first, then as a path into structs. Names are compared exactly. */
function findColumn(known: readonly KnownColumn[], field: FieldName, name: string): Column | Wrong {
  const missing = (names: readonly string[]): Wrong => ({
    why: `has no column "${name}"; it has ${some(names, 20)}`,
    remedy: 'Name one of its columns; a dot leads into a struct.',
    isMissing: true,
  });
  const keys = known.some((column) => column.name === name) ? [name] : name.split('.');
  const [first, ...rest] = keys as [string, ...string[]];
  const found = known.filter((column) => column.name === first);
  if (found.length === 0) return missing(known.map((column) => column.name));
  if (found.length > 1)
    return { why: `has ${found.length} columns "${first}"`, remedy: 'Rename all but one of them.', isMissing: false };
  let { sql, type } = found[0]!;
  let passed = first;
  for (const key of rest) {
    if (!(type instanceof DuckDBStructType)) return unfit(field, name, `leads into "${passed}"`, type);
    const index = type.entryNames.indexOf(key);
    if (index < 0) return missing(type.entryNames.map((entry) => `${passed}.${entry}`));
    sql = `${sql}.${identifier(key)}`;
    type = type.entryTypes[index]!;
    passed = `${passed}.${key}`;
  }
  const kind = KINDS[type.typeId];
  const isJson = type.alias !== undefined;
  if (kind === undefined || isJson || !fits(kind, field)) return unfit(field, name, 'is', type);
  return { sql: kind === 'bytes' ? sql : `${sql}::VARCHAR`, kind };
}

function fits(kind: Kind, field: FieldName): boolean {
  if (field === 'text') return kind === 'text' || kind === 'bytes';
  return field === 'score' ? kind === 'text' || kind === 'number' : true;
}

const NEEDED: Record<FieldName, string> = {
  text: 'text is needed',
  id: 'text or a number is needed',
  domain: 'text or a number is needed',
  version: 'text, a number or a time is needed',
  score: 'a number is needed',
};

function unfit(field: FieldName, name: string, relation: string, type: DuckDBType): Wrong {
  const shown = type.alias ?? type.toString();
  const short = shown.length > 80 ? `${shown.slice(0, 77)}...` : shown;
  return {
    why: `has no ${field} in "${name}": it ${relation} a column of type ${short}, but ${NEEDED[field]}`,
    remedy: 'Name another column, or convert this one; a dot leads into a struct, not into a list or a map.',
    isMissing: false,
  };
}

const time = { word: 'a time' };

/** What columns of each type hold; columns of other types, such as lists, are refused. */
const KINDS: Partial<Record<DuckDBTypeId, Kind>> = {
  [DuckDBTypeId.VARCHAR]: 'text',
  [DuckDBTypeId.ENUM]: 'text',
  [DuckDBTypeId.BLOB]: 'bytes',
  [DuckDBTypeId.TINYINT]: 'number',
  [DuckDBTypeId.SMALLINT]: 'number',
  [DuckDBTypeId.INTEGER]: 'number',
  [DuckDBTypeId.BIGINT]: 'number',
  [DuckDBTypeId.HUGEINT]: 'number',
  [DuckDBTypeId.UTINYINT]: 'number',
  [DuckDBTypeId.USMALLINT]: 'number',
  [DuckDBTypeId.UINTEGER]: 'number',
  [DuckDBTypeId.UBIGINT]: 'number',
  [DuckDBTypeId.UHUGEINT]: 'number',
  [DuckDBTypeId.FLOAT]: 'number',
  [DuckDBTypeId.DOUBLE]: 'number',
  [DuckDBTypeId.DECIMAL]: 'number',
  [DuckDBTypeId.BOOLEAN]: { word: 'a boolean' },
  [DuckDBTypeId.UUID]: { word: 'a UUID' },
  [DuckDBTypeId.DATE]: time,
  [DuckDBTypeId.TIME]: time,
  [DuckDBTypeId.TIMESTAMP]: time,
  [DuckDBTypeId.TIMESTAMP_S]: time,
  [DuckDBTypeId.TIMESTAMP_MS]: time,
  [DuckDBTypeId.TIMESTAMP_NS]: time,
  [DuckDBTypeId.TIMESTAMP_TZ]: time,
};

function toFieldValue(cell: DuckDBValue, kind: Kind): FieldValue {
  if (cell === null) return { is: 'nothing' };
  if (cell instanceof DuckDBBlobValue) return { is: 'text', text: cell.bytes };
  const text = cell as string;
  if (kind === 'text') return { is: 'text', text };
  if (kind === 'number') return { is: 'number', digits: text };
  const { word } = kind as { word: string };
  // Names sort as text, where a time without end has no place.
  return kind === time && /infinity/.test(text)
    ? { is: 'other', what: 'no finite time' }
    : { is: 'word', what: word, text };
}
