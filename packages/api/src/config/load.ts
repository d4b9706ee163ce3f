/** Reads an experiment file. Errors in the file are reported with their line, not as a stack trace. */
import { basename, dirname, extname, resolve } from 'node:path';
import { BranchlineError } from '@branchline/core';
import { parseConfigDocument } from '../files/document.js';
import { loadConfigModule, type ModuleLoading } from '../files/module.js';
import { readTextFile } from '../files/text-file.js';

/** The content of an experiment file, not checked yet. */
export interface LoadedConfig {
  readonly config: unknown;
  readonly baseDirectory: string;
  /** The file's name without `.config.ts` and similar endings. */
  readonly defaultName: string;
}

const MODULES = new Set(['.ts', '.mts', '.js', '.mjs']);
const DOCUMENTS = new Set(['.json', '.yaml', '.yml']);

/** Loads a TypeScript, JavaScript, JSON or YAML file. Only TypeScript and JavaScript run as code. */
export async function loadConfig(path: string, loading: ModuleLoading = {}): Promise<LoadedConfig> {
  const file = resolve(path);
  const kind = extname(file).toLowerCase();
  const text = await readTextFile(path, file).catch((error: Error) => {
    throw refused(error.message, 'Name an experiment file, for example examples/quick.config.ts.');
  });
  let config: unknown;
  if (MODULES.has(kind)) config = await loadConfigModule(file, loading);
  else if (DOCUMENTS.has(kind)) config = parseConfigDocument(path, text);
  else throw refused(`${path} is not an experiment file`, 'It must end in .ts, .mts, .js, .mjs, .json, .yaml or .yml.');
  const defaultName = basename(file, extname(file)).replace(/\.config$/, '');
  return { config, baseDirectory: dirname(file), defaultName };
}

function refused(message: string, remedy: string): BranchlineError {
  return new BranchlineError('config', { message, remedy });
}
