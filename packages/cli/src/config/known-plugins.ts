import type { PluginDefinition } from '@branchline/core';
import { continual, fromScratch, replay } from '@branchline/plugin-baselines';
import { curriculum } from '@branchline/plugin-curriculum';
import { modelAveraging } from '@branchline/plugin-model-averaging';
import { pathSwitching } from '@branchline/plugin-path-switching';

/** Plugins that come with Branchline, by name: what JSON, YAML and the command line can name. */
export const KNOWN_PLUGINS: ReadonlyMap<string, PluginDefinition> = new Map(
  [fromScratch, continual, replay, pathSwitching, curriculum, modelAveraging].map(({ plugin }) => [
    plugin.name,
    plugin as unknown as PluginDefinition,
  ]),
);
