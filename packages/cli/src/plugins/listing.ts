/** Plugins as data, for lists and for the schema of experiment files. */
import { BranchlineError, KERNEL_API, type PluginDefinition } from '@branchline/core';
import { satisfies } from 'semver';
import { KNOWN_PLUGINS } from '../config/known-plugins.js';
import type { PluginFinder } from './finder.js';
import type { InstalledPackage } from './installed.js';
import { type OptionsSchema, optionsSchemaOf } from './options-schema.js';

/** A plugin that can be named. */
export interface ListedPlugin {
  readonly name: string;
  /** Undefined when it says none. */
  readonly version: string | undefined;
  /** Range of kernel API versions it was written for; undefined when it says none. */
  readonly kernel: string | undefined;
  /** Whether this kernel is in it. */
  readonly fits: boolean;
  readonly description: string | undefined;
  /** Fields it may set, as far as it tells. */
  readonly owns: readonly string[];
  readonly reactive: boolean;
  readonly options: OptionsSchema;
  /** Undefined for a built-in plugin and for one that was named by a path. */
  readonly package: InstalledPackage | undefined;
}

/** A package that says it is a plugin and cannot be used as one. */
export interface BrokenPackage {
  readonly package: InstalledPackage;
  readonly problem: string;
}

/** All built-in plugins, then all of installed packages. Loads the packages, one after the other; what is wrong with one is told with it. */
export async function listPlugins(finder: PluginFinder): Promise<readonly (ListedPlugin | BrokenPackage)[]> {
  const listed: (ListedPlugin | BrokenPackage)[] = [...KNOWN_PLUGINS.values()].map((plugin) => listedPlugin(plugin));
  for (const found of finder.packages) {
    try {
      listed.push(listedPlugin(await finder.load(found), found));
    } catch (error) {
      if (!(error instanceof BranchlineError)) throw error;
      listed.push({ package: found, problem: error.problems.map(({ message }) => message).join('; ') });
    }
  }
  return listed;
}

/** What a definition says of itself. */
export function listedPlugin(plugin: PluginDefinition, found?: InstalledPackage): ListedPlugin {
  const { name, version, kernel, description, owns = [] } = plugin;
  return {
    name,
    version,
    kernel,
    fits: kernel === undefined || satisfies(KERNEL_API, kernel),
    description: typeof description === 'string' ? description : found?.description,
    owns,
    reactive: plugin.reactive === true,
    options: optionsSchemaOf(plugin),
    package: found,
  };
}

/** How a plugin can be named where there are no imports: the first is the shortest. */
export function namesOf({ name, package: found }: ListedPlugin, finder: PluginFinder): readonly string[] {
  if (found === undefined) return [name];
  const taken =
    KNOWN_PLUGINS.has(found.pluginName) ||
    finder.packages.some((other) => other !== found && [other.name, other.pluginName].includes(found.pluginName));
  return taken ? [found.name] : [...new Set([found.pluginName, found.name])];
}
