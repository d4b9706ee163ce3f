/** From the fields of a file to a document, or to what is wrong with it. */
import type { Problem } from '@branchline/core';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { InputFile } from '../storage/files.js';
import type { BadDocuments } from './bad-documents.js';
import { type FieldName, type FieldsRead, type FieldValue, nameIn, scoreIn, textIn, Unfit } from './field-values.js';
import type { ResolvedSource } from './find-sources.js';

/** A document as read from a source. */
export interface RawDocument extends FieldsRead {
  readonly file: InputFile;
}

/** Options and outputs of reading. */
export interface Reading {
  /** Connection that reads Parquet, zstd and S3. */
  readonly connection: DuckDBConnection;
  /** Receives a problem for each file that cannot be read, so that all of them are reported. */
  readonly problems: Problem[];
  /** Longest document; a source of one text file is divided into pieces of at most this size. */
  readonly maxDocumentBytes: number;
  readonly signal?: AbortSignal;
}

/** Remedy for lists and objects. */
const FLAT = 'Name a field with a single value, or convert the file; a dot leads into an object, not into a list.';

const NOTHING: FieldValue = { is: 'nothing' };

/**
 * The document with these values. Undefined, and recorded in `bad`, if one of them is not what its field needs.
 *
 * @param folders Values of the folders of the file, for fields that the document lacks.
 */
export function documentOf(
  values: Readonly<Partial<Record<FieldName, FieldValue>>>,
  place: number,
  { fields, skip }: ResolvedSource,
  file: InputFile,
  bad: BadDocuments,
  folders: ReadonlyMap<string, string>,
): RawDocument | undefined {
  let isBad = false;
  const refuse = (field: FieldName, { what, at }: Unfit): undefined => {
    const isNested = what === 'a list' || what === 'an object';
    // A skipped document is counted once.
    if (!isBad || !skip) bad.add(place, `${what} in "${at ?? fields[field]}"`, field, isNested ? FLAT : undefined);
    isBad = true;
  };
  const value = (field: FieldName): FieldValue => {
    const read = values[field] ?? NOTHING;
    const inFolder = read.is === 'nothing' && field !== 'text' ? folders.get(fields[field] ?? '') : undefined;
    return inFolder === undefined ? read : { is: 'text', text: inFolder };
  };
  const name = (field: 'id' | 'domain' | 'version'): string | undefined => {
    if (fields[field] === undefined) return undefined;
    const read = nameIn(value(field));
    if (read instanceof Unfit) return refuse(field, read);
    if (read === undefined && field !== 'id') return refuse(field, new Unfit('nothing'));
    return read;
  };
  const text = textIn(value('text'));
  if (text instanceof Unfit) refuse('text', text);
  const id = name('id');
  const domain = name('domain');
  const version = name('version');
  const score = fields.score === undefined ? undefined : scoreIn(value('score'));
  if (score instanceof Unfit) refuse('score', score);
  return isBad
    ? undefined
    : { file, text: text as Uint8Array, id, domain, version, score: score as number | undefined };
}
