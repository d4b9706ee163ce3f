/** Plugins and trainers as data, for listings and for the schema of experiment files. */
import {
  BranchlineError,
  KERNEL_API,
  type LoggerDefinition,
  type PluginDefinition,
  type TrainerDefinition,
} from '@branchline/core';
import { satisfies } from 'semver';
import type { Finder } from './finder.js';
import type { InstalledPackage } from './installed.js';
import { type OptionsSchema, optionsSchemaOf } from './options-schema.js';

/** Fields that plugins and trainers share. */
export interface Listed {
  readonly name: string;
  /** Undefined if the definition has none. */
  readonly version: string | undefined;
  readonly description: string | undefined;
  readonly options: OptionsSchema;
  /** Undefined for built-in ones and for those named by a path. */
  readonly package: InstalledPackage | undefined;
}

/** A plugin that an experiment can name. */
export interface ListedPlugin extends Listed {
  /** Range of kernel API versions; undefined if the plugin declares none. */
  readonly kernel: string | undefined;
  /** Whether the range contains this kernel's version. */
  readonly fits: boolean;
  /** Fields that the plugin declares to set. */
  readonly owns: readonly string[];
  readonly reactive: boolean;
  /** Whether it may decide by held-out text. */
  readonly heldOut: boolean;
}

/** A trainer that an experiment can name. */
export interface ListedTrainer extends Listed {
  /** Whether it can evaluate multiple-choice tasks. */
  readonly scoresText: boolean;
  /** Whether releases can be averages. */
  readonly averages: boolean;
  /** Whether it predicts losses instead of training. */
  readonly predicts: boolean;
}

/** A package with the keyword that cannot be used. */
export interface BrokenPackage {
  readonly package: InstalledPackage;
  readonly problem: string;
}

/**
 * Lists the built-in ones, then those of installed packages. Loads the packages one at a time; one that fails is listed
 * with its problem.
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

/** Describes a plugin from its definition. */
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
    heldOut: plugin.heldOut === true,
    options: optionsSchemaOf(plugin),
    package: found,
  };
}

/** Describes a trainer from its definition. */
export function listedTrainer(trainer: TrainerDefinition, found?: InstalledPackage): ListedTrainer {
  const { name, version = found?.version, description = found?.description } = trainer;
  const { scoresText = true, averages = true, predicts = false } = trainer;
  const can = { scoresText, averages, predicts };
  return { name, version, description, ...can, options: optionsSchemaOf(trainer), package: found };
}

/** Describes a logger from its definition. */
export function listedLogger(logger: LoggerDefinition, found?: InstalledPackage): Listed {
  const { name, version = found?.version, description = found?.description } = logger;
  return { name, version, description, options: optionsSchemaOf(logger), package: found };
}

/** Names that JSON, YAML and the command line accept, shortest first. */
export function namesOf<T>({ name, package: found }: Listed, finder: Finder<T>): readonly string[] {
  if (found === undefined) return [name];
  const taken =
    finder.kind.builtIn.has(found.shortName) ||
    finder.packages.some((other) => other !== found && [other.name, other.shortName].includes(found.shortName));
  return taken ? [found.name] : [...new Set([found.shortName, found.name])];
}
