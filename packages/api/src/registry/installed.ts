/** Finds packages with the keyword by reading package.json files. Runs none of their code. */
import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { BranchlineError, messageOf } from '@branchline/core';
import { legacy, exports as resolveExports } from 'resolve.exports';
import { keywordOf, type Noun, nameInPackage } from './naming.js';

/** Fields read from a package.json. Unchecked: it may hold anything. */
export interface Manifest {
  readonly name?: unknown;
  readonly version?: unknown;
  readonly description?: unknown;
  readonly keywords?: unknown;
}

/** An installed package whose keywords mark it as a plugin or a trainer. */
export interface InstalledPackage {
  readonly name: string;
  readonly version: string;
  readonly description: string | undefined;
  /** Short name in an experiment, derived from the package's name. */
  readonly shortName: string;
  /** Its real path, with links resolved. */
  readonly directory: string;
}

/** Limit on the size of a package.json in bytes. */
const LARGEST = 4 * 2 ** 20;

/** Packages run from their sources if this file does (see packages/cli/bin/branchline.mjs). */
const CONDITIONS = import.meta.url.endsWith('.ts') ? ['@branchline/source'] : [];

/**
 * Packages with the keyword that a module in `from` could import: from `node_modules` there and in all parent folders,
 * and the package that contains `from`. If two have the same name, the nearer one. Sorted by name.
 */
export function installedPackages(noun: Noun, from: string): readonly InstalledPackage[] {
  const found = new Map<string, InstalledPackage>();
  for (const folder of upward(from)) {
    const modules = join(folder, 'node_modules');
    for (const read of [
      readPackage(noun, folder),
      ...packagesIn(modules).map((name) => readPackage(noun, join(modules, name), name)),
    ]) {
      if (read !== undefined && !found.has(read.name)) found.set(read.name, read);
    }
  }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Whether a package is installed, with or without the keyword. */
export function isInstalled(name: string, from: string): boolean {
  return upward(from).some((folder) => readManifest(join(folder, 'node_modules', name)) !== undefined);
}

/**
 * The file that an `import` of the package resolves to, which may be missing. Throws a BranchlineError (`config`) if
 * the package has no entry.
 */
export function entryOf({ name, directory }: InstalledPackage): string {
  const manifest = readManifest(directory) ?? {};
  try {
    const [entry] = resolveExports(manifest, '.', { conditions: CONDITIONS }) ?? [];
    return join(directory, entry ?? (legacy(manifest, { browser: false, fields: ['main'] }) || 'index.js'));
  } catch (cause) {
    const message = `package ${name} exports nothing that import could run: ${messageOf(cause)}`;
    const remedy = 'Its author writes "exports" in its package.json, with a "." in it.';
    throw new BranchlineError('config', { message, remedy }, { cause });
  }
}

/** In `node_modules` a package's name is its folder's, as for an import, whatever its package.json says. */
function readPackage(noun: Noun, directory: string, folder?: string): InstalledPackage | undefined {
  const { name: said, version, description, keywords } = readManifest(directory) ?? {};
  const name = folder ?? said;
  if (typeof name !== 'string' || !Array.isArray(keywords) || !keywords.includes(keywordOf(noun))) return undefined;
  return {
    name,
    version: typeof version === 'string' ? version : '?',
    description: typeof description === 'string' ? description : undefined,
    shortName: nameInPackage(noun, name),
    directory: realpathSync(directory),
  };
}

/** The package.json of a folder; undefined if it is missing or unreadable. */
function readManifest(directory: string): Manifest | undefined {
  try {
    const file = join(directory, 'package.json');
    const found = statSync(file);
    if (!found.isFile() || found.size > LARGEST) return undefined;
    const manifest: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return typeof manifest === 'object' && manifest !== null ? manifest : undefined;
  } catch {
    return undefined;
  }
}

/** Names of the packages in a `node_modules` folder, scopes included. */
function packagesIn(modules: string): readonly string[] {
  return list(modules).flatMap((name) =>
    name.startsWith('@') ? list(join(modules, name)).map((inner) => `${name}/${inner}`) : [name],
  );
}

const list = (folder: string): readonly string[] => {
  try {
    return readdirSync(folder).filter((name) => !name.startsWith('.'));
  } catch {
    return [];
  }
};

function upward(from: string): readonly string[] {
  const folder = resolve(from);
  const parent = dirname(folder);
  return parent === folder ? [folder] : [folder, ...upward(parent)];
}
