import { renameSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import {
  BranchlineError,
  type Digest,
  digestBytes,
  makeFolderSync,
  messageOf,
  type TokenizerInfo,
} from '@branchline/core';
import { digestFile, lookAt } from '../storage/files.js';
import { byteTokenizer } from './bytes.js';
import { huggingFaceAgain } from './hugging-face.js';
import { ENCODINGS, tiktoken } from './tiktoken.js';
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

/**
 * Opens the tokenizer of a corpus again, from what the cache keeps of it.
 *
 * @throws BranchlineError with code `damaged` if a file of it is missing or another one; `config` if it cannot be used
 * here.
 */
export async function openKeptTokenizer(info: TokenizerInfo, cacheDirectory: string): Promise<Tokenizer> {
  const { name, endOfDocument } = info;
  if (name === byteTokenizer.name) return byteTokenizer;
  if (info.files.length === 0) {
    const encoding = ENCODINGS.find((known) => name.endsWith(` ${known}`));
    const opened = encoding && (await tiktoken(encoding));
    if (opened?.name === name) return opened;
    const message = `this version of Branchline has no tokenizer "${name}"`;
    throw new BranchlineError('config', { message, remedy: 'Run the experiment again with this version.' });
  }
  const files = await Promise.all(
    info.files.map(async (file) => ({ name: file.name, content: await readKept(cacheDirectory, file.digest) })),
  );
  try {
    return await huggingFaceAgain({ name, endOfDocument, files });
  } catch (cause) {
    if (cause instanceof BranchlineError) throw cause;
    throw new BranchlineError('config', { message: `tokenizer "${name}": ${messageOf(cause)}` }, { cause });
  }
}

async function readKept(cacheDirectory: string, digest: Digest): Promise<Uint8Array> {
  const file = keptFile(cacheDirectory, digest);
  const content = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (content !== undefined && digestBytes(content) === digest) return content;
  throw new BranchlineError('damaged', {
    message: `${file} is ${content === undefined ? 'missing' : 'not what was written'}`,
    remedy: 'Run the experiment again: nothing is trained again, and its tokenizer is kept with its prepared text.',
  });
}

/** Synchronous, so that two preparations in one process do not meet in the temporary file. */
function replace(file: string, content: Uint8Array): void {
  const temporary = `${file}.tmp-${process.pid}`;
  makeFolderSync(path.dirname(file));
  writeFileSync(temporary, content);
  renameSync(temporary, file);
}
