/** How plugins and trainers are called: by their name, by the name of their package, by a path. */
import { isAbsolute } from 'node:path';

/** What others can add. */
export type Noun = 'plugin' | 'trainer';

/** What a package says of itself in `keywords` of its package.json when its default export is one. */
export const keywordOf = (noun: Noun) => `branchline-${noun}` as const;

/**
 * The name of the plugin in a package: the package's without its scope and without `branchline-plugin-` or `plugin-`.
 * The same for trainers.
 */
export function nameInPackage(noun: Noun, packageName: string): string {
  return packageName.replace(/^@[^/]*\//, '').replace(new RegExp(`^(branchline-)?${noun}-(?=.)`), '');
}

/** Whether a name is a path. Only what begins with `./`, `../` or `/` is, so that no package's name can become one. */
export function isPath(name: string): boolean {
  return /^\.{1,2}[/\\]/.test(name) || isAbsolute(name);
}

/** Whether a name may have been meant as a path, with the `./` left out. */
export function resemblesPath(name: string): boolean {
  return /\.[cm]?[jt]s$/.test(name) || /^[^@].*[/\\]/.test(name);
}

/** Whether npm could have installed a package called so. */
export function isPackageName(name: string): boolean {
  return name.length <= 214 && /^(@[a-z\d~-][a-z\d._~-]*\/)?[a-z\d~-][a-z\d._~-]*$/i.test(name);
}
