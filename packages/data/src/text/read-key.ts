import { type Digest, digestJson, type JsonValue } from '@branchline/core';
import type { DataSettings } from '../config/schema.js';
import { isOneTextFile, type ResolvedSource } from '../sources/find-sources.js';
import type { InputFile } from '../storage/files.js';

/** Part of the keys of entries. Increment it when reading the same files gives other documents, pieces or tokens. */
const RULES = 1;

/**
 * Key of what is read from files of a source: covers the files, everything that decides how documents are read and cut,
 * and `more`. No local paths.
 */
export function readKey(
  files: readonly InputFile[],
  source: ResolvedSource,
  { maxDocumentBytes, seed }: DataSettings,
  more: Readonly<Record<string, unknown>>,
): Digest {
  const { fields, delimiter, skip, folderFields, corrupt } = source;
  const content = {
    rules: RULES,
    files: files.map(({ name, format, domain, digest }) => ({ name, format, domain, digest })),
    reading: { fields, delimiter, skip, folderFields, isOne: isOneTextFile(source), maxDocumentBytes },
    noise: corrupt && { share: corrupt, seed },
    ...more,
  };
  // The round trip through JSON drops undefined values.
  return digestJson(JSON.parse(JSON.stringify(content)) as JsonValue);
}
