import { createHash } from 'node:crypto';
import { createReadStream, statSync } from 'node:fs';
import path from 'node:path';
import type { Digest } from '@branchline/core';
import { glob } from 'tinyglobby';

/** How a file is read. */
export type FileFormat = 'text' | 'jsonl' | 'parquet';

/** One file that is read for a corpus. */
export interface InputFile {
  /** Where it is on this machine. Never part of a digest. */
  readonly path: string;
  /** What it is called in digests and messages: relative to the experiment, or package and path. */
  readonly name: string;
  readonly format: FileFormat;
  /** Domain of its documents unless a field says otherwise. */
  readonly domain: string;
  readonly bytes: number;
  readonly digest: Digest;
}

/** The SHA-256 of a file's content. */
export async function digestFile(file: string, signal?: AbortSignal): Promise<Digest> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20, signal })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** A path with forward slashes, the same on every platform. */
export function posix(file: string): string {
  return file.split(path.sep).join('/');
}

/** Strings in the order of their UTF-16 units, which no locale changes. */
export function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * Files of a path, a folder or globs, absolute and in a fixed order. A path that exists is itself, whatever characters
 * it has.
 */
export async function findFiles(patterns: readonly string[], baseDirectory: string): Promise<string[]> {
  const found = new Set<string>();
  const globs: string[] = [];
  const excluded: string[] = [];
  for (const pattern of patterns) {
    if (pattern.startsWith('!')) {
      excluded.push(posix(pattern.slice(1)));
      continue;
    }
    const stat = statSync(path.resolve(baseDirectory, pattern), { throwIfNoEntry: false });
    if (stat?.isFile()) found.add(path.resolve(baseDirectory, pattern));
    else if (stat?.isDirectory()) {
      const cwd = path.resolve(baseDirectory, pattern);
      const inside = await glob(['**/*'], { cwd, absolute: true, ignore: ['**/node_modules/**'] });
      for (const file of inside) found.add(path.resolve(file));
    } else globs.push(posix(pattern));
  }
  const search = (wanted: string[], ignore: string[]) =>
    glob(wanted, { cwd: baseDirectory, absolute: true, ignore, expandDirectories: false });
  if (globs.length > 0) for (const file of await search(globs, excluded)) found.add(path.resolve(file));
  if (excluded.length > 0) for (const file of await search(excluded, [])) found.delete(path.resolve(file));
  return [...found].sort((a, b) => byText(posix(a), posix(b)));
}

/** A name without `.gz` or `.zst`, in lower case. */
export function plainName(file: string): string {
  return path
    .basename(file)
    .toLowerCase()
    .replace(/\.(gz|zst)$/, '');
}

/** The format that a file's extension stands for; text when it stands for none. */
export function formatOf(file: string): FileFormat {
  const name = plainName(file);
  if (/\.(jsonl|ndjson|json)$/.test(name)) return 'jsonl';
  if (/\.(parquet|pq)$/.test(name)) return 'parquet';
  return 'text';
}

const GROUPS: readonly [string, RegExp][] = [
  ['types', /\.d\.[cm]?ts$/],
  ['docs', /\.(md|mdx|markdown|rst|adoc|txt|text|tex|html?)$/],
  [
    'source',
    /\.([cm]?[jt]sx?|py|rs|go|java|kt|scala|c|h|cc|cpp|hpp|cs|rb|php|swift|lua|r|jl|sh|sql|hs|ml|ex|exs|clj|css|scss|vue|svelte)$/,
  ],
  ['data', /\.(json|jsonl|ndjson|csv|tsv|ya?ml|toml|xml|parquet|pq)$/],
];

/** The domain for `{ by: 'extension' }`. */
export function extensionGroup(file: string): string {
  const name = plainName(file);
  return GROUPS.find(([, pattern]) => pattern.test(name))?.[0] ?? 'other';
}
