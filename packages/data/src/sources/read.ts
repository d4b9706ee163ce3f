import { isUtf8 } from 'node:buffer';
import { gunzipSync } from 'node:zlib';
import type { Problem } from '@branchline/core';
import { type DuckDBBlobValue, type DuckDBConnection, type DuckDBValue, listValue } from '@duckdb/node-api';
import { some } from '../errors.js';
import { streamRows } from '../storage/duckdb.js';
import { type InputFile, MAX_TEXT_FILE } from '../storage/files.js';
import { damageOf } from './compressed-files.js';
import type { ResolvedSource, SourceFields } from './find-sources.js';
import { connectToS3, isOnS3 } from './remote.js';

/** A document as read from a source. */
export interface RawDocument {
  readonly file: InputFile;
  /** UTF-8. */
  readonly text: Uint8Array;
  readonly id?: string;
  readonly domain?: string;
  readonly version?: string;
  readonly score?: number;
}

/** Limits of the text files read by one query; their contents are in memory together. */
const BATCH_BYTES = 32 * 2 ** 20;
const BATCH_FILES = 256;

/** Escapes a path for DuckDB, which reads every path as a glob. */
function literal(path: string): string {
  return path.replace(/[[*?]/g, '[$&]');
}

/** Quotes an SQL identifier; identifiers cannot be bound as parameters. */
function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/**
 * Reads all documents of a source, in no particular order. Unreadable files are added to `problems` instead of thrown,
 * so that all of them are reported.
 */
export async function* readDocuments(
  connection: DuckDBConnection,
  source: ResolvedSource,
  problems: Problem[],
  signal?: AbortSignal,
): AsyncGenerator<RawDocument> {
  if (source.files.some(isOnS3)) await connectToS3(connection);
  yield* readText(
    connection,
    source,
    source.files.filter((file) => file.format === 'text'),
    problems,
    signal,
  );
  for (const file of source.files.filter((file) => file.format !== 'text')) {
    signal?.throwIfAborted();
    try {
      const damage = file.format === 'jsonl' && !isOnS3(file) ? await damageOf(file.path, signal) : undefined;
      if (damage !== undefined) throw new Error(damage);
      yield* readRows(connection, file, source, problems, signal);
    } catch (error) {
      signal?.throwIfAborted();
      const reason = correctPosition((error as Error).message.split('\n')[0]!.trimEnd());
      const remedy = `Repair the file, or leave it out with "!${file.name}".`;
      problems.push({
        configPath: source.at,
        message: `${file.name} cannot be read as ${file.format}: ${reason}`,
        remedy,
      });
    }
  }
}

/** Removes the path from a DuckDB message and corrects its JSON line numbers, which start at 2. */
function correctPosition(reason: string): string {
  return reason.replace(
    / in file ".*", at byte (\d+) in line (\d+)/,
    (_, byte: string, line: string) => ` at byte ${byte} of line ${Number(line) - 1}`,
  );
}

async function* readText(
  connection: DuckDBConnection,
  source: ResolvedSource,
  files: readonly InputFile[],
  problems: Problem[],
  signal?: AbortSignal,
): AsyncGenerator<RawDocument> {
  const bad: string[] = [];
  const long: string[] = [];
  for (let start = 0; start < files.length; ) {
    let end = start;
    let bytes = 0;
    do bytes += files[end++]!.bytes;
    while (end < files.length && end - start < BATCH_FILES && bytes + files[end]!.bytes <= BATCH_BYTES);
    const batch = new Map(files.slice(start, end).map((file) => [file.path, file]));
    start = end;
    signal?.throwIfAborted();
    // read_text fails for the whole batch if one file is not UTF-8; with blobs each bad file can be named.
    const sql = 'SELECT filename, content FROM read_blob(?)';
    for await (const [filename, content] of streamRows(connection, sql, [listValue([...batch.keys()].map(literal))])) {
      const file = batch.get(filename as string)!;
      const text = unpack(file, (content as DuckDBBlobValue).bytes);
      if (text === 'too long') long.push(file.name);
      else if (text && isUtf8(text)) yield { file, text, id: file.name };
      else bad.push(file.name);
    }
  }
  if (bad.length > 0)
    problems.push({
      configPath: source.at,
      message: `not text in UTF-8: ${some(bad.sort())}`,
      remedy: 'Convert them to UTF-8 (iconv), or leave them out with a narrower glob or "!glob".',
    });
  if (long.length > 0)
    problems.push({
      configPath: source.at,
      message: `unpacked, a text file has at most ${MAX_TEXT_FILE} bytes: ${some(long.sort())}`,
      remedy: 'Split them into files, or store their documents as JSONL or Parquet.',
    });
}

function unpack(file: InputFile, content: Uint8Array): Uint8Array | 'too long' | undefined {
  if (!/\.gz$/i.test(file.path)) return content;
  try {
    // Limit the output: a small file can unpack to more than fits into memory.
    return gunzipSync(content, { maxOutputLength: MAX_TEXT_FILE });
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? 'too long' : undefined;
  }
}

const COLUMNS = ['text', 'id', 'domain', 'version', 'score'] as const;

async function* readRows(
  connection: DuckDBConnection,
  file: InputFile,
  source: ResolvedSource,
  problems: Problem[],
  signal?: AbortSignal,
): AsyncGenerator<RawDocument> {
  const query =
    file.format === 'jsonl' ? jsonQuery(file, source.fields) : await parquetQuery(connection, file, source, problems);
  if (!query) return;
  const counts = { rows: 0, text: 0, domain: 0, version: 0, score: 0 };
  for await (const [text, id, domain, version, score] of streamRows(connection, query.sql, query.values)) {
    if (counts.rows++ % 1024 === 0) signal?.throwIfAborted();
    if (text === null) counts.text++;
    const number = toNumber(score as string | null);
    if (source.fields.domain && domain === null) counts.domain++;
    if (source.fields.version && version === null) counts.version++;
    if (source.fields.score && number === undefined) counts.score++;
    if (text === null) continue;
    yield {
      file,
      text: Buffer.from(text as string, 'utf8'),
      id: (id as string | null) ?? undefined,
      domain: (domain as string | null) ?? undefined,
      version: (version as string | null) ?? undefined,
      score: number,
    };
  }
  for (const key of ['text', 'domain', 'version', 'score'] as const) {
    if (counts[key] === 0) continue;
    const field = source.fields[key]!;
    const what = key === 'score' ? 'no number' : 'nothing';
    const known = file.format === 'jsonl' ? await jsonKeys(connection, file) : '';
    problems.push({
      configPath: `${source.at}.${key}Field`,
      message: `${counts[key]} of ${counts.rows} documents of ${file.name} have ${what} in "${field}"${known}`,
      remedy: 'Name the right field, or repair or drop these documents.',
    });
  }
}

function toNumber(value: string | null): number | undefined {
  if (value === null || value.trim() === '') return undefined;
  const number = Number(value);
  return Number.isFinite(number) ? number : undefined;
}

/** A dotted name is looked up as a key first, then as a path into nested objects. */
function jsonQuery(file: InputFile, fields: SourceFields): { sql: string; values: DuckDBValue[] } {
  const quote = (key: string) => key.replaceAll('~', '~0').replaceAll('/', '~1');
  const values: DuckDBValue[] = [];
  const columns = COLUMNS.map((column) => {
    const name = fields[column];
    if (name === undefined) return 'NULL';
    values.push(`/${quote(name)}`, `/${name.split('.').map(quote).join('/')}`);
    return 'coalesce(json_extract_string(json, ?), json_extract_string(json, ?))';
  });
  const format = /\.json(\.gz|\.zst)?$/i.test(file.path) ? 'auto' : 'newline_delimited';
  values.push(literal(file.path), format);
  return { sql: `SELECT ${columns.join(', ')} FROM read_json_objects(?, format = ?)`, values };
}

async function jsonKeys(connection: DuckDBConnection, file: InputFile): Promise<string> {
  const sql = 'SELECT json_keys(json)::VARCHAR FROM read_json_objects(?) LIMIT 1';
  const reader = await connection.runAndReadAll(sql, [literal(file.path)]);
  const keys = reader.getRows()[0]?.[0] as string | undefined;
  return keys ? `; the first has ${keys}` : '';
}

async function parquetQuery(
  connection: DuckDBConnection,
  file: InputFile,
  source: ResolvedSource,
  problems: Problem[],
): Promise<{ sql: string; values: DuckDBValue[] } | undefined> {
  const described = await connection.runAndReadAll('DESCRIBE SELECT * FROM read_parquet(?)', [literal(file.path)]);
  const known = described.getRows().map((row) => row[0] as string);
  let complete = true;
  const columns = COLUMNS.map((column) => {
    const name = source.fields[column];
    if (name === undefined) return 'NULL';
    const path = known.includes(name) ? [name] : name.split('.');
    if (!known.includes(path[0]!)) {
      complete = false;
      problems.push({
        configPath: `${source.at}.${column}Field`,
        message: `${file.name} has no column "${name}"; it has ${some(known, 20)}`,
        remedy: 'Name one of its columns; a dot leads into a struct.',
      });
    }
    return `${path.map(identifier).join('.')}::VARCHAR`;
  });
  if (!complete) return undefined;
  return { sql: `SELECT ${columns.join(', ')} FROM read_parquet(?)`, values: [literal(file.path)] };
}
