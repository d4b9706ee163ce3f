import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { PluginDefinition, PluginUse } from './types.js';

/** A plugin as its users see it: called with options it gives an entry of a strategy. */
export type PluginFactory<Schema extends StandardSchemaV1> = ((
  options?: StandardSchemaV1.InferInput<Schema>,
) => PluginUse) & {
  readonly plugin: PluginDefinition<Schema>;
};

/**
 * Declares a plugin. The result is called in experiment files, `pathSwitching({ alpha: 0.6 })`, and carries the
 * definition for those who name plugins in JSON or YAML. Options are validated by the kernel, together with the rest of the
 * experiment, so that all problems are reported at once.
 */
export function definePlugin<Schema extends StandardSchemaV1 = StandardSchemaV1<undefined, undefined>>(
  plugin: PluginDefinition<Schema>,
): PluginFactory<Schema> {
  const use = (options?: StandardSchemaV1.InferInput<Schema>): PluginUse => ({
    plugin: plugin,
    options,
  });
  return Object.assign(use, { plugin });
}
