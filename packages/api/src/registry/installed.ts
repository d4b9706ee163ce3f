/** Packages with the keyword, found by reading their package.json and nothing else: no code of theirs runs. */
import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { BranchlineError, messageOf } from '@branchline/core';
import { legacy, exports as resolveExports } from 'resolve.exports';
import { keywordOf, type Noun, nameInPackage } from './naming.js';

/** What is read of a package.json; anybody may have written it, so nothing is sure but that it is an object. */
export interface Manifest {
  readonly name?: unknown;
  readonly version?: unknown;
  readonly description?: unknown;
  readonly keywords?: unknown;
}

/** An installed package that says it is a plugin, or a trainer. */
export interface InstalledPackage {
  readonly name: string;
  readonly version: string;
  readonly description: string | undefined;
  /** What it can be called in an experiment, other than by the package's own name. */
  readonly shortName: string;
  /** Where it lies, with links followed. */
  readonly directory: string;
}

/** No package.json is larger. */
const LARGEST = 4 * 2 ** 20;

/** Packages run from their sources when this file does (see bin/branchline.mjs). */
const CONDITIONS = import.meta.url.endsWith('.ts') ? ['@branchline/source'] : [];

/**
 * Packages with the keyword that a module in `from` could import: in `node_modules` there and in the folders above,
 * where npm puts dependencies and links workspaces, and the package that `from` itself is part of. Of two with one name
 * the nearer. In alphabetical order.
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

/** Whether a package is installed, plugin or not. */
export function isInstalled(name: string, from: string): boolean {
  return upward(from).some((folder) => readManifest(join(folder, 'node_modules', name)) !== undefined);
}

/**
 * The file that `import` of a package runs, whether it is there or not. Throws a BranchlineError (`config`) where there
 * is none.
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

/**
 * In `node_modules` a package is called as its folder is, whatever it says itself: that is what an import would find.
 */
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

/** The package.json of a folder; undefined where there is none that can be read. */
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

/** Names of the packages in a `node_modules`, with their scopes. */
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
