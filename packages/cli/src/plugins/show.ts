/** `branchline plugins ls` and `branchline plugins show`. */

import {
  type BrokenPackage,
  type ListedPlugin,
  listedPlugin,
  listPlugins,
  namesOf,
  PluginFinder,
  UNTOLD,
} from '@branchline/api/internal';
import { LOADING } from '../experiment/module-guard.js';
import { styleFor } from '../ui/style.js';
import { widthOf } from './columns.js';
import { detailText, listText, type Page } from './text.js';

const page = (): Page => ({ width: widthOf(process.stdout), style: styleFor(process.stdout) });

/** Lists the built-in plugins and those of the packages installed where the command was typed. */
export async function showPlugins(json: boolean): Promise<void> {
  const finder = new PluginFinder(process.cwd(), LOADING);
  const listed = await listPlugins(finder);
  const text = json
    ? JSON.stringify(
        listed.map((plugin) => asJson(plugin, finder)),
        null,
        2,
      )
    : listed.map((plugin) => listText(plugin, page())).join('\n\n');
  process.stdout.write(`${text}\n`);
}

/** Tells everything of one plugin: built in, of an installed package, or in a module. Throws a BranchlineError when there is none. */
export async function showPlugin(name: string, json: boolean): Promise<void> {
  const finder = new PluginFinder(process.cwd(), LOADING);
  const plugin = await finder.find(name);
  const listed = listedPlugin(plugin, finder.packageOf(name));
  const names = listed.package === undefined ? [name] : namesOf(listed, finder);
  const text = json ? JSON.stringify(asJson(listed, finder), null, 2) : detailText(listed, names, page());
  process.stdout.write(`${text}\n`);
}

/** `options` is a JSON Schema, or null where there are none or none can be told. */
function asJson(listed: ListedPlugin | BrokenPackage, finder: PluginFinder): object {
  const { package: found } = listed;
  const from = found === undefined ? null : { name: found.name, version: found.version, directory: found.directory };
  if ('problem' in listed) return { name: found!.pluginName, package: from, problem: listed.problem };
  const { options, description = null, ...rest } = listed;
  return {
    ...rest,
    description,
    names: namesOf(listed, finder),
    package: from,
    options: typeof options === 'string' ? null : options,
    ...(options === 'untold' && { note: UNTOLD }),
  };
}
