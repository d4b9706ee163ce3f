/**
 * Finding and loading plugins by name, package and path. Tests of TypeScript plugins need the launcher:
 * packages/cli/test/plugins-cli.full.test.ts.
 */
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { BranchlineError, type PluginDefinition } from '@branchline/core';
import { describe, expect, it } from 'vitest';
import { nameInPackage } from '../src/registry/naming.js';
import { KNOWN_PLUGINS, PluginFinder } from '../src/registry/plugins.js';
import { folder } from './corpus.js';
import { pluginModule, writeFiles, writePackage } from './plugin-files.js';

const find = (directory: string, name: string): Promise<PluginDefinition> =>
  new PluginFinder(directory, { timeout: 300 }).find(name);
/** Message and remedy of the only problem. */
async function problem(directory: string, name: string): Promise<string> {
  const error: unknown = await find(directory, name).catch((thrown: unknown) => thrown);
  if (!(error instanceof BranchlineError)) throw new Error(`${name} was found, or failed otherwise: ${String(error)}`);
  expect([error.code, error.problems.length]).toEqual(['config', 1]);
  return `${error.problems[0]!.message} | ${error.problems[0]!.remedy}`;
}

describe('a plugin is found', () => {
  it.each([
    ['plugin-own', 'own'],
    ['branchline-plugin-own', 'own'],
    ['@lab/plugin-own', 'own'],
    ['@lab/own', 'own'],
    ['own', 'own'],
    ['plugin-', 'plugin-'],
  ])('package %s has plugin %s', (name, plugin) => expect(nameInPackage('plugin', name)).toBe(plugin));

  it.each(['plugin-own', 'branchline-plugin-own', '@lab/plugin-own', 'own'])(
    'in package %s, by its name and by its plugin’s, from any folder below',
    async (name) => {
      const directory = folder();
      writePackage(directory, name, pluginModule('own'));
      mkdirSync(join(directory, 'a/b'), { recursive: true });
      for (const asked of [name, 'own']) expect((await find(join(directory, 'a/b'), asked)).name).toBe('own');
    },
  );

  it('by a path, relative to the folder of the experiment or absolute', async () => {
    const directory = folder();
    writeFiles(directory, { 'own.mjs': pluginModule('own'), 'a/x.txt': '' });
    for (const name of ['../own.mjs', './../own.mjs', join(directory, 'own.mjs')]) {
      expect((await find(join(directory, 'a'), name)).name).toBe('own');
    }
  });

  it('in the package that the experiment is part of', async () => {
    const directory = folder();
    const manifest = { name: '@lab/own', version: '1.0.0', keywords: ['branchline-plugin'], exports: './main.mjs' };
    writeFiles(directory, { 'package.json': JSON.stringify(manifest), 'main.mjs': pluginModule('own') });
    expect((await find(directory, '@lab/own')).name).toBe('own');
  });

  it.each([
    ['exports', { exports: { '.': { types: './x.d.ts', import: './lib/own.js' } } }],
    ['main', { main: 'lib/own.js' }],
    ['a folder that is linked', { exports: { '.': './lib/own.js' } }],
  ])('behind %s', async (how, manifest) => {
    const directory = folder();
    const at = how === 'a folder that is linked' ? join(directory, 'elsewhere') : directory;
    writePackage(at, 'own', '', manifest);
    writeFiles(join(at, 'node_modules/own'), { 'lib/own.js': pluginModule('own') });
    if (at !== directory) symlinkSync(join(at, 'node_modules'), join(directory, 'node_modules'), 'junction');
    expect((await find(directory, 'own')).name).toBe('own');
  });

  it('as the export named plugin, if a module has no default export', async () => {
    const directory = folder();
    const named = pluginModule('own').replace('export default', 'const own =').concat('export { own as plugin };\n');
    writeFiles(directory, { 'own.mjs': named });
    expect((await find(directory, './own.mjs')).name).toBe('own');
  });

  it('under the name of its folder, whatever its package.json says', async () => {
    const directory = folder();
    writePackage(directory, 'another', pluginModule('false'), { name: 'own' });
    writePackage(directory, 'own', pluginModule('own'));
    expect((await find(directory, 'own')).name).toBe('own');
    expect((await find(directory, 'another')).name).toBe('false');
  });

  it('built in before any package, and in the nearer of two packages', async () => {
    const directory = folder();
    writePackage(directory, 'replay', pluginModule('mine'));
    writePackage(directory, 'own', pluginModule('far'));
    writePackage(join(directory, 'a'), 'own', pluginModule('near'));
    expect(await find(directory, 'replay')).toBe(KNOWN_PLUGINS.get('replay'));
    expect((await find(join(directory, 'a'), 'own')).name).toBe('near');
  });
});

