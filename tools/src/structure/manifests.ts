import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A `package.json`. */
export type Manifest = Readonly<Record<string, unknown>> & {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
};

/** What all manifests of the workspace are checked against. */
export interface Manifests {
  /** The `package.json` at the root: version, license, engines, and where the project lives, for all packages. */
  readonly root: Manifest;
  /** Packages by folder, relative to the root: `packages/core`. */
  readonly packages: ReadonlyMap<string, Manifest>;
  /** Texts of the `pyproject.toml` files by path, relative to the root. */
  readonly python: ReadonlyMap<string, string>;
}

/** Files of `src` and `dist` that no package contains. */
const NOT_PUBLISHED = ['!**/*.test.ts', '!**/*.test-d.ts', '!**/.tsbuildinfo'];
const KEYWORD = 'branchline';
/** A dependency of a worker on another one. */
const OWN_PYTHON = /"(branchline-[a-z-]+==)([^"]*)"/g;
/** The order of fields in a manifest that is written. Other fields stay where they are. */
const ORDER = ['name', 'version', 'private', 'description', 'keywords', 'license', 'homepage', 'bugs', 'repository'];

/** Reads the manifests below a folder. */
export function manifestsIn(root: string): Manifests {
  const read = (path: string) => readFileSync(join(root, path), 'utf8');
  const folders = ['tools', ...readdirSync(join(root, 'packages')).map((name) => `packages/${name}`)].sort();
  const python = folders
    .map((folder) => `${folder}/worker/pyproject.toml`)
    .flatMap((path) => {
      try {
        return [[path, read(path)] as const];
      } catch {
        return [];
      }
    });
  const manifest = (path: string) => JSON.parse(read(path)) as Manifest;
  return {
    root: manifest('package.json'),
    packages: new Map(folders.map((folder) => [folder, manifest(`${folder}/package.json`)])),
    python: new Map(python),
  };
}

/** Writes what `manifestProblems` asks for into each `package.json` that lacks it. Returns the paths. */
export function writeManifests(root: string, { root: project, packages }: Manifests): readonly string[] {
  return [...packages].flatMap(([folder, manifest]) => {
    const wanted = completed(project, folder, manifest);
    if (JSON.stringify(wanted) === JSON.stringify(manifest)) return [];
    const path = `${folder}/package.json`;
    writeFileSync(join(root, path), `${JSON.stringify(wanted, null, 2)}\n`);
    return [path];
  });
}

/**
 * What is wrong in the manifests: fields that every published package must have, versions that are not in step, and
 * dependencies on packages of the workspace with another version. One line each.
 */
export function manifestProblems({ root, packages, python }: Manifests): readonly string[] {
  const own = new Set([...packages.values()].map(({ name }) => name));
  const problems: string[] = [];
  for (const [folder, manifest] of packages) {
    const path = `${folder}/package.json`;
    const wanted = completed(root, folder, manifest);
    for (const field of Object.keys({ ...manifest, ...wanted })) {
      const [is, should] = [JSON.stringify(manifest[field]), JSON.stringify(wanted[field])];
      if (is !== should) problems.push(`${path}: "${field}" is ${is ?? 'absent'}, not ${should ?? 'absent'}`);
    }
    if (!isPublished(manifest)) continue;
    if (typeof manifest.description !== 'string') problems.push(`${path}: "description" is absent`);
    if (manifest.type !== 'module') problems.push(`${path}: "type" is not "module"`);
    const exports = (manifest.exports ?? {}) as Readonly<Record<string, Readonly<Record<string, string>>>>;
    for (const [entry, conditions] of Object.entries(exports)) {
      if (!isOfWorkspace(conditions) && Object.keys(conditions).join() !== '@branchline/source,types,default') {
        problems.push(
          `${path}: "exports" of "${entry}" must have @branchline/source, types and default, in this order`,
        );
      }
    }
    for (const field of ['dependencies', 'devDependencies', 'peerDependencies', 'optionalDependencies']) {
      for (const [name, range] of Object.entries((manifest[field] ?? {}) as Readonly<Record<string, string>>)) {
        if (own.has(name) && range !== root.version) {
          problems.push(`${path}: "${field}" has ${name} ${range}, not ${root.version}`);
        }
      }
    }
  }
  for (const [path, text] of python) {
    const version = pythonVersion(text);
    if (version !== pythonRelease(root.version)) {
      problems.push(`${path}: version is ${version ?? 'absent'}, not ${pythonRelease(root.version)}`);
    }
    for (const [, name, other] of text.matchAll(OWN_PYTHON)) {
      if (other !== pythonRelease(root.version))
        problems.push(`${path}: dependency on ${name}${other}, not ${root.version}`);
    }
  }
  return problems;
}

