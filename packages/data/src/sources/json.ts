/** Reads documents from JSONL and `.json` files. */
import { isUtf8 } from 'node:buffer';
import type { DuckDBConnection } from '@duckdb/node-api';
import { literalPath } from '../storage/duckdb.js';
import { type InputFile, MAX_DOCUMENT } from '../storage/files.js';
import type { BadDocuments } from './bad-documents.js';
import { bytesOf, isGzip, isZstd } from './bytes.js';
import { documentOf, type RawDocument, type Reading } from './document.js';
import { withoutMark } from './encoding-mark.js';
import { FIELD_NAMES, type FieldName, type FieldValue } from './field-values.js';
import type { ResolvedSource } from './find-sources.js';
import { folderFields } from './folder-fields.js';
import { jsonValues } from './json-values.js';
import { isOnS3 } from './remote.js';
import { isBlank, LINE_END, splitBytes } from './split-bytes.js';
import { LimitError, NOT_UTF8, TOO_LONG } from './unreadable.js';
import { MAX_ZSTD_WINDOW, zstdHeaders } from './zstd.js';

/** Reads the objects of a file, in their order. Throws an error that describes damage to the file. */
export async function* readJson(
  file: InputFile,
  source: ResolvedSource,
  { connection, signal }: Reading,
  bad: BadDocuments,
): AsyncGenerator<RawDocument> {
  if (isZstd(file.name) && !isOnS3(file)) await checkZstd(file);
  const bytes = withoutMark(isZstd(file.name) || isOnS3(file) ? linesOf(connection, file) : bytesOf(file));
  const isJson = /\.json(\.gz|\.zst)?$/i.test(file.name);
  const parts = isJson ? jsonValues(bytes, MAX_DOCUMENT) : splitBytes(bytes, LINE_END, MAX_DOCUMENT);
  const folders = source.folderFields ? folderFields(file.name) : NO_FOLDERS;
  const lookups = FIELD_NAMES.flatMap((field): [FieldName, readonly string[]][] => {
    const name = source.fields[field];
    return name === undefined ? [] : [[field, name.split('.')]];
  });
  for await (const { place, content } of parts) {
    if (bad.documents % 1024 === 0) signal?.throwIfAborted();
    if (content === undefined) {
      bad.documents++;
      bad.add(place, TOO_LONG, undefined, SHORTER);
      continue;
    }
    if (isBlank(content)) continue;
    bad.documents++;
    const object = isUtf8(content) ? parseJson(content.toString('utf8')) : { not: NOT_UTF8 };
    if ('not' in object) {
      bad.add(place, object.not);
      continue;
    }
    if (bad.hint === '') bad.hint = `; the first has [${Object.keys(object.value).join(', ')}]`;
    const values: Partial<Record<FieldName, FieldValue>> = {};
    for (const [field, path] of lookups) values[field] = lookUp(object, source.fields[field]!, path);
    const document = documentOf(values, place, source, file, bad, folders);
    if (document !== undefined) yield document;
  }
}

const NO_FOLDERS: ReadonlyMap<string, string> = new Map();
const SHORTER = 'Store longer text as several documents.';

async function checkZstd(file: InputFile): Promise<void> {
  const { damage, window } = await zstdHeaders(file.path);
  if (damage !== undefined) throw new Error(damage);
  if (window > MAX_ZSTD_WINDOW)
    throw new LimitError(
      `its zstd window has ${window} bytes, and the limit is ${MAX_ZSTD_WINDOW}`,
      'Compress it with a smaller window (zstd --long=27 at most), with gzip, or not at all.',
    );
}

/**
 * The lines of a file that only DuckDB unpacks or reaches. Its reader of CSV is used for one column without quotes, in
 * the order of the file. With an empty `nullstr`, an empty line is a row; otherwise it would be left out. Line ends are
 * those of the first line: after an LF, each CRLF would count as two.
 */
