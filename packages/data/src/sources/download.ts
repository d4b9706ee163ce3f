import { createWriteStream, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Digest, digestBytes, makeFolderSync, messageOf } from '@branchline/core';
import { digestFile, lookAt } from '../storage/files.js';

/** A downloaded file, or the reason of the failure. */
export type Downloaded = { readonly path: string; readonly bytes: number; readonly digest: Digest } | { why: string };

/** Recorded next to a downloaded file, to detect changes. */
interface Receipt {
  readonly bytes: number;
  readonly digest: Digest;
}

/**
 * Downloads a file over HTTP or HTTPS into `directory`. A file from an earlier call that is unchanged is used without a
 * request, so that an experiment keeps its text. Partial downloads are removed.
 */
export async function download(url: URL, directory: string, signal?: AbortSignal): Promise<Downloaded> {
  // Keep the extensions: they decide how the file is read.
  const name = path.posix
    .basename(url.pathname)
    .replace(/[^\w.-]/g, '_')
    .slice(-100);
  const file = path.join(directory, `${digestBytes(url.href).slice(0, 32)}-${name}`);
  const known = readReceipt(file);
  if (known && lookAt(file)?.isFile() && (await digestFile(file, signal)) === known.digest)
    return { path: file, ...known };
  makeFolderSync(directory);
  const part = `${file}.part-${process.pid}`;
  try {
    const why = await fetchTo(url, part, signal);
    if (why !== undefined) return { why };
    const receipt: Receipt = { bytes: statSync(part).size, digest: await digestFile(part, signal) };
    renameSync(part, file);
    writeFileSync(receiptOf(file), JSON.stringify(receipt));
    return { path: file, ...receipt };
  } finally {
    rmSync(part, { force: true });
  }
}

const receiptOf = (file: string) => `${file}.receipt.json`;

function readReceipt(file: string): Receipt | undefined {
  try {
    const { bytes, digest } = JSON.parse(readFileSync(receiptOf(file), 'utf8')) as Partial<Receipt>;
    return typeof bytes === 'number' && typeof digest === 'string' ? { bytes, digest } : undefined;
  } catch {
    return undefined;
  }
}

/** Returns the reason of a failed download, undefined on success. Throws errors of the file system. */
async function fetchTo(url: URL, file: string, signal: AbortSignal | undefined): Promise<string | undefined> {
  let response: Response;
  try {
    // No content encoding: a compressed file must arrive as it is stored.
    response = await fetch(url, { signal, headers: { 'accept-encoding': 'identity' } });
  } catch (error) {
    signal?.throwIfAborted();
    return reasonOf(error);
  }
  if (!response.ok) {
    await response.body?.cancel();
    return `the server answered ${response.status} ${response.statusText}`.trimEnd();
  }
  if (response.body === null) return 'the server sent nothing';
  const body = Readable.fromWeb(response.body);
  let broken: unknown;
  body.on('error', (error) => {
    broken = error;
  });
  try {
    await pipeline(body, createWriteStream(file), { signal });
  } catch (error) {
    signal?.throwIfAborted();
    if (broken === undefined || error instanceof Error === false || 'syscall' in error) throw error;
    return `the connection broke off: ${reasonOf(error)}`;
  }
  return undefined;
}

/** `fetch` reports only "fetch failed"; the reason is in `cause`. */
function reasonOf(error: unknown): string {
  const { cause } = error as { cause?: unknown };
  return cause === undefined ? messageOf(error) : messageOf(cause);
}
