/** `branchline plugins new` and `branchline trainers new`: write a new package into its own folder. */
import { readdir, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { BranchlineError, makeFolder, writingTo } from '@branchline/core';
import type { CommandNoun } from '../kinds.js';
import { extensionFiles } from './files.js';
import { namesOf } from './names.js';

/** Arguments of `new`. */
export interface NewArguments {
  readonly noun: CommandNoun;
  /** Name of the package, with or without a scope. */
  readonly name: string;
  /** Folder to create. Default: the package's name without its scope. */
  readonly dir?: string;
  readonly dryRun: boolean;
  readonly json: boolean;
}

/** Throws a BranchlineError (`config`) for an invalid name, and for a folder that is not empty. */
export async function createExtension({ noun, name, dir, dryRun, json }: NewArguments): Promise<void> {
  const names = namesOf(noun, name);
  const directory = resolve(dir ?? name.replace(/^.*\//, ''));
  const shown = relative(process.cwd(), directory) || '.';
  await refuseFull(directory, shown);
  const files = extensionFiles(names, { directory });
  if (!dryRun) {
    for (const [path, text] of files) {
      await makeFolder(dirname(join(directory, path)));
      const file = join(directory, path);
      await writingTo(file, () => writeFile(file, text, { flag: 'wx' }));
    }
  }
  const paths = [...files.keys()];
  const { packageName, name: ownName } = names;
  const text = json
    ? JSON.stringify({ package: packageName, [noun]: ownName, directory, files: paths, written: !dryRun }, null, 2)
    : [
        `${dryRun ? 'would write' : 'wrote'} ${noun} ${ownName} into ${shown}`,
        ...paths.map((path) => `  ${path}`),
        ...(dryRun ? [] : ['', 'Next:', ...nextSteps(noun, shown)]),
      ].join('\n');
  process.stdout.write(`${text}\n`);
}

function nextSteps(noun: CommandNoun, shown: string): readonly string[] {
  return [
    ...(shown === '.' ? [] : [`  cd ${shown}`]),
    '  npm install',
    '  npm test            the conformance kit; passes unchanged',
    `  npm run bench       ${noun === 'plugin' ? 'the strategy against from scratch and path switching' : 'two strategies on it'}, in seconds`,
    `Then write your own into src/${noun === 'plugin' ? 'strategy' : 'trainer'}.ts.`,
  ];
}

async function refuseFull(directory: string, shown: string): Promise<void> {
  const found = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    const message = error.code === 'ENOTDIR' ? `${shown} is not a folder` : `${shown} cannot be read: ${error.message}`;
    throw new BranchlineError('config', { message, remedy: 'Name another folder with --dir.' });
  });
  if (found.length === 0) return;
  const message = `${shown} is not empty, and nothing in it is overwritten`;
  throw new BranchlineError('config', { message, remedy: 'Name another folder with --dir.' });
}