describe('an unknown name is reported', () => {
  it.each([
    ['replya', /^there is no plugin "replya" \| Did you mean "replay"\?$/],
    ['ownn', /^there is no plugin "ownn" \| Did you mean "own"\?$/],
    [
      'frobnicate',
      /Known: from-scratch, .*own.* For a package: npm install frobnicate\. .*begins with \.\/, \.\.\/ or \//,
    ],
    ['@lab/frobnicate', /npm install @lab\/frobnicate\./],
    ['own.ts', /\| A path begins with \.\/, \.\.\/ or \/: write \.\/own\.ts$/],
    ['dist/index.js', /write \.\/dist\/index\.js$/],
    ['file:///own.js', /write \/own\.js$/],
    ['node:fs', /^there is no plugin "node:fs" \| Known: /],
    ['', /^there is no plugin "" \| Known: /],
    ['..', /^there is no plugin "\.\." \| Known: /],
    ['lodash', /^package "lodash" is not a plugin \| .*"branchline-plugin" in the keywords/],
    ['twice', /^"twice" is a plugin of @lab\/plugin-twice and of plugin-twice \| Write the name of the package/],
    ['./absent.js', /^there is no file .*absent\.js \| A path is relative to the experiment file/],
    ['./a\u0000b.js', /^there is no file/],
    ['./node_modules', /^.*node_modules is not a file \| Name the file/],
    ['./notes.txt', /^.*notes\.txt is not a module \| It must end in \.ts, \.mts, \.js, \.mjs or \.cjs\.$/],
    ['unbuilt', /^there is no file .*dist.index\.js \| Package plugin-unbuilt is not built: run its build in /],
    ['closed', /^package plugin-closed exports nothing that import could run: .* \|/],
  ])('%j', async (name, expected) => expect(await problem(fixtures(), name)).toMatch(expected));
});

describe('a module without a plugin is reported', () => {
  const definition = "{ name: 'own' }";
  const factory = (more: string) => `export default Object.assign(() => 1, { plugin: { ...${definition}, ${more} } });`;
  it.each([
    [
      'export const own = 1;',
      'has no default export and none called plugin, only own | Write: export default definePlugin',
    ],
    ['export {};', 'has no default export and none called plugin |'],
    [
      `export default { plugin: ${definition}, options: {} };`,
      'exports a plugin that was called already | Remove the call',
    ],
    [`export default ${definition};`, 'exports no plugin, but a value of type object | Write: export default'],
    ['export default () => 1;', 'exports no plugin, but a value of type function |'],
    ['export default null; export const plugin = 3;', 'exports no plugin, but a value of type number |'],
    [factory("name: 'a b'"), 'exports an invalid plugin: name must be a word such as my-strategy |'],
    [factory("version: '1', kernel: 1"), 'version must be a version such as 1.0.0; kernel must be a range of versions'],
    [factory("owns: 'steps'"), 'owns must be a list of fields |'],
    [factory('options: {}'), 'options must be a schema (zod, valibot, arktype) |'],
    [factory("get name() { throw new Error('no'); }"), ': no |'],
    ["\nthrow new Error('boom');", 'own.mjs:2:7: boom |'],
    ['await new Promise(() => {});', 'has not finished after 0.3 s; look at what it awaits'],
    ['export default {', 'own.mjs:1:17: '],
  ])('%s', async (code, expected) => {
    const directory = folder();
    writeFiles(directory, { 'own.mjs': code });
    expect(await problem(directory, './own.mjs')).toContain(expected);
  });
});

/** A folder with packages of every kind. */
function fixtures(): string {
  const directory = folder();
  writePackage(directory, 'own', pluginModule('own'));
  writePackage(directory, 'lodash', '', { keywords: ['util'] });
  for (const name of ['plugin-twice', '@lab/plugin-twice']) writePackage(directory, name, pluginModule('twice'));
  writePackage(directory, 'plugin-unbuilt', '', { exports: './dist/index.js' });
  writePackage(directory, 'plugin-closed', '', { exports: { './other': './index.js' } });
  // Malformed packages are skipped.
  for (const text of ['[]', '{', 'null', '{"name": 1, "keywords": ["branchline-plugin"]}']) {
    writeFiles(join(directory, 'node_modules', `broken-${text.length}`), { 'package.json': text });
  }
  writeFiles(directory, { 'notes.txt': '', 'node_modules/file': '' });
  return directory;
}
