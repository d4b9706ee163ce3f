import { isUtf8 } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { type Digest, digestBytes, type Problem } from '@branchline/core';
import { glob } from 'tinyglobby';
import type { LockfileSource } from '../config/schema.js';
import { some } from '../errors.js';
import { byText, type InputFile, lookAt, posix } from '../storage/files.js';

const DEFAULT_DOMAINS: Record<string, string[]> = {
  docs: ['**/*.md'],
  types: ['**/*.d.ts', '**/*.d.mts', '**/*.d.cts'],
  source: ['**/*.js', '**/*.mjs', '**/*.cjs'],
};
const DEFAULT_BYTES = 600_000;
const MAX_FILE_BYTES = 256 * 1024;
/** Files with longer lines are skipped as machine-written: minified code, embedded data. */
const MAX_LINE_BYTES = 1000;
/** License files are skipped: the same text occurs in hundreds of packages. */
const LICENSE = /^(licen[sc]e|copying|notice|third[-_ ]?party)/i;

interface LockEntry {
  readonly name?: string;
  readonly version?: string;
  readonly integrity?: string;
  readonly link?: boolean;
  readonly optional?: boolean;
  readonly devOptional?: boolean;
  readonly peer?: boolean;
  readonly inBundle?: boolean;
  readonly hasInstallScript?: boolean;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly libc?: readonly string[];
}

/** A package from the lock file and its install directory. */
export interface LockedPackage {
  readonly name: string;
  readonly version: string;
  readonly directory: string;
}

/**
 * Packages whose files are identical on every machine after `npm ci`: pinned by an integrity digest, not optional, not
 * platform-specific, without an install script, and not a workspace link.
 */
function portablePackages(entries: Record<string, LockEntry | null>, root: string): LockedPackage[] {
  const packages = new Map<string, LockedPackage>();
  for (const [location, entry] of Object.entries(entries).sort(([a], [b]) => byText(a, b))) {
    const start = location.lastIndexOf('node_modules/');
    // npm writes no location outside the folder of the lock file; a manipulated file might.
    if (start < 0 || location.split('/').includes('..')) continue;
    if (!entry || typeof entry.version !== 'string' || !entry.integrity) continue;
    if (entry.link || entry.optional || entry.devOptional || entry.peer || entry.inBundle) continue;
    if (entry.hasInstallScript || entry.os || entry.cpu || entry.libc) continue;
    const name = typeof entry.name === 'string' ? entry.name : location.slice(start + 'node_modules/'.length);
    const key = `${name}@${entry.version}`;
    // Hoisting may install the same release in several places; count it once.
    if (!packages.has(key))
      packages.set(key, { name, version: entry.version, directory: path.join(root, ...location.split('/')) });
  }
  return [...packages.values()];
}

function installedVersion(directory: string): string | undefined {
  const file = path.join(directory, 'package.json');
  try {
    return lookAt(file)?.isFile()
      ? (JSON.parse(readFileSync(file, 'utf8')) as { version?: string }).version
      : undefined;
  } catch {
    return undefined;
  }
}

function wanted(name: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) => matches(pattern, name));
}

