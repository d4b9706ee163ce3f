/** A plugin definition as the kernel sees it, independent of the type of its options. */
import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { JsonValue } from '../json.js';
import type { FieldName, ForkPart, ReleasePart, StepPart, VersionPart } from '../spec/fields.js';
import type { ForkContext, ObserveContext, ReleaseContext, StepContext, VersionContext } from './contexts.js';
import type { Observers } from './events.js';

/** Return value of a decider; undefined when it sets no field. */
// biome-ignore lint/suspicious/noConfusingVoidType: a decider that only logs or charges returns nothing.
export type Returned<Part> = Part | undefined | void;

/** One function for every branch of the strategy, or an object with a function for each branch name. */
export type ForkHook<Context = ForkContext> = ((context: Context) => Returned<ForkPart>) | ForkHooks<Context>;
/** Deciders by branch name. The plugin decides nothing for other branches. */
export type ForkHooks<Context = ForkContext> = {
  readonly [fork: string]: ((context: Context) => Returned<ForkPart>) | undefined;
};

/**
 * Hooks of a plugin. Deciders (`on...`) return parts of specs and are pure: equal contexts give equal parts. Observers
 * watch a run and cannot change it.
 */
export interface PluginHooks {
  /** Called once per version of a plan, in order. */
  onVersion?(context: VersionContext<never>): Returned<VersionPart>;
  /** Called once per branch, after `onVersion` of all plugins, regardless of which plugin requested the branch. */
  readonly onFork?: ForkHook<ForkContext<never>>;
  /** Called once per version, after `onFork` of all plugins for all of its branches. */
  onRelease?(context: ReleaseContext<never>): Returned<ReleasePart>;
  /** Called for every step, in order, before its key is computed. A plugin without it costs nothing per step. */
  onStep?(context: StepContext<never>): Returned<StepPart>;
  /** Called once per strategy and seed when a run begins. Returns observers of the run, which may keep state. */
  observe?(context: ObserveContext<never>): Partial<Observers>;
}

/** Names of all hooks of a definition. */
export type HookName = keyof PluginHooks;
/** Hooks that decide fields. */
export type DeciderName = Exclude<HookName, 'observe'>;
/** Callbacks that observe a run. */
export type ObserverName = keyof Observers;

/**
 * Values of an option that a search tries (`branchline optimize`): numbers from `from` to `to`, `step` apart or as fine
 * as is of use, with `log` evenly in their logarithms; or the listed values.
 */
export type OptionRange =
  | { readonly from: number; readonly to: number; readonly step?: number; readonly log?: boolean }
  | readonly (string | number | boolean)[];

/** A plugin definition without its hooks. */
export interface PluginDescription<Schema extends StandardSchemaV1 = StandardSchemaV1> {
  /** npm name without scope and `plugin-` prefix; used in every message about the plugin. */
  readonly name: string;
  /** One sentence, for listings. */
  readonly description?: string;
  /** Shown in results and listings. No state key depends on it. */
  readonly version?: string;
  /** Semver range of supported kernel API versions. Default: every version. */
  readonly kernel?: string;
  /** Any Standard Schema. Absent: the plugin has no options. */
  readonly options?: Schema;
  /**
   * Former names of options with their replacements. A former name is rejected with a message that gives the new one.
   */
  readonly renamed?: Readonly<Record<string, string>>;
  /** Names of options that are paths of files. In an experiment, a relative path is relative to the experiment file. */
  readonly paths?: readonly string[];
  /** Options that a search varies unless the user names others, with the values that it tries. */
  readonly vary?: Readonly<Record<string, OptionRange>>;
  /** Fields that it may set, for listings and the conformance kit. */
  readonly owns?: readonly FieldName[];
  /**
   * True: a reactive plugin may measure held-out text, `losses({ on: 'held-out' })`. Plan and results then say that the
   * strategies which use it are not evaluated on unseen text, unless they are compared on a validation set.
   */
  readonly heldOut?: boolean;
  /** Initial value of the state slot; default null. */
  readonly initialState?: JsonValue;
}

/** A plugin with any options: made by `definePlugin`, used in strategies. */
export interface PluginDefinition<Schema extends StandardSchemaV1 = StandardSchemaV1>
  extends PluginDescription<Schema>,
    PluginHooks {
  /**
   * True: some branches depend on losses (`context.losses` in `onFork`). The strategy is planned and trained up to the
   * first such branch; once its losses are measured, planning continues. Measurements are stored, so that a resumed run
   * makes the same decisions.
   */
  readonly reactive?: boolean;
}

/** A plugin with options, as an entry of a strategy. */
export interface PluginUse {
  readonly plugin: PluginDefinition;
  /** As the user wrote them; the kernel validates them with the rest of the experiment. */
  readonly options: unknown;
}
