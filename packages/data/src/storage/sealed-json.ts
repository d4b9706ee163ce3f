/** JSON files of the cache that carry the digest of their content. */
import { readFileSync } from 'node:fs';
import { digestJson, type JsonValue } from '@branchline/core';
import { z } from 'zod';
import { FileWriter } from './file-writer.js';

/** Writes and syncs a file with a value and its digest. */
export function writeSealed(file: string, content: unknown): void {
  const writer = new FileWriter(file);
  writer.write(Buffer.from(`${JSON.stringify({ digest: digestJson(content as JsonValue), content })}\n`));
  writer.close();
}

/** The value in a file that was written by `writeSealed`; undefined if the file is damaged or has another schema. */
export function readSealed<T>(file: string, schema: z.ZodType<T>): T | undefined {
  try {
    const read = z.strictObject({ digest: z.string(), content: schema }).parse(JSON.parse(readFileSync(file, 'utf8')));
    return read.digest === digestJson(read.content as JsonValue) ? read.content : undefined;
  } catch {
    return undefined;
  }
}
