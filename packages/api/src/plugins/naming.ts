/** How plugins are called: by their name, by the name of their package, by a path. */
import { isAbsolute } from 'node:path';

/** What a package says of itself in `keywords` of its package.json when its default export is a plugin. */
export const KEYWORD = 'branchline-plugin';

/** The name of the plugin in a package: the package's without its scope and without `branchline-plugin-` or `plugin-`. */
export function pluginNameOf(packageName: string): string {
  return packageName.replace(/^@[^/]*\//, '').replace(/^(branchline-)?plugin-(?=.)/, '');
}

/** Whether a name is a path. Only what begins with `./`, `../` or `/` is, so that no name of a package can become one. */
export function isPath(name: string): boolean {
  return /^\.{1,2}[/\\]/.test(name) || isAbsolute(name);
}

/** Whether somebody may have meant a path and left out the `./`. */
export function resemblesPath(name: string): boolean {
  return /\.[cm]?[jt]s$/.test(name) || /^[^@].*[/\\]/.test(name);
}

/** Whether npm could have installed a package called so. */
export function isPackageName(name: string): boolean {
  return name.length <= 214 && /^(@[a-z\d~-][a-z\d._~-]*\/)?[a-z\d~-][a-z\d._~-]*$/i.test(name);
}
