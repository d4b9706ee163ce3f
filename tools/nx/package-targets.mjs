// Defines the same four targets for every workspace package, so that no package.json repeats them.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

const run = (command) => ({
  executor: 'nx:run-commands',
  options: { command, cwd: '{projectRoot}' },
});

/** @type {import('@nx/devkit').CreateNodesV2} */
export const createNodesV2 = [
  '{packages/*,tools}/package.json',
  (files, _options, context) =>
    files.map((file) => {
      const root = dirname(file);
      const has = (name) => existsSync(join(context.workspaceRoot, root, name));
      const targets = {
        ...(has('tsconfig.build.json') && { build: run('tsc -b tsconfig.build.json') }),
        ...(has('vitest.config.ts') && { test: run('vitest run') }),
        ...(has('tsconfig.json') && { typecheck: run('tsc -p tsconfig.json') }),
        lint: run('eslint .'),
      };
      return [file, { projects: { [root]: { root, targets } } }];
    }),
];
