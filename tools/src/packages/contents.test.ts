import { expect, test } from 'vitest';
import { contentProblems } from './contents.js';

const GOOD = {
  'package.json': '{}',
  'README.md': '# x',
  LICENSE: 'Apache',
  'dist/index.js': 'export {};\n//# sourceMappingURL=index.js.map\n',
  'dist/index.js.map': JSON.stringify({ sources: ['../src/index.ts'] }),
  'src/index.ts': 'export {};',
  'templates/src/a.test.ts.template': '',
};
const problems = (change: Readonly<Record<string, string | undefined>>) => {
  const files = Object.entries({ ...GOOD, ...change }).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  return contentProblems(new Map(files), ['/home/me/work/']);
};

test('a package with license, README, code, maps and their sources is fine', () => {
  expect(problems({})).toEqual([]);
  const inline = JSON.stringify({ sources: ['../src/other.ts'], sourcesContent: ['export {};'] });
  expect(problems({ 'dist/index.js.map': inline })).toEqual([]);
});

test.each<[Readonly<Record<string, string | undefined>>, string]>([
  [{ LICENSE: undefined }, 'has no LICENSE'],
  [{ 'README.md': undefined }, 'has no README.md'],
  [{ 'src/a.test.ts': '' }, 'has a test: src/a.test.ts'],
  [{ 'src/a.test-d.ts': '' }, 'has a test: src/a.test-d.ts'],
  [{ 'test/helper.ts': '' }, 'has a test: test/helper.ts'],
  [{ 'worker/test_a.py': '' }, 'has a test: worker/test_a.py'],
  [{ 'dist/.tsbuildinfo': '' }, 'has dist/.tsbuildinfo'],
  [{ 'worker/__pycache__/a.pyc': '' }, 'has worker/__pycache__/a.pyc'],
  [{ 'dist/index.js.map': undefined }, 'dist/index.js has a source map that is not there: index.js.map'],
  [{ 'src/index.ts': undefined }, 'dist/index.js.map maps to a file that is not there: ../src/index.ts'],
  [{ 'dist/a.js': 'const at = "/home/me/work/x";' }, 'dist/a.js has a path of this machine: /home/me/work/'],
])('%o is one problem', (change, message) => {
  expect(problems(change)).toEqual([message]);
});
