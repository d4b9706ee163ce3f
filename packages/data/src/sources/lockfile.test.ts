import path from 'node:path';
import type { Problem } from '@branchline/core';
import { expect, test } from 'vitest';
import { folder, text, write } from '../../test/fixtures.js';
import type { LockfileSource } from '../config/schema.js';
import { lockedPackages, lockfileFiles } from './lockfile.js';

const ok = { version: '1.0.0', integrity: 'sha512-x' };

/** A project with a lock file; `places` are the install locations of its packages. */
function project(entries: Record<string, object>, files: Record<string, string | Uint8Array> = {}): string {
  const base = folder();
  write(base, { 'package-lock.json': JSON.stringify({ lockfileVersion: 3, packages: { '': {}, ...entries } }) });
  for (const place of Object.keys(entries)) {
    write(base, {
      [`${place}/package.json`]: JSON.stringify({ version: '1.0.0' }),
      [`${place}/README.md`]: text(`readme ${place}`),
      [`${place}/index.js`]: text(`source ${place}`),
      [`${place}/index.d.ts`]: text(`types ${place}`),
    });
  }
  write(base, files);
  return base;
}

async function find(base: string, source: Partial<LockfileSource> = {}) {
  const problems: Problem[] = [];
  const settings = { lockfile: 'package-lock.json', ...source };
  const packages = lockedPackages(settings, 'data.sources[0]', base, problems);
  const files = packages ? await lockfileFiles(settings, packages, 'data.sources[0]', problems) : [];
  return { files, names: files.map(({ name }) => name), problems };
}

test('takes documentation, types and source of packages that are the same everywhere', async () => {
  const base = project({
    'node_modules/plain': ok,
    'node_modules/@scope/dev': { ...ok, dev: true },
    'node_modules/optional': { ...ok, optional: true },
    'node_modules/for-linux': { ...ok, os: ['linux'] },
    'node_modules/for-arm': { ...ok, cpu: ['arm64'] },
    'node_modules/builds': { ...ok, hasInstallScript: true },
    'node_modules/from-git': { version: '1.0.0' },
    'node_modules/link': { link: true, resolved: 'packages/link' },
    'packages/link': { version: '1.0.0' },
  });
  const { files, problems } = await find(base);
  expect(problems).toEqual([]);
  expect(files.map(({ name, domain }) => `${name} ${domain}`)).toEqual([
    '@scope/dev@1.0.0/README.md docs',
    '@scope/dev@1.0.0/index.d.ts types',
    '@scope/dev@1.0.0/index.js source',
    'plain@1.0.0/README.md docs',
    'plain@1.0.0/index.d.ts types',
    'plain@1.0.0/index.js source',
  ]);
});

test('the install location of a package does not matter', async () => {
  const files = (place: string) => ({
    [`${place}/README.md`]: text('same'),
    [`${place}/index.js`]: text('same source'),
  });
  const flat = project({ 'node_modules/b': ok }, files('node_modules/b'));
  const nested = project({ 'node_modules/a/node_modules/b': ok }, files('node_modules/a/node_modules/b'));
  const source = { include: { docs: ['*.md'], source: ['*.js'] } };
  const strip = async (base: string) => (await find(base, source)).files.map(({ path: _, ...file }) => file);
  expect(await strip(nested)).toEqual(await strip(flat));
});

test('skips minified, binary, large and license files, copies and excluded files', async () => {
  const at = (name: string) => `node_modules/a/${name}`;
  const base = project(
    { 'node_modules/a': ok },
    {
      [at('min.js')]: 'x;'.repeat(600),
      [at('latin.js')]: Buffer.from([0x61, 0xe9, 0x0a]),
      [at('zero.js')]: 'a\0b',
      [at('empty.js')]: '',
      [at('large.js')]: 'let a = 1;\n'.repeat(30_000),
      [at('LICENSE.md')]: text('license'),
      [at('copy.js')]: text('source node_modules/a'),
      [at('test/a.js')]: text('test'),
      [at('node_modules/b/index.js')]: text('not in the lock file'),
    },
  );
  const { names } = await find(base, { exclude: ['test/**'] });
  expect(names).toHaveLength(3);
  expect(names.filter((name) => /index\.js|copy\.js/.test(name))).toHaveLength(1);
});

test('fills each domain up to its quota, the same files for the same lock file', async () => {
  const places = Array.from({ length: 40 }, (_, index) => `node_modules/p${index}`);
  const base = project(Object.fromEntries(places.map((place) => [place, ok])));
  const all = (await find(base)).files;
  const some = (await find(base, { bytesPerDomain: 3000 })).files;
  for (const domain of ['docs', 'types', 'source']) {
    const bytes = some.filter((file) => file.domain === domain).reduce((sum, file) => sum + file.bytes, 0);
    expect(bytes).toBeGreaterThanOrEqual(3000);
    expect(bytes).toBeLessThan(4000);
  }
  expect(all).toEqual(expect.arrayContaining(some));
  expect((await find(base, { bytesPerDomain: 3000 })).files).toEqual(some);
});

test('selects packages by name and by "*"', async () => {
  const base = project({ 'node_modules/@a/x': ok, 'node_modules/@a/y': ok, 'node_modules/b': ok });
  expect((await find(base, { packages: ['@a/*'], include: { d: ['*.md'] } })).names).toEqual([
    '@a/x@1.0.0/README.md',
    '@a/y@1.0.0/README.md',
  ]);
  const { problems } = await find(base, { packages: ['b', 'c'] });
  expect(problems).toMatchObject([
    { configPath: 'data.sources[0].packages', message: expect.stringContaining('package c') as string },
  ]);
});

test('reports missing packages and invalid lock files', async () => {
  const base = project({ 'node_modules/a': ok });
  write(base, { 'node_modules/a/package.json': '{"version":"0.9.0"}', 'old.json': '{}', 'bad.json': '{' });
  expect((await find(base)).problems).toMatchObject([
    {
      message: 'not installed as package-lock.json says: a@1.0.0',
      remedy: expect.stringContaining('npm ci') as string,
    },
  ]);
  expect((await find(base, { lockfile: 'old.json' })).problems[0]!.message).toContain('no "packages"');
  expect((await find(base, { lockfile: 'bad.json' })).problems[0]!.message).toContain('is not JSON');
  expect((await find(path.join(base, 'x'))).problems[0]!.message).toContain('there is no package-lock.json');
});

test('a domain without text is a problem', async () => {
  const { problems } = await find(project({ 'node_modules/a': ok }), { include: { lua: ['**/*.lua'] } });
  expect(problems).toMatchObject([
    { configPath: 'data.sources[0].include', message: expect.stringContaining('"lua"') as string },
  ]);
});