/** What a release needs in addition: where the project lives. Provenance names it, and npm compares it. */
export function releaseProblems({ root }: Manifests): readonly string[] {
  const { url } = (root.repository ?? {}) as { readonly url?: string };
  if (url !== undefined && /^git\+https:\/\/[^/]+\/[^/]+\/[^/]+\.git$/.test(url)) return [];
  return [
    'package.json has no "repository": { "type": "git", "url": "git+https://<host>/<owner>/<name>.git" }. Add it, and ' +
      '"homepage" and "bugs" if they exist, then run `npm run lint:structure -- --write`.',
  ];
}

/** Whether an entry point of `exports` exists in the workspace only: it has no file that is published. */
export function isOfWorkspace(conditions: Readonly<Record<string, string>>): boolean {
  return Object.keys(conditions).join() === '@branchline/source';
}

/** Whether a package is published. */
export function isPublished(manifest: Manifest): boolean {
  return manifest.private !== true;
}

/** A version of npm as PyPI writes it: `1.2.0-beta.1` is `1.2.0b1`. Other pre-releases become release candidates. */
export function pythonRelease(version: string): string {
  const [release, before] = version.split('-', 2) as [string, string?];
  if (before === undefined) return release;
  const kind = before.startsWith('alpha') ? 'a' : before.startsWith('beta') ? 'b' : 'rc';
  return `${release}${kind}${/\d+$/.exec(before)?.[0] ?? '0'}`;
}

/** A `pyproject.toml` with another version. */
export function withPythonVersion(text: string, version: string): string {
  const release = pythonRelease(version);
  return text.replace(/^version = ".*"$/m, `version = "${release}"`).replace(OWN_PYTHON, `"$1${release}"`);
}

function pythonVersion(text: string): string | undefined {
  return /^version = "(.*)"$/m.exec(text)?.[1];
}

/** A manifest with the fields that follow from the project and the folder. */
function completed(root: Manifest, folder: string, manifest: Manifest): Manifest {
  const shared = { version: root.version, license: root.license, engines: root.engines };
  if (!isPublished(manifest)) return sorted({ ...manifest, version: root.version, license: root.license });
  const repository = { ...(root.repository ?? { type: 'git' }), directory: folder };
  const { keywords = [], files = [] } = manifest as { readonly keywords?: string[]; readonly files?: string[] };
  return sorted({
    ...manifest,
    ...shared,
    keywords: [KEYWORD, ...keywords.filter((keyword) => keyword !== KEYWORD)],
    repository,
    homepage: root.homepage,
    bugs: root.bugs,
    files: [...files.filter((pattern) => !NOT_PUBLISHED.includes(pattern)), ...NOT_PUBLISHED],
    publishConfig: { access: 'public', provenance: true },
  });
}

/** Fields in a fixed order, without absent ones; `nx` stays last. */
function sorted(manifest: Manifest): Manifest {
  const { nx, ...rest } = manifest;
  const first = ORDER.filter((field) => rest[field] !== undefined).map((field) => [field, rest[field]]);
  const others = Object.entries(rest).filter(([field, value]) => !ORDER.includes(field) && value !== undefined);
  return Object.fromEntries([...first, ...others, ...(nx === undefined ? [] : [['nx', nx]])]) as Manifest;
}
