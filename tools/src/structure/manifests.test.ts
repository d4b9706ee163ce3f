import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  type Manifests,
  manifestProblems,
  manifestsIn,
  pythonRelease,
  releaseProblems,
  withPythonVersion,
} from './manifests.js';

const OURS = manifestsIn(join(import.meta.dirname, '../../..'));
const CORE = 'packages/core';

/** Our manifests with changes in one of them. */
function changed(folder: string, change: Readonly<Record<string, unknown>>): Manifests {
  const packages = new Map(OURS.packages);
  packages.set(folder, { ...packages.get(folder)!, ...change });
  return { ...OURS, packages };
}

test('our manifests are complete and in step, with the Python workers', () => {
  expect(manifestProblems(OURS)).toEqual([]);
  expect(OURS.packages.size).toBeGreaterThan(20);
  expect([...OURS.python.keys()]).toEqual([
    'packages/trainer-olmo-core/worker/pyproject.toml',
    'packages/trainer-torch/worker/pyproject.toml',
  ]);
});

test.each<[Readonly<Record<string, unknown>>, string]>([
  [{ version: '0.0.9' }, '"version" is "0.0.9"'],
  [{ license: undefined }, '"license" is absent'],
  [{ engines: { node: '>=18' } }, '"engines" is {"node":">=18"}'],
  [{ keywords: ['other'] }, '"keywords" is ["other"], not ["branchline","other"]'],
  [{ files: ['dist'] }, '"files" is ["dist"], not ["dist","!**/*.test.ts"'],
  [{ repository: { type: 'git', directory: 'packages/data' } }, '"repository" is'],
  [{ publishConfig: { access: 'public' } }, '"publishConfig" is {"access":"public"}'],
  [{ homepage: 'https://example.org' }, '"homepage" is "https://example.org", not absent'],
  [{ description: undefined }, '"description" is absent'],
  [{ type: 'commonjs' }, '"type" is not "module"'],
  [{ exports: { '.': { default: './dist/index.js' } } }, '"exports" of "."'],
  [{ dependencies: { '@branchline/model': '0.0.9' } }, '"dependencies" has @branchline/model 0.0.9'],
  [{ devDependencies: { '@branchline/model': '^0.1.0' } }, '"devDependencies" has @branchline/model ^0.1.0'],
])('%o in a manifest is one problem', (change, message) => {
  expect(manifestProblems(changed(CORE, change))).toEqual([
    expect.stringContaining(`${CORE}/package.json: ${message}`),
  ]);
});

test('a version of the workspace or of a worker that is not in step is a problem', () => {
  const [path, text] = [...OURS.python][0]!;
  const worker = { ...OURS, python: new Map([[path, withPythonVersion(text, '9.0.0')]]) };
  expect(manifestProblems(worker)).toEqual([
    `${path}: version is 9.0.0, not ${OURS.root.version}`,
    `${path}: dependency on branchline-worker==9.0.0, not ${OURS.root.version}`,
  ]);
  const root = { ...OURS, root: { ...OURS.root, version: '9.0.0' } };
  expect(manifestProblems(root).length).toBeGreaterThan(OURS.packages.size);
});

test('a release needs the address of the repository, which all packages then have', () => {
  const at = (url: string) => ({ ...OURS, root: { ...OURS.root, repository: { type: 'git', url } } });
  expect(releaseProblems({ ...OURS, root: { ...OURS.root, repository: undefined } })).toHaveLength(1);
  expect(releaseProblems(at('https://example.org/owner/branchline'))).toHaveLength(1);
  const set = at('git+https://example.org/owner/branchline.git');
  expect(releaseProblems(set)).toEqual([]);
  expect(manifestProblems(set)).toContainEqual(expect.stringContaining(`${CORE}/package.json: "repository"`));
});

test.each([
  ['1.2.0', '1.2.0'],
  ['1.2.0-alpha.3', '1.2.0a3'],
  ['1.2.0-beta.1', '1.2.0b1'],
  ['1.2.0-rc.0', '1.2.0rc0'],
  ['1.2.0-next', '1.2.0rc0'],
])('%s is %s for PyPI', (version, python) => {
  expect(pythonRelease(version)).toBe(python);
  expect(withPythonVersion('name = "x"\nversion = "0.1.0"\n', version)).toBe(`name = "x"\nversion = "${python}"\n`);
});
