/** Names of a new plugin or trainer, derived from the name of its package. */
import { isBuiltin } from 'node:module';
import { KNOWN_PLUGINS, KNOWN_TRAINERS, nameInPackage } from '@branchline/api/internal';
import { BranchlineError } from '@branchline/core';
import type { CommandNoun } from '../kinds.js';

/** All names of a plugin or trainer. */
export interface ExtensionNames {
  readonly noun: CommandNoun;
  /** `@lab/plugin-my-strategy` */
  readonly packageName: string;
  /** `my-strategy` */
  readonly name: string;
  /** `myStrategy` */
  readonly factory: string;
}

const PACKAGE = /^(@[a-z\d][a-z\d-]*\/)?[a-z][a-z\d]*(-[a-z\d]+)*$/;

/** Reserved words, and identifiers used by the generated files. */
const TAKEN = new Set(
  [
    'arguments async await break case catch class const continue debugger default delete do else enum eval export extends',
    'false finally for function if implements import in instanceof interface let new null of package private protected public',
    'return static super switch this throw true try typeof undefined var void while with yield',
    'describe it linear syntheticData options z',
  ]
    .join(' ')
    .split(' '),
);

/** Derives the names. Throws a BranchlineError (`config`) if the package, plugin or function name is invalid. */
export function namesOf(noun: CommandNoun, packageName: string): ExtensionNames {
  const name = nameInPackage(noun, packageName);
  const builtIn: ReadonlyMap<string, unknown> = noun === 'plugin' ? KNOWN_PLUGINS : KNOWN_TRAINERS;
  const example = noun === 'plugin' ? 'my-strategy' : 'my-trainer';
  const refuse = (message: string) => {
    const remedy = `Lower-case letters, digits and hyphens, after a scope where you want one: ${example}, @lab/${noun}-${example}.`;
    return new BranchlineError('config', { message: `"${packageName}" ${message}`, remedy });
  };
  if (packageName.length > 100 || !PACKAGE.test(packageName))
    throw refuse(`is not a valid name for a package with a ${noun}`);
  if (isBuiltin(packageName) || packageName === 'branchline') throw refuse('is a package already');
  if (builtIn.has(name)) throw refuse(`is the name of a ${noun} that comes with Branchline`);
  const factory = name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
  if (TAKEN.has(factory))
    throw refuse(`would make a function called ${factory}, which is a word of TypeScript or of its test`);
  return { noun, packageName, name, factory };
}
