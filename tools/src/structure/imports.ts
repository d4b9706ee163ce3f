import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import ts from 'typescript';
import type { Imports } from './cycles.js';

/** Shipped TypeScript files under a folder, relative to it, with forward slashes. */
export function filesIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((path) => path.split(sep).join('/'))
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts') && !path.endsWith('.test-d.ts'))
    .sort();
}

/** Imports between the files of a folder, including types and dynamic imports. */
export function importsIn(folder: string): Imports {
  return new Map(
    filesIn(folder).map((file) => {
      const path = join(folder, file);
      const { importedFiles } = ts.preProcessFile(readFileSync(path, 'utf8'), true, true);
      const targets = importedFiles
        .filter(({ fileName }) => fileName.startsWith('.'))
        .map(({ fileName }) => resolve(path, '..', fileName.replace(/\.js$/, '.ts')))
        .filter((target) => target.endsWith('.ts') && existsSync(target))
        .map((target) => relative(folder, target).split(sep).join('/'))
        .filter((target) => !target.startsWith('..'));
      return [file, [...new Set(targets)]] as const;
    }),
  );
}
