import { renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Digest, digestBytes, makeFolderSync, type TokenizerInfo } from '@branchline/core';
import { digestFile, lookAt } from '../storage/files.js';
import type { Tokenizer } from './tokenizer.js';

/** Path of a copy of a tokenizer's file. */
export function keptFile(cacheDirectory: string, digest: Digest): string {
  return path.join(cacheDirectory, 'tokenizers', `${digest}.json`);
}

/** Copies the files of a tokenizer into the cache, so that exports of models have them, and describes it. */
export async function keepTokenizer(
  { name, endOfDocument, files }: Tokenizer,
  cacheDirectory: string,
): Promise<TokenizerInfo> {
  const kept: TokenizerInfo['files'][number][] = [];
  for (const { name: file, content } of files) {
    const digest = digestBytes(content);
    const copy = keptFile(cacheDirectory, digest);
    if (!lookAt(copy)?.isFile() || (await digestFile(copy)) !== digest) replace(copy, content);
    kept.push({ name: file, digest });
  }
  return { name, endOfDocument, files: kept };
}

/** Synchronous, so that two preparations in one process do not meet in the temporary file. */
function replace(file: string, content: Uint8Array): void {
  const temporary = `${file}.tmp-${process.pid}`;
  makeFolderSync(path.dirname(file));
  writeFileSync(temporary, content);
  renameSync(temporary, file);
}
