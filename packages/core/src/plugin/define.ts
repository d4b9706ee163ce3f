import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { ForkPart, StepPart, VersionPart } from '../spec/fields.js';
import type { ForkContext, ObserveContext, ReactiveForkContext, StepContext, VersionContext } from './contexts.js';
import type { PluginDefinition, PluginDescription, PluginUse, Returned } from './definition.js';
import type { Observers } from './events.js';
import type { Exact } from './exact.js';

/** A plugin as its users see it: called with options it gives an entry of a strategy. */
export type PluginFactory<Schema extends StandardSchemaV1> = ((
  options?: StandardSchemaV1.InferInput<Schema>,
) => PluginUse) & {
  readonly plugin: PluginDefinition<Schema>;
};

type OptionsOf<Schema extends StandardSchemaV1> = StandardSchemaV1.InferOutput<Schema>;

/** `losses` stands on the context of a reactive plugin alone. */
type ForkContextOf<Options, Reactive> = Reactive extends true ? ReactiveForkContext<Options> : ForkContext<Options>;

/**
 * What an author writes. The types of what hooks return are inferred, and compared with the parts of specs at every
 * depth: a field that does not exist does not compile.
 */
export interface WrittenPlugin<
  Schema extends StandardSchemaV1,
  Reactive extends boolean,
  OfVersion,
  OfFork,
  OfForks,
  OfStep,
  Watching,
> extends PluginDescription<Schema> {
  /**
   * True: decides some branches from losses (`context.losses` in `onFork`). The strategy is then planned up to the
   * first such branch, trained up to it, and planned on; what was measured is kept, so that a resumed run decides
   * alike.
   */
  readonly reactive?: Reactive;
  /** Called once per version, in order. */
  readonly onVersion?: (context: VersionContext<OptionsOf<Schema>>) => OfVersion & Exact<OfVersion, VersionPart>;
  /**
   * Decides branches, after `onVersion` of all plugins, whichever of them asked for the branch: a function for all
   * branches, or an object with a function for each branch of that name.
   */
  readonly onFork?:
    | ((context: ForkContextOf<OptionsOf<Schema>, Reactive>) => OfFork & Exact<OfFork, ForkPart>)
    | ({
        readonly [Fork in keyof OfForks]: (
          context: ForkContextOf<OptionsOf<Schema>, Reactive>,
        ) => OfForks[Fork] & Exact<OfForks[Fork], ForkPart>;
      } & { readonly apply?: never });
  /** Called for every step, in order, before it is keyed. A plugin without it costs nothing per step. */
  readonly onStep?: (context: StepContext<OptionsOf<Schema>>) => OfStep & Exact<OfStep, StepPart>;
  /** Called once per strategy and seed when a run begins. What it returns watches the run, and may keep what it saw. */
  readonly observe?: (context: ObserveContext<OptionsOf<Schema>>) => Watching & Exact<Watching, Observers>;
}

/**
 * Declares a plugin. The result is called in experiment files, `pathSwitching({ alpha: 0.6 })`, and carries the
 * definition for those who name plugins in JSON or YAML. Options are validated by the kernel, together with the rest of
 * the experiment, so that all problems are reported at once.
 */
export function definePlugin<
  Schema extends StandardSchemaV1 = StandardSchemaV1<undefined, undefined>,
  Reactive extends boolean = false,
  OfVersion extends Returned<VersionPart> = undefined,
  OfFork extends Returned<ForkPart> = undefined,
  OfForks extends Readonly<Record<string, Returned<ForkPart>>> = Readonly<Record<never, never>>,
  OfStep extends Returned<StepPart> = undefined,
  Watching extends Partial<Observers> = Partial<Observers>,
>(plugin: WrittenPlugin<Schema, Reactive, OfVersion, OfFork, OfForks, OfStep, Watching>): PluginFactory<Schema> {
  const definition = plugin as unknown as PluginDefinition<Schema>;
  const use = (options?: StandardSchemaV1.InferInput<Schema>): PluginUse => ({ plugin: definition, options });
  return Object.assign(use, { plugin: definition });
}
