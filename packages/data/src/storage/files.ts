import { createHash } from 'node:crypto';
import { createReadStream, type Stats, statSync } from 'node:fs';
import path from 'node:path';
import type { Digest } from '@branchline/core';
import { glob } from 'tinyglobby';

/** Text that is read at once; more of it in one file belongs into JSONL or Parquet. */
export const MAX_TEXT_FILE = 64 * 2 ** 20;

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

/** What is at a path, links followed; undefined where nothing is, and where the system lets nobody look. */
export function lookAt(file: string): Stats | undefined {
  try {
    return statSync(file);
  } catch {
    return undefined;
  }
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
 * Files of a path, a folder or globs, absolute and in a fixed order; `!` takes a path, a folder or a glob out again. A
 * path that exists is itself, whatever characters it has. A glob that begins with two stars means any depth, also where
 * a source lies outside of the base.
 */
export async function findFiles(patterns: readonly string[], baseDirectory: string): Promise<string[]> {
  const resolve = (pattern: string) => path.resolve(baseDirectory, pattern);
  const excluded = patterns.filter((pattern) => pattern.startsWith('!')).map((pattern) => posix(pattern.slice(1)));
  const anywhere = excluded.filter((pattern) => pattern.startsWith('**/'));
  const search = (wanted: string[], ignore: string[]) =>
    glob(wanted, { cwd: baseDirectory, absolute: true, ignore, expandDirectories: false });
  const found = new Set<string>();
  for (const pattern of patterns.filter((pattern) => !pattern.startsWith('!'))) {
    const stat = lookAt(resolve(pattern));
    let files = [resolve(pattern)];
    if (stat?.isDirectory()) {
      const ignore = ['**/node_modules/**', ...anywhere];
      files = await glob(['**/*'], { cwd: resolve(pattern), absolute: true, ignore });
    } else if (stat === undefined) {
      const wanted = posix(pattern);
      files = await search([wanted], [...excluded, ...anywhere.map((one) => `${fixedPart(wanted)}${one}`)]);
    }
    for (const file of files) found.add(path.resolve(file));
  }
  const folders = excluded.map((pattern) => `${resolve(pattern)}${path.sep}`);
  for (const file of found) if (folders.some((folder) => file.startsWith(folder))) found.delete(file);
  if (excluded.length > 0) for (const file of await search(excluded, [])) found.delete(path.resolve(file));
  return [...found].sort((a, b) => byText(posix(a), posix(b)));
}

/** The folder of a glob up to its first special character, e.g. `../texts/`. */
function fixedPart(pattern: string): string {
  return /^(?:[^*?[\]{}()!+@]*\/)?/.exec(pattern)![0];
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
