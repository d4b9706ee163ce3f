/** What is in a folder, for a first experiment: formats, sizes, fields and dates. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { BranchlineError, messageOf, type Problem } from '@branchline/core';
import type { DuckDBConnection } from '@duckdb/node-api';
import { failOn } from './errors.js';
import { type SkippedFile, surveyFiles } from './sources/find-sources.js';
import { allRows, identifier, literalPath, openScratch, quote } from './storage/duckdb.js';
import type { FileFormat } from './storage/files.js';

/** Values of a field are listed if it has at most so many: the days of ten years. */
const MOST_VALUES = 3_660;

/** A file that can be read. */
export interface SurveyedFile {
  /** Relative to the folder, with forward slashes. */
  readonly name: string;
  readonly format: FileFormat;
  readonly bytes: number;
}

/** A field of the documents of JSONL or Parquet files. */
export interface FieldSurvey {
  readonly name: string;
  /** Mean length as text, in characters. */
  readonly length: number;
  readonly distinct: number;
  /** The values, ascending as text, each with the bytes of text of its documents; absent if there are many. */
  readonly values?: readonly { readonly value: string; readonly bytes: number }[];
}

/** The documents of JSONL or Parquet files. */
export interface DocumentSurvey {
  readonly documents: number;
  /** The field with the text: the longest one. */
  readonly text: string;
  /** UTF-8 bytes of it in all documents. */
  readonly bytes: number;
  /** The other fields that hold a text or a number and no document lacks. */
  readonly fields: readonly FieldSurvey[];
}

/** The content of a folder. */
export interface FolderSurvey {
  readonly files: readonly SurveyedFile[];
  /** Files that are no text. */
  readonly skippedFiles: readonly SkippedFile[];
  /** Format of the files that have the most bytes. */
  readonly format: FileFormat;
  /** The documents in files of that format, unless it is text. */
  readonly documents?: DocumentSurvey;
}

/**
 * Looks at everything in a folder; JSONL and Parquet files are read once. Patterns that begin with `!` leave files out.
 * Throws a BranchlineError: `config` if there is no text, `data` for files that cannot be read.
 */
export async function surveyFolder(folder: string, without: readonly string[] = []): Promise<FolderSurvey> {
  const problems: Problem[] = [];
  const { files, skippedFiles } = await surveyFiles(['.', ...without], folder, problems);
  failOn('config', problems);
  const bytesIn = (format: FileFormat) =>
    files.reduce((sum, file) => sum + (file.format === format ? file.bytes : 0), 0);
  const [format] = (['text', 'jsonl', 'parquet'] as const).toSorted((a, b) => bytesIn(b) - bytesIn(a));
  const found = {
    files: files.map(({ name, format: own, bytes }) => ({ name, format: own, bytes })),
    skippedFiles,
    format: format!,
  };
  if (format === 'text') return found;
  const scratch = mkdtempSync(path.join(tmpdir(), 'branchline-survey-'));
  const database = await openScratch(scratch);
  try {
    const own = files.filter((file) => file.format === format).map((file) => quote(literalPath(file.path)));
    const reader = format === 'jsonl' ? 'read_json_auto' : 'read_parquet';
    const documents = await surveyDocuments(
      await database.connect(),
      `${reader}([${own.join(', ')}], union_by_name = true)`,
    );
    return { ...found, documents };
  } catch (cause) {
    if (cause instanceof BranchlineError) throw cause;
    const remedy = 'Repair the file, or move it out of the folder.';
    throw new BranchlineError('data', { message: `${folder}: ${messageOf(cause).split('\n')[0]}`, remedy }, { cause });
  } finally {
    database.close();
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function surveyDocuments(connection: DuckDBConnection, table: string): Promise<DocumentSurvey> {
  await connection.run(`CREATE TABLE documents AS SELECT * FROM ${table}`);
  const columns = await allRows<[string, string]>(
    connection,
    'SELECT column_name, column_type FROM (DESCRIBE documents)',
  );
  const plain = columns.filter(([, type]) =>
    /^(VARCHAR|DATE|TIMESTAMP|[US]?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|DOUBLE|FLOAT)/.test(type),
  );
  const fields: (FieldSurvey & { readonly total: number; readonly isText: boolean; readonly missing: number })[] = [];
  for (const [name, type] of plain) {
    const value = `CAST(${identifier(name)} AS VARCHAR)`;
    const [row] = await allRows<[bigint, bigint, number | null, bigint]>(
      connection,
      `SELECT count(*) - count(${value}), count(DISTINCT ${value}), avg(length(${value})), coalesce(sum(strlen(${value})), 0)::BIGINT FROM documents`,
    );
    const [missing, distinct, length, total] = row!;
    fields.push({
      ...{ name, distinct: Number(distinct), length: length ?? 0, total: Number(total), missing: Number(missing) },
      isText: type === 'VARCHAR',
    });
  }
  const text = fields.filter(({ isText }) => isText).sort((a, b) => b.total - a.total)[0];
  if (text === undefined || text.total === 0) {
    const message = `no field holds text; there are ${columns.map(([name]) => name).join(', ')}`;
    throw new BranchlineError('data', { message, remedy: 'Name a folder whose documents have text.' });
  }
  const [count] = await allRows<[bigint]>(connection, 'SELECT count(*) FROM documents');
  const others: FieldSurvey[] = [];
  for (const { name, length, distinct, missing } of fields) {
    if (name === text.name || missing > 0) continue;
    const values = distinct > MOST_VALUES ? undefined : await valuesOf(connection, name, text.name);
    others.push({ name, length, distinct, ...(values && { values }) });
  }
  return { documents: Number(count![0]), text: text.name, bytes: text.total, fields: others };
}

async function valuesOf(connection: DuckDBConnection, field: string, text: string) {
  const rows = await allRows<[string, bigint]>(
    connection,
    `SELECT CAST(${identifier(field)} AS VARCHAR) AS value, sum(strlen(${identifier(text)}))::BIGINT FROM documents GROUP BY value ORDER BY value`,
  );
  return rows.map(([value, bytes]) => ({ value, bytes: Number(bytes) }));
}
