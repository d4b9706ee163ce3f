/** Plugins and trainers as data, for lists and for the schema of experiment files. */
import { BranchlineError, KERNEL_API, type PluginDefinition, type TrainerDefinition } from '@branchline/core';
import { satisfies } from 'semver';
import type { Finder } from './finder.js';
import type { InstalledPackage } from './installed.js';
import { type OptionsSchema, optionsSchemaOf } from './options-schema.js';

/** What is listed of plugins and trainers alike. */
export interface Listed {
  readonly name: string;
  /** Undefined where the definition has none. */
  readonly version: string | undefined;
  readonly description: string | undefined;
  readonly options: OptionsSchema;
  /** Undefined for what is built in or was named by a path. */
  readonly package: InstalledPackage | undefined;
}

/** A plugin that can be named. */
export interface ListedPlugin extends Listed {
  /** Range of kernel API versions it was written for; undefined when it says none. */
  readonly kernel: string | undefined;
  /** Whether this kernel is in it. */
  readonly fits: boolean;
  /** Fields it may set, as far as it declares them. */
  readonly owns: readonly string[];
  readonly reactive: boolean;
}

/** A trainer that can be named. */
export interface ListedTrainer extends Listed {
  /** Whether an experiment with tasks can use it. */
  readonly scoresText: boolean;
}

/** A package that has the keyword and cannot be used. */
export interface BrokenPackage {
  readonly package: InstalledPackage;
  readonly problem: string;
}

/**
 * All that are built in, then all of installed packages. Loads the packages, one after the other; what is wrong with
 * one is listed with it.
 */
export async function listAll<T, L extends Listed>(
  finder: Finder<T>,
  describe: (definition: T, found?: InstalledPackage) => L,
): Promise<readonly (L | BrokenPackage)[]> {
  const listed: (L | BrokenPackage)[] = [...finder.kind.builtIn.values()].map((definition) => describe(definition));
  for (const found of finder.packages) {
    try {
      listed.push(describe(await finder.load(found), found));
    } catch (error) {
      if (!(error instanceof BranchlineError)) throw error;
      listed.push({ package: found, problem: error.problems.map(({ message }) => message).join('; ') });
    }
  }
  return listed;
}

/** What a plugin's definition says of itself. */
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

/** What a trainer's definition says of itself. */
export function listedTrainer(trainer: TrainerDefinition, found?: InstalledPackage): ListedTrainer {
  const { name, version = found?.version, description = found?.description, scoresText = true } = trainer;
  return { name, version, description, scoresText, options: optionsSchemaOf(trainer), package: found };
}

/** How something can be named where there are no imports: the first is the shortest. */
export function namesOf<T>({ name, package: found }: Listed, finder: Finder<T>): readonly string[] {
  if (found === undefined) return [name];
  const taken =
    finder.kind.builtIn.has(found.shortName) ||
    finder.packages.some((other) => other !== found && [other.name, other.shortName].includes(found.shortName));
  return taken ? [found.name] : [...new Set([found.shortName, found.name])];
}
