/** What the data cache (`runs/.data`) holds, and what of it can go. */
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { BranchlineError, type Digest } from '@branchline/core';
import { MANIFEST } from './sequences/manifest.js';
import { readManifest, removeUnlisted } from './sequences/shards.js';
import { lookAt } from './storage/files.js';
import { temporaryFolders } from './storage/publish.js';

/** A folder of the cache, or all of one kind. */
export interface CachePart {
  readonly name: 'corpora' | 'shards' | 'parts' | 'read' | 'downloads' | 'tokenizers' | 'checkpoints' | 'temporary';
  /** Corpora, or files. */
  readonly entries: number;
  readonly bytes: number;
}

const FOLDERS = ['shards', 'parts', 'read', 'downloads', 'tokenizers', 'checkpoints'] as const;

/** The parts of a cache that exist, largest first; empty without a cache. Changes nothing. */
export function surveyCache(cacheDirectory: string): readonly CachePart[] {
  if (!lookAt(cacheDirectory)?.isDirectory()) return [];
  const temporary = new Set(temporaryFolders(cacheDirectory, 0).map(({ name }) => name));
  const corpora = corporaIn(cacheDirectory);
  const sum = (name: CachePart['name'], folders: readonly string[], count?: number): CachePart => {
    const sizes = folders.map((folder) => sizeOf(path.join(cacheDirectory, folder)));
    const entries = count ?? sizes.reduce((all, { files }) => all + files, 0);
    return { name, entries, bytes: sizes.reduce((all, { bytes }) => all + bytes, 0) };
  };
  const parts = [
    sum('corpora', corpora, corpora.length),
    ...FOLDERS.filter((name) => existsSync(path.join(cacheDirectory, name))).map((name) => sum(name, [name])),
    sum('temporary', [...temporary], temporary.size),
  ];
  return parts.filter(({ entries }) => entries > 0).sort((a, b) => b.bytes - a.bytes);
}

/**
 * Deletes what was read from files, and corpora with digests that are not in `keep`, with the shards that no other
 * corpus has; with `all`, also the other corpora and downloads. Tokenizers and checkpoints stay: exports need them.
 * Everything else is made again when it is needed. Returns the bytes that were freed. Throws a BranchlineError
 * (`locked`), before anything is deleted, while text is prepared there.
 */
export function cleanCache(cacheDirectory: string, keep: ReadonlySet<Digest>, all: boolean): number {
  if (!lookAt(cacheDirectory)?.isDirectory()) return 0;
  const busy = temporaryFolders(cacheDirectory, statSync(cacheDirectory).mtimeMs).find((one) => !one.isAbandoned);
  if (busy !== undefined) {
    const remedy = `Wait until it is done. If that was another machine, and it is not running, delete ${busy.name} there.`;
    throw new BranchlineError('locked', { message: `text is being prepared in ${cacheDirectory}`, remedy });
  }
  const before = sizeOf(cacheDirectory).bytes;
  const remove = (name: string) => rmSync(path.join(cacheDirectory, name), { recursive: true, force: true });
  for (const { name } of temporaryFolders(cacheDirectory, 0)) remove(name);
  for (const name of corporaIn(cacheDirectory)) {
    const digest = readManifest(path.join(cacheDirectory, name, MANIFEST))?.digest;
    if (all || digest === undefined || !keep.has(digest)) remove(name);
  }
  for (const name of ['read', ...(all ? ['downloads', 'shards', 'parts'] : [])]) remove(name);
  if (existsSync(path.join(cacheDirectory, 'shards'))) removeUnlisted(cacheDirectory, Number.POSITIVE_INFINITY);
  return before - sizeOf(cacheDirectory).bytes;
}

const corporaIn = (cacheDirectory: string) =>
  readdirSync(cacheDirectory).filter((name) => existsSync(path.join(cacheDirectory, name, MANIFEST)));

/** Bytes and number of all files in a folder. */
function sizeOf(folder: string): { readonly bytes: number; readonly files: number } {
  let [bytes, files] = [0, 0];
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    bytes += lookAt(path.join(entry.parentPath, entry.name))?.size ?? 0;
    files++;
  }
  return { bytes, files };
}
