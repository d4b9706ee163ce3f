/** Packs small packages for real, and asks what the checks say. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Manifest, Manifests } from '../structure/manifests.js';
import { tarballProblems } from './lint.js';
import { publishProblems } from './publish.js';
import { packAll, publishedManifest } from './stage.js';

const ENTRY = { '@branchline/source': './src/index.ts', types: './dist/index.d.ts', default: './dist/index.js' };
const BASE = {
  version: '1.2.0',
  license: 'Apache-2.0',
  type: 'module',
  repository: { type: 'git', url: 'git+https://example.org/owner/name.git' },
  files: ['dist', 'src', '!**/*.test.ts'],
  publishConfig: { access: 'public', provenance: true },
};

/** A workspace with packages `b`, which depends on `a`, and `a`. */
function workspace(change: Readonly<Record<string, string>> = {}, changed: object = {}) {
  const root = mkdtempSync(join(tmpdir(), 'branchline-pack-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const a = { ...BASE, name: '@x/a', exports: { '.': ENTRY }, nx: { tags: ['scope:a'] }, ...changed };
  const b = { ...BASE, name: '@x/b', exports: { '.': ENTRY }, dependencies: { '@x/a': '1.2.0' } };
  const code: Record<string, string> = {
    'README.md': '# A package\n',
    'src/index.ts': 'export const one = 1;\n',
    'src/index.test.ts': '',
    'dist/index.js': 'export const one = 1;\n',
    'dist/index.d.ts': 'export declare const one = 1;\n',
  };
  const files: Record<string, string> = { LICENSE: 'Apache\n' };
  for (const [path, text] of Object.entries({ ...code, ...change })) files[`packages/z-a/${path}`] = text;
  for (const [path, text] of Object.entries(code)) files[`packages/b/${path}`] = text;
  files['packages/z-a/package.json'] = JSON.stringify(a);
  files['packages/b/package.json'] = JSON.stringify(b);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  const packages = new Map<string, Manifest>([
    ['packages/b', b],
    ['packages/z-a', a],
  ]);
  const manifests: Manifests = { root: { name: 'root', version: '1.2.0' }, packages, python: new Map() };
  return packAll(root, manifests, join(root, 'out'));
}

test('packages are packed once, dependencies first, with the license, and pass the checks', async () => {
  const packed = workspace();
  expect(packed.map(({ name }) => name)).toEqual(['@x/a', '@x/b']);
  for (const one of packed) {
    expect(await tarballProblems(one, ['/nowhere/'])).toEqual([]);
    const list = execFileSync('tar', ['tzf', one.tarball], { encoding: 'utf8' }).trim().split('\n').sort();
    expect(list).toEqual(
      ['LICENSE', 'README.md', 'dist/index.d.ts', 'dist/index.js', 'package.json', 'src/index.ts'].map(
        (path) => `package/${path}`,
      ),
    );
  }
  expect(await publishProblems(packed[0]!)).toEqual([]);
});

test('wrong entry points, missing types and tarballs that npm refuses are found', async () => {
  const exports = { '.': ENTRY, './more': { types: './dist/more.d.ts', default: './dist/more.js' } };
  const [missing] = workspace({}, { exports });
  expect(await tarballProblems(missing!, [])).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^publint: .*dist\/more\.js/),
      'types of "./more", node16-esm: Resolution failed',
      'types of "./more", bundler: Resolution failed',
    ]),
  );
  const [untyped] = workspace({}, { exports: { '.': { default: './dist/index.js' } }, files: ['dist/index.js'] });
  expect(await tarballProblems(untyped!, [])).toContain('has no types');
  expect(await publishProblems({ ...untyped!, name: '@x/other' })).toEqual([expect.stringContaining('@x/other@1.2.0')]);
  writeFileSync(untyped!.tarball, 'not a tarball');
  expect(await publishProblems(untyped!)).toEqual([expect.stringContaining('npm error')]);
});

test('the published manifest has nothing that exists in the workspace only', () => {
  const { exports, ...rest } = publishedManifest({
    name: 'a',
    version: '1.0.0',
    exports: { '.': ENTRY, './fixtures': { '@branchline/source': './test/fixtures.ts' } },
    scripts: { kernels: 'node x' },
    devDependencies: { '@branchline/testing': '1.0.0' },
    nx: {},
  });
  expect(rest).toEqual({ name: 'a', version: '1.0.0' });
  expect(exports).toEqual({ '.': ENTRY });
  const core = JSON.parse(
    readFileSync(join(import.meta.dirname, '../../../packages/core/package.json'), 'utf8'),
  ) as Manifest;
  expect(Object.keys(core.exports as object)).toContain('./fixtures');
  expect(Object.keys(publishedManifest(core).exports as object)).toEqual(['.']);
});
