/** Finds the plugins and trainers that an experiment names. */
import { relative, resolve } from 'node:path';
import { BranchlineError, didYouMean, nearest } from '@branchline/core';
import type { ModuleLoading } from '../files/module.js';
import { entryOf, type InstalledPackage, installedPackages, isInstalled } from './installed.js';
import type { Kind } from './kind.js';
import { loadExtension } from './load.js';
import { isPackageName, isPath, keywordOf, nameInPackage, resemblesPath } from './naming.js';

/**
 * Finds plugins or trainers by name, for experiments in one folder. A name is that of a built-in one, an explicit path
 * relative to the folder, or an installed package with the keyword, by the package's name or its short name. Only the
 * code of the requested one is loaded.
 */
export class Finder<T> {
  private readonly requested = new Map<string, Promise<T>>();
  private installed: readonly InstalledPackage[] | undefined;

  constructor(
    readonly kind: Kind<T>,
    readonly directory: string,
    private readonly loading: ModuleLoading = {},
  ) {}

  /** Throws a BranchlineError (`config`) if there is none or it cannot be used. */
  find(name: string): Promise<T> {
    const found = this.requested.get(name) ?? this.lookUp(name);
    this.requested.set(name, found);
    return found;
  }

  /** Installed packages that can be named. Does not load them. */
  get packages(): readonly InstalledPackage[] {
    this.installed ??= installedPackages(this.kind.noun, this.directory).filter(
      ({ name }) => !this.kind.builtInPackages.has(name),
    );
    return this.installed;
  }

  /** Loads one of `packages`. Throws as `find` does. */
  async load(found: InstalledPackage): Promise<T> {
    const where = relative(process.cwd(), found.directory) || '.';
    const absent = `Package ${found.name} is not built: run its build in ${where}, or install it again.`;
    return loadExtension({ kind: this.kind, file: entryOf(found), absent, loading: this.loading });
  }

  private async lookUp(name: string): Promise<T> {
    const known = this.kind.builtIn.get(name);
    if (known !== undefined) return known;
    if (isPath(name)) {
      const absent = 'A path is relative to the experiment file; on the command line, to where it was typed.';
      return loadExtension({ kind: this.kind, file: resolve(this.directory, name), absent, loading: this.loading });
    }
    const [first, second] = this.packagesCalled(name);
    if (first === undefined) throw new BranchlineError('config', this.missing(name));
    if (second === undefined) return this.load(first);
    throw new BranchlineError('config', {
      message: `"${name}" is a ${this.kind.noun} of ${first.name} and of ${second.name}`,
      remedy: 'Write the name of the package that you mean.',
    });
  }

  /** The package that a name refers to; undefined for built-in names and for paths. */
  packageOf(name: string): InstalledPackage | undefined {
    return this.kind.builtIn.has(name) || isPath(name) ? undefined : this.packagesCalled(name)[0];
  }

  /** The package with this name, else all packages with this short name. */
  private packagesCalled(name: string): readonly InstalledPackage[] {
    const own = this.packages.find((found) => found.name === name);
    return own === undefined ? this.packages.filter(({ shortName }) => shortName === name) : [own];
  }

  private missing(name: string): { readonly message: string; readonly remedy: string } {
    const message = `there is no ${this.kind.noun} "${name}"`;
    if (resemblesPath(name)) {
      const path = name.replace(/^file:\/\//, '');
      return { message, remedy: `A path begins with ./, ../ or /: write ${isPath(path) ? path : `./${path}`}` };
    }
    const builtIn = nameInPackage(this.kind.noun, name);
    if (this.kind.builtIn.has(builtIn)) return { message, remedy: `It comes with Branchline: write ${builtIn}.` };
    const names = [...this.kind.builtIn.keys(), ...this.packages.map(({ shortName }) => shortName)];
    if (nearest(name, names) !== undefined) return { message, remedy: didYouMean(name, names) };
    if (!isPackageName(name))
      return { message, remedy: `Known: ${names.join(', ')}. A path begins with ./, ../ or /.` };
    if (isInstalled(name, this.directory)) {
      const remedy = `A package with a ${this.kind.noun} has "${keywordOf(this.kind.noun)}" in the keywords of its package.json. A path begins with ./, ../ or /.`;
      return { message: `package "${name}" is not a ${this.kind.noun}`, remedy };
    }
    const remedy = `Known: ${names.join(', ')}. For a package: npm install ${name}. For a file: a path that begins with ./, ../ or /.`;
    return { message, remedy };
  }
}
