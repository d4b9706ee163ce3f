/** Loads the code of a plugin or a trainer that was named. Nothing else in this folder runs code. */
import { stat } from 'node:fs/promises';
import { extname, relative } from 'node:path';
import { BranchlineError } from '@branchline/core';
import { importModule, type ModuleLoading } from '../files/module.js';
import type { Kind } from './kind.js';

const MODULES = ['.ts', '.mts', '.js', '.mjs', '.cjs'];

/** The file of one of a kind. */
export interface ExtensionFile<T> {
  readonly kind: Kind<T>;
  /** Absolute. */
  readonly file: string;
  /** What to do when the file is not there. */
  readonly absent: string;
  readonly loading: ModuleLoading;
}

/**
 * Runs a module and gives what it exports. Throws a BranchlineError (`config`) for everything that can be wrong with
 * it.
 */
export async function loadExtension<T>({ kind, file, absent, loading }: ExtensionFile<T>): Promise<T> {
  const shown = relative(process.cwd(), file) || file;
  const refused = (message: string, remedy: string) => new BranchlineError('config', { message, remedy });
  const found = await stat(file).catch(() => undefined);
  if (found === undefined) throw refused(`there is no file ${shown}`, absent);
  if (!found.isFile()) {
    throw refused(
      `${shown} is no file`,
      `Name the file that exports the ${kind.noun}, for example ${kind.examplePath}.`,
    );
  }
  if (!MODULES.includes(extname(file).toLowerCase())) {
    throw refused(`${shown} is no module`, `It must end in ${MODULES.join(', ').replace(/, (\S+)$/, ' or $1')}.`);
  }
  const exported = await importModule(file, loading, kind.read);
  if ('value' in exported) return exported.value;
  throw refused(`${shown} ${exported.message}`, exported.remedy);
}
