/** Reads documents from text files. */

import { isUtf8 } from 'node:buffer';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { DuckDBBlobValue, DuckDBConnection } from '@duckdb/node-api';
import { allRows, literalPath } from '../storage/duckdb.js';
import { type InputFile, MAX_DOCUMENT } from '../storage/files.js';
import type { BadDocuments } from './bad-documents.js';
import { type Bytes, bytesOf, isGzip } from './bytes.js';
import { cutAtLineEnds } from './cut.js';
import { documentOf, type RawDocument, type Reading } from './document.js';
import { withoutMark } from './encoding-mark.js';
import type { FieldName, FieldValue } from './field-values.js';
import { isOneTextFile, type ResolvedSource } from './find-sources.js';
import { folderFields } from './folder-fields.js';
import { isOnS3 } from './remote.js';
import { isBlank, type Part, separatorOf, splitBytes } from './split-bytes.js';
import { NOT_UTF8, TOO_LONG, WrongEncodingError } from './unreadable.js';

/** A source of one text file is divided into about this many documents... */
const PIECES = 256;
/** ...of at least so many bytes. */
const SMALLEST_PIECE = 1024;

/**
 * Reads the documents of a file: what its delimiter divides; pieces, if it is all of its source; else the whole file.
 */
export async function* readTextFile(
  file: InputFile,
  source: ResolvedSource,
  { connection, maxDocumentBytes, signal }: Reading,
  bad: BadDocuments,
): AsyncGenerator<RawDocument> {
  const bytes = withoutMark(isOnS3(file) ? blobOf(connection, file) : bytesOf(file));
  const { delimiter } = source;
  const isOne = isOneTextFile(source);
  const isWhole = delimiter === undefined && !isOne;
  const parts =
    delimiter !== undefined
      ? splitBytes(bytes, separatorOf(delimiter), MAX_DOCUMENT)
      : isOne
        ? pieces(bytes, maxDocumentBytes)
        : whole(bytes);
  const folders: ReadonlyMap<string, string> = source.folderFields ? folderFields(file.name) : new Map();
  for await (const { place, content } of parts) {
    if (place % 1024 === 0) signal?.throwIfAborted();
    if (place > 1) bad.isDivided = true;
    if (content !== undefined && (content.length === 0 || (delimiter !== undefined && isBlank(content)))) continue;
    bad.documents++;
    const [what, remedy] = content === undefined ? [TOO_LONG, SHORTER] : [NOT_UTF8, CONVERT];
    if (content === undefined || !isUtf8(content)) {
      // A piece is no document: what is left of a text in another encoding is not to be trained on.
      if (isOne) throw new WrongEncodingError(what);
      if (isWhole) bad.addWhole(what, remedy);
      else bad.add(place, what, undefined, remedy);
      continue;
    }
    const values: Partial<Record<FieldName, FieldValue>> = { text: { is: 'text', text: content } };
    const document = documentOf(values, place, source, file, bad, folders);
    if (document !== undefined)
      yield delimiter === undefined && document.id === undefined ? { ...document, id: file.name } : document;
  }
}

const SHORTER =
  'Divide it with delimiter in the source, split it into files, or store its documents as JSONL or Parquet.';
/** Remedy for text in another encoding. */
export const CONVERT = 'Convert them to UTF-8 (iconv), or leave them out with a narrower glob or "!glob".';

/** A file that only DuckDB reaches; it is in memory as a whole. */
async function* blobOf(connection: DuckDBConnection, file: InputFile): AsyncGenerator<Buffer> {
  const sql = 'SELECT content FROM read_blob(?)';
  const [[content]] = (await allRows<[DuckDBBlobValue]>(connection, sql, [literalPath(file.path)])) as [
    [DuckDBBlobValue],
  ];
  const bytes = Buffer.from(content.bytes);
  if (isGzip(file.name)) yield* Readable.from([bytes]).pipe(createGunzip()) as AsyncIterable<Buffer>;
  else yield bytes;
}

/** The whole file, if it is no longer than a document may be. */
async function* whole(bytes: Bytes): AsyncGenerator<Part> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of bytes) {
    length += chunk.length;
    if (length > MAX_DOCUMENT) {
      yield { place: 1, content: undefined };
      return;
    }
    chunks.push(chunk);
  }
  yield { place: 1, content: Buffer.concat(chunks) };
}

/**
 * Pieces of one text, cut at line ends. The size of a piece depends on the length of the text, so that a short one has
 * enough pieces to hold some out of every version. From `MAX_DOCUMENT` bytes on it is always the same, and the text is
 * never in memory as a whole.
 */
async function* pieces(bytes: Bytes, maxDocumentBytes: number): AsyncGenerator<Part> {
  let place = 1;
  let size: number | undefined;
  let pending: Buffer[] = [];
  let length = 0;
  const sizeFor = (total: number) => Math.min(maxDocumentBytes, Math.max(SMALLEST_PIECE, Math.floor(total / PIECES)));
  function* cut(isLast: boolean): Generator<Part> {
    const text = Buffer.concat(pending);
    const cuts = cutAtLineEnds(text, size!);
    // The last piece may continue in the next chunk.
    const rest = isLast ? undefined : cuts.pop();
    for (const [start, end] of cuts) yield { place: place++, content: text.subarray(start, end) };
    pending = rest === undefined ? [] : [text.subarray(rest[0])];
    length = rest === undefined ? 0 : rest[1] - rest[0];
  }
  for await (const chunk of bytes) {
    pending.push(chunk);
    length += chunk.length;
    if (length < (size === undefined ? MAX_DOCUMENT : 4 * size)) continue;
    size ??= sizeFor(MAX_DOCUMENT);
    yield* cut(false);
  }
  size ??= sizeFor(length);
  yield* cut(true);
}
