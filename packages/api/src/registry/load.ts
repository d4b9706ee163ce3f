/** Loads the code of a plugin or a trainer. Nothing else in this folder runs code. */
import { stat } from 'node:fs/promises';
import { extname } from 'node:path';
import { BranchlineError } from '@branchline/core';
import { importModule, type ModuleLoading, shownPath } from '../files/module.js';
import type { Kind } from './kind.js';

const MODULES = ['.ts', '.mts', '.js', '.mjs', '.cjs'];

/** The file of a plugin or trainer. */
export interface ExtensionFile<T> {
  readonly kind: Kind<T>;
  /** Absolute path. */
  readonly file: string;
  /** Remedy if the file does not exist. */
  readonly absent: string;
  readonly loading: ModuleLoading;
}

/** Imports a module and returns the definition that it exports. Throws a BranchlineError (`config`) if that fails. */
export async function loadExtension<T>({ kind, file, absent, loading }: ExtensionFile<T>): Promise<T> {
  const shown = shownPath(file);
  const refused = (message: string, remedy: string) => new BranchlineError('config', { message, remedy });
  const found = await stat(file).catch(() => undefined);
  if (found === undefined) throw refused(`there is no file ${shown}`, absent);
  if (!found.isFile()) {
    throw refused(
      `${shown} is not a file`,
      `Name the file that exports the ${kind.noun}, for example ${kind.examplePath}.`,
    );
  }
  if (!MODULES.includes(extname(file).toLowerCase())) {
    throw refused(`${shown} is not a module`, `It must end in ${MODULES.join(', ').replace(/, (\S+)$/, ' or $1')}.`);
  }
  const exported = await importModule(file, loading, kind.read);
  if ('value' in exported) return exported.value;
  throw refused(`${shown} ${exported.message}`, exported.remedy);
}
