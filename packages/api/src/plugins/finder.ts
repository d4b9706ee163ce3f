/** Finds the plugins that an experiment names. */
import { relative, resolve } from 'node:path';
import { BranchlineError, didYouMean, nearest, type PluginDefinition } from '@branchline/core';
import { BUILT_IN_PACKAGES, KNOWN_PLUGINS } from '../config/known-plugins.js';
import type { ModuleLoading } from '../config/module.js';
import { entryOf, type InstalledPackage, installedPackages, isInstalled } from './installed.js';
import { loadPlugin } from './load.js';
import { isPackageName, isPath, KEYWORD, pluginNameOf, resemblesPath } from './naming.js';

/**
 * Finds plugins by name, for experiments in one folder. A name is that of a built-in plugin, an explicit path relative to the folder, or an
 * installed package with the keyword, by its own name or by its plugin's. Code is loaded of the plugin that is asked for, and of no other.
 */
export class PluginFinder {
  private readonly asked = new Map<string, Promise<PluginDefinition>>();
  private installed: readonly InstalledPackage[] | undefined;

  constructor(
    readonly directory: string,
    private readonly loading: ModuleLoading = {},
  ) {}

  /** Throws a BranchlineError (`config`) that says why there is no such plugin, or why it cannot be used. */
  find(name: string): Promise<PluginDefinition> {
    const found = this.asked.get(name) ?? this.look(name);
    this.asked.set(name, found);
    return found;
  }

  /** Packages that can be named; none of them was loaded. */
  get packages(): readonly InstalledPackage[] {
    this.installed ??= installedPackages(this.directory).filter(({ name }) => !BUILT_IN_PACKAGES.has(name));
    return this.installed;
  }

  /** Loads one of `packages`. Throws as `find` does. */
  async load(found: InstalledPackage): Promise<PluginDefinition> {
    const where = relative(process.cwd(), found.directory) || '.';
    const absent = `Package ${found.name} is not built: run its build in ${where}, or install it again.`;
    return loadPlugin({ file: entryOf(found), absent, loading: this.loading });
  }

  private async look(name: string): Promise<PluginDefinition> {
    const known = KNOWN_PLUGINS.get(name);
    if (known !== undefined) return known;
    if (isPath(name)) {
      const absent = 'A path is relative to the experiment file; on the command line, to where it was typed.';
      return loadPlugin({ file: resolve(this.directory, name), absent, loading: this.loading });
    }
    const [first, second] = this.packagesCalled(name);
    if (first === undefined) throw new BranchlineError('config', this.missing(name));
    if (second === undefined) return this.load(first);
    throw new BranchlineError('config', {
      message: `"${name}" is a plugin of ${first.name} and of ${second.name}`,
      remedy: 'Write the name of the package that you mean.',
    });
  }

  /** The package that a name leads to; undefined for built-in plugins and paths. */
  packageOf(name: string): InstalledPackage | undefined {
    return KNOWN_PLUGINS.has(name) || isPath(name) ? undefined : this.packagesCalled(name)[0];
  }

  /** The package called so; else all whose plugin is. */
  private packagesCalled(name: string): readonly InstalledPackage[] {
    const own = this.packages.find((found) => found.name === name);
    return own === undefined ? this.packages.filter(({ pluginName }) => pluginName === name) : [own];
  }

  private missing(name: string): { readonly message: string; readonly remedy: string } {
    const message = `there is no plugin "${name}"`;
    if (resemblesPath(name)) {
      const path = name.replace(/^file:\/\//, '');
      return { message, remedy: `A path begins with ./, ../ or /: write ${isPath(path) ? path : `./${path}`}` };
    }
    const builtIn = pluginNameOf(name);
    if (KNOWN_PLUGINS.has(builtIn)) return { message, remedy: `It comes with Branchline: write ${builtIn}.` };
    const names = [...KNOWN_PLUGINS.keys(), ...this.packages.map(({ pluginName }) => pluginName)];
    if (nearest(name, names) !== undefined) return { message, remedy: didYouMean(name, names) };
    if (!isPackageName(name))
      return { message, remedy: `Known: ${names.join(', ')}. A path begins with ./, ../ or /.` };
    if (isInstalled(name, this.directory)) {
      const remedy = `A package with a plugin has "${KEYWORD}" in the keywords of its package.json. A path begins with ./, ../ or /.`;
      return { message: `package "${name}" is no plugin`, remedy };
    }
    const remedy = `Known: ${names.join(', ')}. For a package: npm install ${name}. For a file: a path that begins with ./, ../ or /.`;
    return { message, remedy };
  }
}
