import { createWriteStream, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Digest, digestBytes, messageOf } from '@branchline/core';
import { digestFile, lookAt } from '../storage/files.js';

/** A file that was fetched, or why it could not be. */
export type Downloaded = { readonly path: string; readonly bytes: number; readonly digest: Digest } | { why: string };

/** What is known of a download that is on disk. */
interface Receipt {
  readonly bytes: number;
  readonly digest: Digest;
}

/**
 * Fetches a file over HTTP or HTTPS into `directory`, once: what an earlier call has left there, and is what it was, is
 * taken without asking the network again, so that the same experiment keeps its text. Nothing unfinished keeps a name.
 */
export async function download(url: URL, directory: string, signal?: AbortSignal): Promise<Downloaded> {
  // The extensions say how a file is read.
  const name = path.posix
    .basename(url.pathname)
    .replace(/[^\w.-]/g, '_')
    .slice(-100);
  const file = path.join(directory, `${digestBytes(url.href).slice(0, 32)}-${name}`);
  const known = readReceipt(file);
  if (known && lookAt(file)?.isFile() && (await digestFile(file, signal)) === known.digest)
    return { path: file, ...known };
  mkdirSync(directory, { recursive: true });
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

/** Why it could not be fetched; undefined when it was. What the disk refuses is thrown. */
async function fetchTo(url: URL, file: string, signal: AbortSignal | undefined): Promise<string | undefined> {
  let response: Response;
  try {
    // Packed files must stay packed: a server would else be free to pack them once more on the way.
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

/** fetch says only that it failed, and has the reason as the cause. */
function reasonOf(error: unknown): string {
  const { cause } = error as { cause?: unknown };
  return cause === undefined ? messageOf(error) : messageOf(cause);
}
