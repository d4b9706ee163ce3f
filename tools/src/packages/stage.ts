import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isOfWorkspace, isPublished, type Manifest, type Manifests } from '../structure/manifests.js';

/** A package as it is published. */
export interface Packed {
  readonly name: string;
  readonly version: string;
  /** The tarball, absolute. */
  readonly tarball: string;
  /** Its folder in the workspace, relative to the root. */
  readonly folder: string;
  /** The `package.json` in the tarball. */
  readonly manifest: Manifest;
}

/** Folders of a package that no published file comes from. */
const LEFT_OUT = new Set(['node_modules', 'coverage', 'test', 'bench', '__pycache__']);

/**
 * The manifest that users get: without what exists in the workspace only, which are development dependencies, scripts,
 * tags for Nx, and entry points of test fixtures.
 */
export function publishedManifest({ devDependencies: _, scripts: __, nx: ___, ...manifest }: Manifest): Manifest {
  const exports = Object.entries((manifest.exports ?? {}) as Readonly<Record<string, Record<string, string>>>);
  return { ...manifest, exports: Object.fromEntries(exports.filter(([, conditions]) => !isOfWorkspace(conditions))) };
}

/**
 * Packs every published package into a folder, dependencies first, from a copy that has the published manifest and the
 * license. The packages must be built.
 */
export function packAll(root: string, { packages }: Manifests, out: string): readonly Packed[] {
  const staged = inOrder([...packages].filter(([, manifest]) => isPublished(manifest))).map(([folder, manifest]) => {
    const copy = join(out, 'staged', basename(folder));
    cpSync(join(root, folder), copy, { recursive: true, filter: (path) => !LEFT_OUT.has(basename(path)) });
    copyFileSync(join(root, 'LICENSE'), join(copy, 'LICENSE'));
    const published = publishedManifest(manifest);
    writeFileSync(join(copy, 'package.json'), `${JSON.stringify(published, null, 2)}\n`);
    return { folder, copy, manifest: published };
  });
  mkdirSync(join(out, 'npm'), { recursive: true });
  const args = ['pack', '--ignore-scripts', '--json', '--pack-destination', join(out, 'npm')];
  const listed = execFileSync('npm', [...args, ...staged.map(({ copy }) => copy)], {
    cwd: out,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 64 * 2 ** 20,
  });
  const files = new Map(
    (JSON.parse(listed) as readonly { name: string; filename: string }[]).map(({ name, filename }) => [name, filename]),
  );
  return staged.map(({ folder, manifest }) => {
    const { name, version } = manifest;
    // npm replaces `@scope/` by `scope-` in file names.
    return { name, version, folder, manifest, tarball: join(out, 'npm', basename(files.get(name)!)) };
  });
}

/** Writes which tarball is which package: what `tools/publish-packages.mjs` and `tools/walk-guide.mjs` read. */
export function writeIndex(out: string, packed: readonly Packed[]): void {
  const index = packed.map(({ name, version, tarball }) => ({ name, version, file: `npm/${basename(tarball)}` }));
  // Written last and renamed, so that a folder with an index is complete.
  writeFileSync(join(out, 'packages.json.part'), `${JSON.stringify(index, null, 2)}\n`);
  renameSync(join(out, 'packages.json.part'), join(out, 'packages.json'));
}

/** Packages after those that they depend on. */
function inOrder(packages: readonly (readonly [string, Manifest])[]): readonly (readonly [string, Manifest])[] {
  const byName = new Map(packages.map((entry) => [entry[1].name, entry]));
  const sorted = new Set<readonly [string, Manifest]>();
  const visit = (entry: readonly [string, Manifest]): void => {
    if (sorted.has(entry)) return;
    for (const name of Object.keys(entry[1].dependencies ?? {})) {
      const dependency = byName.get(name);
      if (dependency !== undefined) visit(dependency);
    }
    sorted.add(entry);
  };
  for (const entry of packages) visit(entry);
  return [...sorted];
}
