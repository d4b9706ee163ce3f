import type { PluginUse } from './definition.js';

/** One strategy of an experiment, as the user wrote it. */
export interface StrategySpec {
  readonly name: string;
  readonly plugins: readonly PluginUse[];
  /** Settles fields that two plugins set, or that the user wants otherwise; fork fields as `fork.<field>`. */
  readonly overrides?: Readonly<Record<string, unknown>>;
  /** Where the strategy stands in the experiment file, for messages, e.g. `strategies.continual`. */
  readonly configPath: string;
  /** Where its list of plugins stands; default `configPath`. */
  readonly pluginsPath?: string;
}
