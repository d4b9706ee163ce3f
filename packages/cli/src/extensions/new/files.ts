/**
 * The files of a new plugin or trainer, from templates/. Writes nothing; used by the command line and by the generator
 * of Nx.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { keywordOf } from '@branchline/api/internal';
import { VERSION } from '../../version.js';
import type { ExtensionNames } from './names.js';

const TEMPLATES = fileURLToPath(new URL('../../../templates', import.meta.url));
const ENDING = '.template';

/** Pinned versions of a new package's dependencies, other than Branchline's own packages. */
const VERSIONS = { zod: '^4.6.7', typescript: '^6.0.3', vitest: '^4.1.12' };

/** Where the package lives: independently, or in Branchline's workspace with the given root. */
export interface ExtensionPlace {
  /** Absolute path. */
  readonly directory: string;
  readonly workspace?: string;
}

/** File contents by path below the folder, sorted by path. */
export function extensionFiles(names: ExtensionNames, place: ExtensionPlace): ReadonlyMap<string, string> {
  const values: Readonly<Record<string, string>> = { ...names, ...placeValues(names, place) };
  const files = new Map<string, string>([['package.json', packageJson(names, place)]]);
  for (const group of [names.noun, place.workspace === undefined ? 'package/outside' : 'package/workspace']) {
    const folder = join(TEMPLATES, group);
    for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
      if (!path.endsWith(ENDING)) continue;
      // npm does not pack files whose names begin with a dot.
      const name = posix(path.slice(0, -ENDING.length)).replace(/^(gitignore|npmrc)$/, '.$1');
      files.set(name, filled(readFileSync(join(folder, path), 'utf8'), values));
    }
  }
  return new Map([...files].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function filled(template: string, values: Readonly<Record<string, string>>): string {
  return template.replace(/\{\{(\w+)\}\}/g, (_, key: string) => {
    const value = values[key];
    if (value === undefined) throw new Error(`a template uses ${key}, which has no value`);
    return value;
  });
}

const posix = (path: string) => path.replaceAll('\\', '/');

function placeValues(
  { packageName }: ExtensionNames,
  { directory, workspace }: ExtensionPlace,
): Record<string, string> {
  if (workspace === undefined) {
    const host = posix(relative(directory, hostOf(directory)));
    const above = host === '' ? '.' : host;
    return {
      lockfile: `${above}/package-lock.json`,
      schema: `${above}/node_modules/@branchline/api/experiment.schema.json`,
      commands:
        'npm install\nnpm test            # the conformance kit\nnpm run bench       # two strategies, in seconds\nnpm run build',
    };
  }
  const root = posix(relative(directory, workspace));
  const core = posix(relative(directory, join(workspace, 'packages/core')));
  const here = posix(relative(workspace, directory));
  return {
    root,
    core,
    folder: basename(directory),
    lockfile: `${root}/package-lock.json`,
    schema: `${root}/packages/api/experiment.schema.json`,
    commands: `npx nx test ${packageName}\nnpx branchline bench ${here}/example.config.yaml`,
  };
}

/** The folder whose `npm install` installs Branchline: the new one, or a parent that has it already. */
function hostOf(directory: string): string {
  for (let above = dirname(directory); ; above = dirname(above)) {
    const has = (path: string) => existsSync(join(above, path));
    if (has('node_modules/branchline') && has('package-lock.json')) return above;
    if (above === dirname(above)) return directory;
  }
}

const DESCRIPTIONS = {
  plugin: 'Continues from the last release and lowers the peak learning rate with every version',
  trainer: 'A bigram model, trained by gradient descent',
};

function packageJson({ noun, packageName }: ExtensionNames, { workspace }: ExtensionPlace): string {
  const ours = workspace === undefined ? `^${VERSION}` : VERSION;
  const dist = { types: './dist/index.d.ts', default: './dist/index.js' };
  const said = {
    name: packageName,
    version: '0.1.0',
    description: DESCRIPTIONS[noun],
    ...(workspace !== undefined && { license: 'Apache-2.0' }),
    type: 'module',
    keywords: [keywordOf(noun)],
    exports: { '.': workspace === undefined ? dist : { '@branchline/source': './src/index.ts', ...dist } },
    files: ['dist', 'src'],
  };
  const manifest =
    workspace === undefined
      ? {
          ...said,
          scripts: {
            test: 'vitest run',
            typecheck: 'tsc -p tsconfig.json',
            build: 'tsc -p tsconfig.build.json',
            plan: 'branchline plan example.config.yaml --explain',
            bench: 'branchline bench example.config.yaml',
          },
          dependencies: { '@branchline/core': ours, zod: VERSIONS.zod },
          devDependencies: {
            '@branchline/testing': ours,
            branchline: ours,
            typescript: VERSIONS.typescript,
            vitest: VERSIONS.vitest,
          },
        }
      : {
          ...said,
          dependencies: { '@branchline/core': ours, zod: VERSIONS.zod.replace('^', '') },
          devDependencies: { '@branchline/testing': ours },
          nx: { tags: [`scope:${noun}`] },
        };
  return `${JSON.stringify(manifest, null, 2)}\n`;
}
