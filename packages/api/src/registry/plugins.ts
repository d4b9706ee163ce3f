/** The built-in plugins, and how a module exports one. */
import type { PluginDefinition } from '@branchline/core';
import { continual, fromScratch, infiniteSchedule, replay, stableOnly, wsdS } from '@branchline/plugin-baselines';
import { curriculum } from '@branchline/plugin-curriculum';
import { learningRate } from '@branchline/plugin-learning-rate';
import { lawa, modelAveraging, wsm } from '@branchline/plugin-model-averaging';
import { pathSwitching } from '@branchline/plugin-path-switching';
import { valid, validRange } from 'semver';
import type { ModuleLoading } from '../files/module.js';
import { definitionIn, isName, isStandardSchema } from './exported.js';
import { Finder } from './finder.js';
import type { Kind } from './kind.js';

/** Built-in plugins by name, for JSON, YAML and the command line. */
export const KNOWN_PLUGINS: ReadonlyMap<string, PluginDefinition> = new Map(
  [
    ...[fromScratch, continual, replay, stableOnly, wsdS, infiniteSchedule],
    ...[pathSwitching, curriculum, modelAveraging, lawa, wsm, learningRate],
  ].map(({ plugin }) => [plugin.name, plugin as unknown as PluginDefinition]),
);

/** How plugins are found and checked. */
export const PLUGINS: Kind<PluginDefinition> = {
  noun: 'plugin',
  builtIn: KNOWN_PLUGINS,
  builtInPackages: new Set(
    ['baselines', 'curriculum', 'learning-rate', 'model-averaging', 'path-switching'].map(
      (name) => `@branchline/plugin-${name}`,
    ),
  ),
  read: (module) =>
    definitionIn(module, {
      noun: 'plugin',
      factory: 'definePlugin({ ... })',
      remedy: 'Write: definePlugin({ name, onVersion, ... }), with options where it takes any.',
      checks: ({ name, version, kernel, owns, options }) => [
        [isName(name), 'name must be a word such as my-strategy'],
        [
          version === undefined || (typeof version === 'string' && valid(version) !== null),
          'version must be a version such as 1.0.0',
        ],
        [
          kernel === undefined || (typeof kernel === 'string' && validRange(kernel) !== null),
          'kernel must be a range of versions such as ^2',
        ],
        [
          owns === undefined || (Array.isArray(owns) && owns.every((field) => typeof field === 'string')),
          'owns must be a list of fields',
        ],
        [options === undefined || isStandardSchema(options), 'options must be a schema (zod, valibot, arktype)'],
      ],
    }),
  examplePath: './my-strategy/src/index.ts',
};

/** Finds plugins by name, for experiments in one folder. */
export class PluginFinder extends Finder<PluginDefinition> {
  constructor(directory: string, loading?: ModuleLoading) {
    super(PLUGINS, directory, loading);
  }
}
