/** A plugin as the kernel sees it, whatever its options are. */
import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { JsonValue } from '../json.js';
import type { FieldName, ForkPart, StepPart, VersionPart } from '../spec/fields.js';
import type { ForkContext, ObserveContext, StepContext, VersionContext } from './contexts.js';
import type { Observers } from './events.js';

/** What a decider may return; nothing when it sets no field. */
// biome-ignore lint/suspicious/noConfusingVoidType: a decider that only logs or charges returns nothing.
export type Returned<Part> = Part | undefined | void;

/** Branches by name, or one function for every branch of the strategy. */
export type ForkHook<Context = ForkContext> = ((context: Context) => Returned<ForkPart>) | ForkHooks<Context>;
/** A decider for each branch of these names; of others the plugin decides nothing. */
export type ForkHooks<Context = ForkContext> = {
  readonly [fork: string]: ((context: Context) => Returned<ForkPart>) | undefined;
};

/**
 * What a plugin decides and observes. Deciders (`on...`) return parts of specs and are pure: the same context gives the
 * same part. Observers watch a run and change nothing.
 */
export interface PluginHooks {
  /** Called once per version, in order. */
  onVersion?(context: VersionContext<never>): Returned<VersionPart>;
  /** Called once per branch, after `onVersion` of all plugins, whichever of them asked for the branch. */
  readonly onFork?: ForkHook<ForkContext<never>>;
  /** Called for every step, in order, before it is keyed. A plugin without it costs nothing per step. */
  onStep?(context: StepContext<never>): Returned<StepPart>;
  /** Called once per strategy and seed when a run begins. What it returns watches the run, and may keep what it saw. */
  observe?(context: ObserveContext<never>): Partial<Observers>;
}

/** Names of all hooks of a definition. */
export type HookName = keyof PluginHooks;
/** Hooks that decide. */
export type DeciderName = Exclude<HookName, 'observe'>;
/** Hooks that watch. */
export type ObserverName = keyof Observers;

/** What a plugin is, without its hooks. */
export interface PluginDescription<Schema extends StandardSchemaV1 = StandardSchemaV1> {
  /** npm name without scope and without `plugin-`; in every message about the plugin. */
  readonly name: string;
  /** One sentence for lists. */
  readonly description?: string;
  /** For people: results and lists show it. No state depends on it. */
  readonly version?: string;
  /** Range of kernel API versions it was written for. Default: the current major. */
  readonly kernel?: string;
  /** Any Standard Schema. Absent: the plugin takes no options. */
  readonly options?: Schema;
  /** Options under their old names, with what to write now. An old name is refused, and the new one is named. */
  readonly renamed?: Readonly<Record<string, string>>;
  /** Fields it may set, for lists and for the conformance kit. */
  readonly owns?: readonly FieldName[];
  /** First value of the state slot; default null. */
  readonly initialState?: JsonValue;
}

/** A plugin with whatever options: what `definePlugin` makes and strategies hold. */
export interface PluginDefinition<Schema extends StandardSchemaV1 = StandardSchemaV1>
  extends PluginDescription<Schema>,
    PluginHooks {
  /**
   * True: decides some branches from losses (`context.losses` in `onFork`). The strategy is then planned up to the
   * first such branch, trained up to it, and planned on; what was measured is kept, so that a resumed run decides
   * alike.
   */
  readonly reactive?: boolean;
}

/** A plugin with options, as it stands in a strategy. */
export interface PluginUse {
  readonly plugin: PluginDefinition;
  /** As the user wrote them; validated by the kernel with everything else. */
  readonly options: unknown;
}
