/** Loads the code of a plugin that was named. Nothing else in this folder runs code. */
import { stat } from 'node:fs/promises';
import { extname, relative } from 'node:path';
import { BranchlineError, type PluginDefinition } from '@branchline/core';
import { importModule, type ModuleLoading } from '../config/module.js';
import { pluginOf } from './shape.js';

const MODULES = ['.ts', '.mts', '.js', '.mjs', '.cjs'];

/** A plugin's file. */
export interface PluginFile {
  /** Absolute. */
  readonly file: string;
  /** What to do when the file is not there. */
  readonly absent: string;
  readonly loading: ModuleLoading;
}

/** Runs a module and gives the plugin it exports. Throws a BranchlineError (`config`) for everything that can be wrong with it. */
export async function loadPlugin({ file, absent, loading }: PluginFile): Promise<PluginDefinition> {
  const shown = relative(process.cwd(), file) || file;
  const refused = (message: string, remedy: string) => new BranchlineError('config', { message, remedy });
  const found = await stat(file).catch(() => undefined);
  if (found === undefined) throw refused(`there is no file ${shown}`, absent);
  if (!found.isFile()) {
    throw refused(
      `${shown} is no file`,
      'Name the file that exports the plugin, for example ./my-strategy/src/index.ts.',
    );
  }
  if (!MODULES.includes(extname(file).toLowerCase())) {
    throw refused(`${shown} is no module`, `It must end in ${MODULES.join(', ').replace(/, (\S+)$/, ' or $1')}.`);
  }
  const shaped = await importModule(file, loading, pluginOf);
  if ('plugin' in shaped) return shaped.plugin;
  throw refused(`${shown} ${shaped.message}`, shaped.remedy);
}
