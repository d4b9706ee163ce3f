import type { PluginDefinition } from '@branchline/core';
import { continual, fromScratch, infiniteSchedule, replay, stableOnly, wsdS } from '@branchline/plugin-baselines';
import { curriculum } from '@branchline/plugin-curriculum';
import { lawa, modelAveraging, wsm } from '@branchline/plugin-model-averaging';
import { pathSwitching } from '@branchline/plugin-path-switching';

/** Plugins that come with Branchline, by name: what JSON, YAML and the command line can name. */
export const KNOWN_PLUGINS: ReadonlyMap<string, PluginDefinition> = new Map(
  [
    ...[fromScratch, continual, replay, stableOnly, wsdS, infiniteSchedule],
    ...[pathSwitching, curriculum, modelAveraging, lawa, wsm],
  ].map(({ plugin }) => [plugin.name, plugin as unknown as PluginDefinition]),
);

/** Packages they come in. They have the keyword, as every package with a plugin, and are not listed a second time. */
export const BUILT_IN_PACKAGES: ReadonlySet<string> = new Set(
  ['baselines', 'curriculum', 'model-averaging', 'path-switching'].map((name) => `@branchline/plugin-${name}`),
);
