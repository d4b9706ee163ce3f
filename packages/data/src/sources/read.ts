import { isDiskFull, messageOf, type Problem } from '@branchline/core';
import { some } from '../errors.js';
import type { InputFile } from '../storage/files.js';
import { BadDocuments, problemsIn, remedyOfFile, type Skipped } from './bad-documents.js';
import type { RawDocument, Reading } from './document.js';
import { isOneTextFile, type ResolvedSource } from './find-sources.js';
import { readJson } from './json.js';
import { readParquet } from './parquet.js';
import { connectToS3, isOnS3 } from './remote.js';
import { CONVERT, readTextFile } from './text-files.js';
import { LimitError, WrongEncodingError } from './unreadable.js';

const READERS = { text: readTextFile, jsonl: readJson, parquet: readParquet };

/** What reading files of a source found besides documents. */
export class Findings {
  /** Number of documents that could be read. */
  documents = 0;
  /** Whether the delimiter of the source is in one of the files. */
  isDivided = false;
  /** Files with documents that could not be read. */
  readonly bad: BadDocuments[] = [];
  /** Whether a file could not be read; its problems are reported already. */
  isBroken = false;

  constructor(readonly source: ResolvedSource) {}

  /** What the source skips, if it skips anything. */
  get skipped(): readonly Skipped[] {
    return this.source.skip ? this.bad.flatMap((one) => one.skipped()) : [];
  }

  /** Whether nothing needs to be reported, whatever the other files of the source have. */
  get isGood(): boolean {
    return !this.isBroken && (this.bad.length === 0 || (this.source.skip === true && this.documents > 0));
  }
}

/**
 * Reads the documents of some files of a source, in no particular order. Files that cannot be read are added to the
 * problems instead of thrown, so that all of them are reported. Documents that cannot be read are added to `findings`,
 * to be judged by `judge` when all files are read.
 */
export async function* readFiles(
  files: readonly InputFile[],
  source: ResolvedSource,
  reading: Reading,
  findings: Findings,
): AsyncGenerator<RawDocument> {
  const { connection, problems, signal } = reading;
  if (files.some(isOnS3)) await connectToS3(connection);
  for (const file of files) {
    signal?.throwIfAborted();
    const bad = new BadDocuments(file, source);
    const before = problems.length;
    try {
      for await (const document of READERS[file.format](file, source, reading, bad)) {
        findings.documents++;
        yield document;
      }
    } catch (error) {
      signal?.throwIfAborted();
      // The database may need room to read; the file is not to blame.
      if (isDiskFull(error)) throw error;
      if (file.format !== 'text' || !(error instanceof WrongEncodingError))
        problems.push(problemOf(file, source, error));
      else if (isOneTextFile(source))
        problems.push({ configPath: source.at, message: `${error.message}: ${file.name}`, remedy: CONVERT });
      else bad.addWhole(error.message, CONVERT);
    }
    if (problems.length > before) findings.isBroken = true;
    if (bad.isAny) findings.bad.push(bad);
    findings.isDivided ||= bad.isDivided;
  }
}

/** Judges a source by the findings in all its files: adds to `problems`, or to `skipped` what it leaves out. */
export function judge(
  source: ResolvedSource,
  found: readonly (Pick<Findings, 'documents' | 'isDivided' | 'skipped'> & {
    readonly bad?: readonly BadDocuments[];
  })[],
  problems: Problem[],
  skipped: Skipped[],
): void {
  const texts = source.files.filter(({ format, bytes }) => format === 'text' && bytes > 0);
  if (source.delimiter !== undefined && texts.length > 0 && !found.some(({ isDivided }) => isDivided))
    problems.push({
      configPath: `${source.at}.delimiter`,
      message: `${JSON.stringify(source.delimiter)} is in no file of the source: ${some(texts.map(({ name }) => name))}`,
      remedy: 'Write what is between two documents of these files, or leave it out.',
    });
  // If a source has bad documents only, a wrong setting is more likely than a file without a good document.
  if (source.skip && found.some(({ documents }) => documents > 0)) skipped.push(...found.flatMap((one) => one.skipped));
  else
    problems.push(
      ...problemsIn(
        found.flatMap(({ bad = [] }) => bad),
        source,
      ),
    );
}

function problemOf({ name, format }: InputFile, { at }: ResolvedSource, error: unknown): Problem {
  const reason = messageOf(error).split('\n')[0]!.trimEnd();
  const remedy = error instanceof LimitError ? error.remedy : remedyOfFile(name);
  return { configPath: at, message: `${name} cannot be read as ${format}: ${reason}`, remedy };
}
