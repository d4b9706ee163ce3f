/** Reads an experiment file; what is wrong with the file itself is told with its line, and never as a stack trace. */
import { isUtf8 } from 'node:buffer';
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, extname, resolve } from 'node:path';
import { BranchlineError } from '@branchline/core';
import { parseConfigDocument } from './document.js';
import { loadConfigModule } from './module.js';

/** What an experiment file says, unchecked. */
export interface LoadedConfig {
  readonly config: unknown;
  readonly baseDirectory: string;
  /** The file's name without `.config.ts` and the like. */
  readonly defaultName: string;
}

const MODULES = new Set(['.ts', '.mts', '.js', '.mjs']);
const DOCUMENTS = new Set(['.json', '.yaml', '.yml']);

/** No experiment is larger. */
const LARGEST = 4 * 2 ** 20;
/** How long a module may take, in milliseconds: it may read a file or ask a service, and must not hang. */
const PATIENCE = 60_000;

/**
 * Loads a file in TypeScript, JavaScript, JSON or YAML. Only regular files are read: a pipe or a device may never end. Code is loaded
 * from TypeScript and JavaScript alone, and `patience` is how many milliseconds it may take.
 */
export async function loadConfig(path: string, patience = PATIENCE): Promise<LoadedConfig> {
  const file = resolve(path);
  const kind = extname(file).toLowerCase();
  const text = await readText(path, file);
  let config: unknown;
  if (MODULES.has(kind)) config = await loadConfigModule(file, text, patience);
  else if (DOCUMENTS.has(kind)) config = parseConfigDocument(path, text);
  else throw refused(`${path} is no experiment file`, 'It must end in .ts, .mts, .js, .mjs, .json, .yaml or .yml.');
  const defaultName = basename(file, extname(file)).replace(/\.config$/, '');
  return { config, baseDirectory: dirname(file), defaultName };
}

async function readText(path: string, file: string): Promise<string> {
  const unread = (error: NodeJS.ErrnoException): never => {
    const message = error.code === 'ENOENT' ? `there is no file ${path}` : `${path} cannot be read: ${error.message}`;
    throw refused(message, EXAMPLE);
  };
  const found = await stat(file).catch(unread);
  if (!found.isFile()) throw refused(`${path} is no file`, EXAMPLE);
  if (found.size > LARGEST) throw refused(`${path} has ${found.size} bytes: too large for an experiment file`, EXAMPLE);
  const bytes = await readFile(file).catch(unread);
  if (!isUtf8(bytes)) throw refused(`${path} is not text in UTF-8`, 'Store it in UTF-8.');
  return bytes.toString('utf8');
}

const EXAMPLE = 'Name an experiment file, for example examples/quick.config.ts.';

function refused(message: string, remedy: string): BranchlineError {
  return new BranchlineError('config', { message, remedy });
}
