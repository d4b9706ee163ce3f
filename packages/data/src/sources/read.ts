import { isDiskFull, messageOf, type Problem } from '@branchline/core';
import { some } from '../errors.js';
import type { InputFile } from '../storage/files.js';
import { BadDocuments, problemsIn, remedyOfFile } from './bad-documents.js';
import { EncodingError } from './compressed-files.js';
import type { RawDocument, Reading } from './document.js';
import { isOneTextFile, type ResolvedSource } from './find-sources.js';
import { LimitError, readJson } from './json.js';
import { readParquet } from './parquet.js';
import { connectToS3, isOnS3 } from './remote.js';
import { CONVERT, readTextFile } from './text-files.js';

const READERS = { text: readTextFile, jsonl: readJson, parquet: readParquet };

/**
 * Reads all documents of a source, in no particular order. Files and documents that cannot be read are added to the
 * problems instead of thrown, so that all of them are reported; documents that the source skips are added to `skipped`.
 */
export async function* readDocuments(source: ResolvedSource, reading: Reading): AsyncGenerator<RawDocument> {
  const { connection, problems, skipped, signal } = reading;
  if (source.files.some(isOnS3)) await connectToS3(connection);
  const bad: BadDocuments[] = [];
  const texts: BadDocuments[] = [];
  let documents = 0;
  for (const file of source.files) {
    signal?.throwIfAborted();
    const ofFile = new BadDocuments(file, source);
    try {
      for await (const document of READERS[file.format](file, source, reading, ofFile)) {
        documents++;
        yield document;
      }
    } catch (error) {
      signal?.throwIfAborted();
      // The database may need room to read; the file is not to blame.
      if (isDiskFull(error)) throw error;
      if (file.format !== 'text' || !(error instanceof EncodingError)) problems.push(problemOf(file, source, error));
      else if (isOneTextFile(source))
        problems.push({ configPath: source.at, message: `${error.message}: ${file.name}`, remedy: CONVERT });
      else ofFile.addWhole(error.message, CONVERT);
    }
    if (ofFile.isAny) bad.push(ofFile);
    if (file.format === 'text' && file.bytes > 0) texts.push(ofFile);
  }
  if (source.delimiter !== undefined && texts.length > 0 && texts.every(({ isDivided }) => !isDivided))
    problems.push({
      configPath: `${source.at}.delimiter`,
      message: `${JSON.stringify(source.delimiter)} is in no file of the source: ${some(texts.map(({ name }) => name))}`,
      remedy: 'Write what is between two documents of these files, or leave it out.',
    });
  // If a source has bad documents only, a wrong setting is more likely than a file without a good document.
  if (source.skip && documents > 0) skipped.push(...bad.flatMap((one) => one.skipped()));
  else problems.push(...problemsIn(bad, source));
}

function problemOf({ name, format }: InputFile, { at }: ResolvedSource, error: unknown): Problem {
  const reason = messageOf(error).split('\n')[0]!.trimEnd();
  const remedy = error instanceof LimitError ? error.remedy : remedyOfFile(name);
  return { configPath: at, message: `${name} cannot be read as ${format}: ${reason}`, remedy };
}