async function* linesOf(connection: DuckDBConnection, file: InputFile): AsyncGenerator<Buffer> {
  const sql = `
    SELECT line FROM read_csv(?, columns = {'line': 'VARCHAR'}, auto_detect = false, header = false, delim = '\u0001',
      quote = '', escape = '', comment = '', nullstr = '', encoding = 'utf-8',
      strict_mode = false, parallel = false, hive_partitioning = false, compression = ?, max_line_size = ${MAX_DOCUMENT},
      buffer_size = ${2 * MAX_DOCUMENT})`;
  const compression = isZstd(file.name) ? 'zstd' : isGzip(file.name) ? 'gzip' : 'none';
  try {
    const result = await connection.stream(sql, [literalPath(file.path), compression]);
    for await (const rows of result.yieldRows())
      yield Buffer.from(rows.map(([line]) => `${(line as string | null) ?? ''}\n`).join(''));
  } catch (error) {
    const reason = (error as Error).message;
    const place = /^.*Line: \d+/.exec(reason)?.[0].replace(/^.*Line: /, ' in line ') ?? '';
    if (/Maximum line size of \d+ bytes exceeded/.test(reason)) throw new LimitError(`${TOO_LONG}${place}`, SHORTER);
    if (/This file is not utf-8 encoded/.test(reason)) throw new Error(`${NOT_UTF8}${place}`, { cause: error });
    throw error;
  }
}

/** An object of a file, and its numbers where JavaScript cannot hold them. */
interface Parsed {
  readonly value: Readonly<Record<string, unknown>>;
  /** Whether numbers are texts that begin with `NUMBER`. */
  readonly isMarked: boolean;
}

const NOT_JSON = { not: 'not JSON' } as const;

/** Parses an object. Python and DuckDB also write NaN and Infinity, which are read as numbers that no field can be. */
function parseJson(text: string): Parsed | { readonly not: string } {
  let value: unknown;
  let isMarked: boolean;
  try {
    isMarked = LONG_INTEGER.test(text);
    value = JSON.parse(isMarked ? marked(text) : text);
  } catch {
    isMarked = true;
    try {
      value = JSON.parse(marked(text));
    } catch {
      return NOT_JSON;
    }
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return { value: value as Parsed['value'], isMarked };
  return { not: `${value === null ? 'null' : describe(value)} instead of an object` };
}

/** An integer that may not be exact in JavaScript. */
const LONG_INTEGER = /[:,[\s]-?\d{16,}[\s,\]}]/;
/** Numbers that JSON or JavaScript cannot hold: a whole number, not digits after a decimal point or in an exponent. */
const INEXACT = /(?<![\d.eE+-])-?\b(?:NaN|Infinity|\d{16,}(?![\d.eE]))\b/g;
/** Begins the text that stands for a number; JSON cannot hold U+0000 unescaped. */
const NUMBER = '\u0000number ';

/** Replaces numbers that JavaScript cannot read exactly by texts. A regular expression could not pass long strings. */
function marked(text: string): string {
  let result = '';
  let at = 0;
  while (at < text.length) {
    const quote = text.indexOf('"', at);
    const outside = text.slice(at, quote < 0 ? text.length : quote);
    result += outside.replace(INEXACT, (token) => `"\\u0000number ${token}"`);
    if (quote < 0) break;
    at = endOfString(text, quote);
    result += text.slice(quote, at);
  }
  return result;
}

/** Position after the string that begins at `quote`. */
function endOfString(text: string, quote: number): number {
  for (let end = text.indexOf('"', quote + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let slashes = 0;
    while (text[end - 1 - slashes] === '\\') slashes++;
    if (slashes % 2 === 0) return end + 1;
  }
  return text.length;
}

/** A dotted name is looked up as a key first, then as a path into nested objects. Keys are compared exactly. */
function lookUp({ value, isMarked }: Parsed, name: string, path: readonly string[]): FieldValue {
  if (Object.hasOwn(value, name)) return toFieldValue(value[name], isMarked);
  let inner: unknown = value;
  for (const [index, key] of path.entries()) {
    if (Array.isArray(inner)) return { is: 'other', what: 'a list', at: path.slice(0, index).join('.') };
    if (typeof inner !== 'object' || inner === null || !Object.hasOwn(inner, key)) return { is: 'nothing' };
    inner = (inner as Record<string, unknown>)[key];
  }
  return toFieldValue(inner, isMarked);
}

function toFieldValue(value: unknown, isMarked: boolean): FieldValue {
  if (value === null || value === undefined) return { is: 'nothing' };
  if (typeof value === 'number') return { is: 'number', digits: String(value) };
  if (typeof value === 'boolean') return { is: 'word', what: 'a boolean', text: String(value) };
  if (typeof value !== 'string') return { is: 'other', what: describe(value) };
  if (isMarked && value.startsWith(NUMBER)) return { is: 'number', digits: value.slice(NUMBER.length) };
  return { is: 'text', text: value };
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : typeof value === 'string' ? 'a text' : `a ${typeof value}`;
}
