import { createHash } from 'node:crypto';
import { createReadStream, type Stats, statSync } from 'node:fs';
import path from 'node:path';
import type { Digest } from '@branchline/core';
import { glob } from 'tinyglobby';

/** Size limit of a document, in bytes: it is read into memory as a whole. */
export const MAX_DOCUMENT = 64 * 2 ** 20;

/** Format of an input file. */
export type FileFormat = 'text' | 'jsonl' | 'parquet';

/** An input file of a corpus. */
export interface InputFile {
  /** Path on this machine; never part of a digest. */
  readonly path: string;
  /** Name in digests and messages: path relative to the experiment, or package and path. */
  readonly name: string;
  readonly format: FileFormat;
  /** Domain of its documents, unless the source has a domain field. */
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

/** `stat` of a path, following links; undefined if the path is missing or inaccessible. */
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

/** Compares strings by UTF-16 code unit, independent of locale. */
export function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * Resolves paths, folders and globs to absolute file paths in a fixed order; a leading `!` excludes a path, folder or
 * glob. An existing path is taken literally even if it contains glob characters. An excluded glob that starts with two
 * stars applies at any depth, including sources outside `baseDirectory`. Run directories in a folder are left out.
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
    const top = stat === undefined ? resolve(fixedPart(posix(pattern))) : resolve(pattern);
    for (const file of files) if (!isInRun(path.resolve(file), top)) found.add(path.resolve(file));
  }
  const folders = excluded.map((pattern) => `${resolve(pattern)}${path.sep}`);
  for (const file of found) if (folders.some((folder) => file.startsWith(folder))) found.delete(file);
  if (excluded.length > 0) for (const file of await search(excluded, [])) found.delete(path.resolve(file));
  return [...found].sort((a, b) => byText(posix(a), posix(b)));
}

/** Whether a file is in a run directory below `top`: results and checkpoints are no text, and change with every run. */
function isInRun(file: string, top: string): boolean {
  for (let folder = path.dirname(file); folder.length > top.length; folder = path.dirname(folder))
    if (RUN_DIRECTORY.every((name) => lookAt(path.join(folder, name)) !== undefined)) return true;
  return false;
}

/** What a run directory has from the first training on. */
const RUN_DIRECTORY = ['ledger.jsonl', 'plans'];

/** The literal leading folders of a glob, e.g. `../texts/`. */
function fixedPart(pattern: string): string {
  return /^(?:[^*?[\]{}()!+@]*\/)?/.exec(pattern)![0];
}

/** Base name in lower case, without `.gz` or `.zst`. */
export function plainName(file: string): string {
  return path
    .basename(file)
    .toLowerCase()
    .replace(/\.(gz|zst)$/, '');
}

/** Format by file extension; text if the extension is unknown. */
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
