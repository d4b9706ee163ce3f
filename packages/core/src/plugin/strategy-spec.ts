import type { PluginUse } from './definition.js';

/** One strategy of an experiment, as the user wrote it. */
export interface StrategySpec {
  readonly name: string;
  readonly plugins: readonly PluginUse[];
  /** Sets fields that several plugins set, or that the user wants to change; fork fields as `fork.<field>`. */
  readonly overrides?: Readonly<Record<string, unknown>>;
  /** Path of the strategy in the experiment file, for messages, e.g. `strategies.continual`. */
  readonly configPath: string;
  /** Path of its list of plugins; default `configPath`. */
  readonly pluginsPath?: string;
}