function matches(pattern: string, name: string): boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`).test(name);
}

interface Candidate {
  readonly path: string;
  readonly name: string;
  readonly rank: Digest;
}

/** Files of each domain, in the order that fills its quota. A file belongs to the first domain that matches it. */
async function candidates(
  packages: readonly LockedPackage[],
  domains: Record<string, readonly string[]>,
  exclude: readonly string[],
): Promise<Map<string, Candidate[]>> {
  const found = new Map<string, Candidate[]>(Object.keys(domains).map((domain) => [domain, []]));
  for (const { name, version, directory } of packages) {
    const taken = new Set<string>();
    for (const [domain, patterns] of Object.entries(domains)) {
      const files = await glob([...patterns], {
        cwd: directory,
        ignore: ['**/node_modules/**', ...exclude],
        followSymbolicLinks: false,
        expandDirectories: false,
      });
      for (const file of files.map(posix)) {
        if (taken.has(file)) continue;
        taken.add(file);
        if (LICENSE.test(path.posix.basename(file))) continue;
        const id = `${name}@${version}/${file}`;
        found.get(domain)!.push({ path: path.join(directory, file), name: id, rank: digestBytes(id) });
      }
    }
  }
  for (const list of found.values()) list.sort((a, b) => byText(a.rank, b.rank));
  return found;
}

/** Whether content looks written by a person: valid UTF-8 without zero bytes and overlong lines. */
function isHumanText(content: Uint8Array): boolean {
  if (content.length === 0 || !isUtf8(content)) return false;
  let line = 0;
  for (const byte of content) {
    if (byte === 0) return false;
    line = byte === 0x0a ? 0 : line + 1;
    if (line > MAX_LINE_BYTES) return false;
  }
  return true;
}

/**
 * Selects the portable packages of a lock file and checks that they are installed. Returns undefined, and adds a
 * problem, on failure.
 */
export function lockedPackages(
  source: LockfileSource,
  at: string,
  baseDirectory: string,
  problems: Problem[],
): LockedPackage[] | undefined {
  const file = path.resolve(baseDirectory, source.lockfile);
  const fail = (key: string, message: string, remedy: string) => {
    problems.push({ configPath: `${at}.${key}`, message, remedy });
    return undefined;
  };
  if (!lookAt(file)?.isFile())
    return fail(
      'lockfile',
      `there is no ${source.lockfile} in ${baseDirectory}`,
      'Name a package-lock.json that exists.',
    );
  let lock: { packages?: Record<string, LockEntry | null> } | null;
  try {
    lock = JSON.parse(readFileSync(file, 'utf8')) as typeof lock;
  } catch (error) {
    return fail('lockfile', `${source.lockfile} is not JSON: ${(error as Error).message}`, 'Recreate it: npm install.');
  }
  if (!lock?.packages)
    return fail(
      'lockfile',
      `${source.lockfile} has no "packages": it is not a package-lock.json of version 2 or 3`,
      'Recreate it with npm 7 or later: npm install.',
    );
  let packages = portablePackages(lock.packages, path.dirname(file));
  if (source.packages) {
    const patterns = source.packages;
    const unknown = patterns.filter((pattern) => !packages.some(({ name }) => matches(pattern, name)));
    if (unknown.length > 0)
      return fail(
        'packages',
        `${source.lockfile} has no portable package ${some(unknown)}`,
        'Correct the names; optional and platform-specific packages and those with install scripts are never used.',
      );
    packages = packages.filter(({ name }) => wanted(name, patterns));
  }
  const absent = packages.filter(({ directory, version }) => installedVersion(directory) !== version);
  if (absent.length > 0)
    return fail(
      'lockfile',
      `not installed as ${source.lockfile} says: ${some(absent.map(({ name, version }) => `${name}@${version}`))}`,
      'Install exactly what the lock file says: npm ci.',
    );

  return packages;
}

/**
 * Chooses documentation, types and source files of packages. Each domain is filled up to its quota in the order of a
 * digest of package, version and path, so the choice depends only on the lock file.
 */
export async function lockfileFiles(
  source: LockfileSource,
  packages: readonly LockedPackage[],
  at: string,
  problems: Problem[],
  signal?: AbortSignal,
): Promise<InputFile[]> {
  const quota = source.bytesPerDomain ?? DEFAULT_BYTES;
  const chosen: InputFile[] = [];
  const seen = new Set<Digest>();
  const found = await candidates(packages, source.include ?? DEFAULT_DOMAINS, source.exclude ?? []);
  for (const [domain, list] of found) {
    let bytes = 0;
    for (const candidate of list) {
      if (bytes >= quota) break;
      signal?.throwIfAborted();
      const stat = lookAt(candidate.path);
      if (!stat?.isFile() || stat.size > MAX_FILE_BYTES) continue;
      const content = await readFile(candidate.path);
      if (!isHumanText(content)) continue;
      const digest = digestBytes(content);
      // Skip copies: deduplication would drop them after they used up the quota.
      if (seen.has(digest)) continue;
      seen.add(digest);
      bytes += content.length;
      const { path: where, name } = candidate;
      chosen.push({ path: where, name, format: 'text', domain, bytes: content.length, digest });
    }
    if (bytes === 0)
      problems.push({
        configPath: `${at}.include`,
        message: `domain "${domain}" has no text in ${packages.length} packages`,
        remedy: 'Correct its globs.',
      });
  }
  return chosen.sort((a, b) => byText(a.name, b.name));
}
