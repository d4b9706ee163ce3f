/** Names of plugins, trainers and loggers: a name of their own, the name of their package, or a path. */
import { isAbsolute } from 'node:path';

/** What packages can add. */
export type Noun = 'plugin' | 'trainer' | 'logger';

/** The keyword in package.json of a package whose default export is a plugin, trainer or logger. */
export const keywordOf = (noun: Noun) => `branchline-${noun}` as const;

/**
 * The short name of the plugin or trainer in a package: without scope and without `branchline-plugin-` or `plugin-`
 * (for trainers `trainer-`, for loggers `logger-`).
 */
export function nameInPackage(noun: Noun, packageName: string): string {
  return packageName.replace(/^@[^/]*\//, '').replace(new RegExp(`^(branchline-)?${noun}-(?=.)`), '');
}

/**
 * Whether a name is a path. It must begin with `./`, `../` or `/`, so that it cannot be confused with a package name.
 */
export function isPath(name: string): boolean {
  return /^\.{1,2}[/\\]/.test(name) || isAbsolute(name);
}

/** Whether a name looks like a path without its leading `./`. */
export function resemblesPath(name: string): boolean {
  return /\.[cm]?[jt]s$/.test(name) || /^[^@].*[/\\]/.test(name);
}

/** Whether this is a valid npm package name. */
export function isPackageName(name: string): boolean {
  return name.length <= 214 && /^(@[a-z\d~-][a-z\d._~-]*\/)?[a-z\d~-][a-z\d._~-]*$/i.test(name);
}
