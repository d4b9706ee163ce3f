import { createHash, type Hash } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { type Digest, digestJson, thisProcess, writingToSync } from '@branchline/core';
import { digestFile, lookAt } from '../storage/files.js';
import { MANIFEST, type Manifest, parseManifest, type StoredFile } from './manifest.js';

/** Writes a file in large blocks and computes its digest. */
export class FileWriter {
  readonly #file: number;
  readonly #name: string;
  readonly #path: string;
  readonly #hash: Hash = createHash('sha256');
  readonly #block = Buffer.alloc(1 << 20);
  #filled = 0;
  #bytes = 0;

  constructor(directory: string, name: string) {
    this.#name = name;
    this.#path = path.join(directory, name);
    this.#file = openSync(this.#path, 'wx');
  }

  write(data: Uint8Array): void {
    for (let start = 0; start < data.length; ) {
      const count = Math.min(data.length - start, this.#block.length - this.#filled);
      this.#block.set(data.subarray(start, start + count), this.#filled);
      this.#filled += count;
      start += count;
      if (this.#filled === this.#block.length) this.#flush();
    }
  }

  #flush(): void {
    const data = this.#block.subarray(0, this.#filled);
    this.#hash.update(data);
    writingToSync(this.#path, () => {
      for (let done = 0; done < data.length; ) done += writeSync(this.#file, data, done);
    });
    this.#bytes += data.length;
    this.#filled = 0;
  }

  /** Flushes, syncs and closes the file. */
  close(): StoredFile {
    this.#flush();
    writingToSync(this.#path, () => fsyncSync(this.#file));
    closeSync(this.#file);
    return { file: this.#name, bytes: this.#bytes, digest: this.#hash.digest('hex') };
  }
}

const IS_LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** Encodes token ids as little-endian unsigned integers of `width` bytes. */
export function encodeTokens(tokens: Uint32Array, width: 2 | 4): Buffer {
  const numbers = width === 2 ? Uint16Array.from(tokens) : tokens;
  const bytes = Buffer.from(numbers.buffer, numbers.byteOffset, numbers.byteLength);
  if (IS_LITTLE_ENDIAN) return bytes;
  const swapped = Buffer.from(bytes);
  return width === 2 ? swapped.swap16() : swapped.swap32();
}

function syncDirectory(directory: string): void {
  let handle: number;
  try {
    handle = openSync(directory, 'r');
  } catch {
    return; // Windows cannot open directories, and needs no sync after a rename.
  }
  try {
    fsyncSync(handle);
  } catch {
    // Not supported here either.
  } finally {
    closeSync(handle);
  }
}

let buildNumber = 0;

/**
 * Builds `cacheDirectory/<key>` atomically: under a temporary name, synced, then renamed. If another process published
 * the same key first, its identical result is kept.
 */
export async function publish(
  cacheDirectory: string,
  key: Digest,
  build: (directory: string) => Promise<void>,
): Promise<void> {
  mkdirSync(cacheDirectory, { recursive: true });
  const temporary = path.join(cacheDirectory, `${key}.tmp-${machine()}-${process.pid}-${buildNumber++}`);
  mkdirSync(temporary);
  // By the clock of the file system: those of two machines differ.
  removeAbandoned(cacheDirectory, key, statSync(temporary).mtimeMs);
  try {
    await build(temporary);
    syncDirectory(temporary);
    try {
      renameSync(temporary, path.join(cacheDirectory, key));
    } catch (error) {
      if (!['ENOTEMPTY', 'EEXIST', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
    syncDirectory(cacheDirectory);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

/** A temporary folder of another machine or container that is older may be removed: no preparation takes that long. */
const ABANDONED_MS = 7 * 86_400_000;

/** Tells apart machines and containers, in which a process id means different processes. */
function machine(): string {
  const { host, boot, pids } = thisProcess();
  return digestJson([host, boot ?? null, pids ?? null]).slice(0, 8);
}

/**
 * Removes temporary folders of killed processes. Whether a process of another machine or container still runs is not
 * known here, so its folder must be old.
 */
function removeAbandoned(cacheDirectory: string, key: Digest, now: number): void {
  const here = machine();
  for (const name of readdirSync(cacheDirectory)) {
    const [, of, where, pid] = /^(.+)\.tmp-(?:([0-9a-f]{8})-)?(\d+)-\d+$/.exec(name) ?? [];
    if (of !== key) continue;
    const folder = path.join(cacheDirectory, name);
    const changed = lookAt(folder)?.mtimeMs;
    const abandoned = where === here ? !isAlive(Number(pid)) : changed !== undefined && now - changed > ABANDONED_MS;
    if (abandoned) rmSync(folder, { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Reads the manifest and checks every file against it. Returns the manifest, or a description of the first damage. */
export async function verify(
  directory: string,
  signal?: AbortSignal,
): Promise<{ manifest: Manifest } | { damage: string }> {
  const isFile = (name: string) => lookAt(path.join(directory, name))?.isFile();
  if (!isFile(MANIFEST)) return { damage: `${MANIFEST} is missing` };
  let manifest: Manifest;
  try {
    manifest = parseManifest(readFileSync(path.join(directory, MANIFEST), 'utf8'));
  } catch {
    return { damage: `${MANIFEST} is damaged` };
  }
  const { shards, contents, scores } = manifest.content;
  for (const expected of [...shards, contents, ...(scores ? [scores] : []), manifest.documents]) {
    if (!isFile(expected.file)) return { damage: `${expected.file} is missing` };
    const digest = await digestFile(path.join(directory, expected.file), signal);
    if (digest !== expected.digest) return { damage: `${expected.file} is damaged (its digest is ${digest})` };
  }
  return { manifest };
}
