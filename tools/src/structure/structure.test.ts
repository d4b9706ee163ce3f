import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { fileCycles, folderCycles } from './cycles.js';
import { importsIn } from './imports.js';

const graph = (edges: Readonly<Record<string, readonly string[]>>) => new Map(Object.entries(edges));

test('files that import each other are found, also through others', () => {
  const imports = graph({ 'a.ts': ['b.ts'], 'b.ts': ['c.ts'], 'c.ts': ['a.ts'], 'd.ts': ['a.ts'] });
  expect(fileCycles(imports)).toEqual([['a.ts', 'b.ts', 'c.ts']]);
  expect(folderCycles(imports)).toEqual([]);
});

test('folders that import each other are found even if no files do', () => {
  const imports = graph({ 'plan/a.ts': ['plugin/b.ts'], 'plugin/c.ts': ['plan/d.ts'], 'index.ts': ['plan/a.ts'] });
  expect(fileCycles(imports)).toEqual([]);
  expect(folderCycles(imports)).toEqual([['plan', 'plugin']]);
});

test('a nested folder is compared with its siblings', () => {
  const within = graph({ 'run/lane/a.ts': ['run/events/b.ts'], 'run/events/c.ts': ['run/lane/d.ts'] });
  expect(folderCycles(within)).toEqual([['run/events', 'run/lane']]);
  const across = graph({ 'run/lane/a.ts': ['plan/deep/b.ts'], 'plan/c.ts': ['run/d.ts'] });
  expect(folderCycles(across)).toEqual([['plan', 'run']]);
});

test('a root file is either a leaf or a root of the imports', () => {
  expect(folderCycles(graph({ 'plan/a.ts': ['errors.ts'], 'index.ts': ['plan/a.ts'] }))).toEqual([]);
  expect(folderCycles(graph({ 'plan/a.ts': ['errors.ts'], 'errors.ts': ['plan/b.ts'] }))).toEqual([
    ['errors.ts', 'plan'],
  ]);
});

test('imports are read from the source: values, types, exports and dynamic ones, but not strings', () => {
  const folder = mkdtempSync(join(tmpdir(), 'structure-'));
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  write('a.ts', "import './b/c.js';\nexport * from './d.js';\nconst text = \"import './e.js'\";\n");
  write('b/c.ts', "import type { D } from '../d.js';\nimport { expect } from 'vitest';\n");
  write('d.ts', "export const e = () => import('./e.js');\n");
  write('e.ts', 'export {};\n');
  write('e.test.ts', "import './a.js';\n");
  expect(Object.fromEntries(importsIn(folder))).toEqual({
    'a.ts': ['b/c.ts', 'd.ts'],
    'b/c.ts': ['d.ts'],
    'd.ts': ['e.ts'],
    'e.ts': [],
  });
  rmSync(folder, { recursive: true });
});
