/** Finds the plugins that an experiment names. */
import { relative, resolve } from 'node:path';
import { BranchlineError, didYouMean, nearest, type PluginDefinition } from '@branchline/core';
import { KNOWN_PLUGINS } from '../config/known-plugins.js';
import { entryOf, type InstalledPackage, installedPackages, isInstalled } from './installed.js';
import { loadPlugin } from './load.js';
import { isPackageName, isPath, KEYWORD, resemblesPath } from './naming.js';

/** How long the code of a plugin may take to load, in milliseconds. */
const PATIENCE = 60_000;

/**
 * Finds plugins by name, for experiments in one folder. A name is that of a built-in plugin, an explicit path relative to the folder, or an
 * installed package with the keyword, by its own name or by its plugin's. Code is loaded of the plugin that is asked for, and of no other.
 */
export class PluginFinder {
  readonly #found = new Map<string, Promise<PluginDefinition>>();
  #packages: readonly InstalledPackage[] | undefined;

  constructor(
    readonly directory: string,
    private readonly patience = PATIENCE,
  ) {}

  /** Throws a BranchlineError (`config`) that says why there is no such plugin, or why it cannot be used. */
  find(name: string): Promise<PluginDefinition> {
    const found = this.#found.get(name) ?? this.#find(name);
    this.#found.set(name, found);
    return found;
  }

  /** Packages that can be named; none of them was loaded. */
  get packages(): readonly InstalledPackage[] {
    this.#packages ??= installedPackages(this.directory);
    return this.#packages;
  }

  /** Loads one of `packages`. Throws as `find` does. */
  async load(found: InstalledPackage): Promise<PluginDefinition> {
    const where = relative(process.cwd(), found.directory) || '.';
    const absent = `Package ${found.name} is not built: run its build in ${where}, or install it again.`;
    return loadPlugin({ file: entryOf(found), absent, patience: this.patience });
  }

  async #find(name: string): Promise<PluginDefinition> {
    const known = KNOWN_PLUGINS.get(name);
    if (known !== undefined) return known;
    if (isPath(name)) {
      const absent = 'A path is relative to the experiment file; on the command line, to where it was typed.';
      return loadPlugin({ file: resolve(this.directory, name), absent, patience: this.patience });
    }
    const [first, second] = this.#packagesCalled(name);
    if (first === undefined) throw new BranchlineError('config', this.#missing(name));
    if (second === undefined) return this.load(first);
    throw new BranchlineError('config', {
      message: `"${name}" is a plugin of ${first.name} and of ${second.name}`,
      remedy: 'Write the name of the package that you mean.',
    });
  }

  /** The package called so; else all whose plugin is. */
  #packagesCalled(name: string): readonly InstalledPackage[] {
    const own = this.packages.find((found) => found.name === name);
    return own === undefined ? this.packages.filter(({ pluginName }) => pluginName === name) : [own];
  }

  #missing(name: string): { readonly message: string; readonly remedy: string } {
    const message = `there is no plugin "${name}"`;
    if (resemblesPath(name)) {
      const path = name.replace(/^file:\/\//, '');
      return { message, remedy: `A path begins with ./, ../ or /: write ${isPath(path) ? path : `./${path}`}` };
    }
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
