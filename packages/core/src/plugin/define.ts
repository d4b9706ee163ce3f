import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { ForkPart, ReleasePart, StepPart, VersionPart } from '../spec/fields.js';
import type {
  ForkContext,
  ObserveContext,
  ReactiveForkContext,
  ReleaseContext,
  StepContext,
  VersionContext,
} from './contexts.js';
import type { PluginDefinition, PluginDescription, PluginUse, Returned } from './definition.js';
import type { Observers } from './events.js';
import type { Exact } from './exact.js';

/** A plugin as users see it: a function from options to an entry of a strategy. */
export type PluginFactory<Schema extends StandardSchemaV1> = ((
  options?: StandardSchemaV1.InferInput<Schema>,
) => PluginUse) & {
  readonly plugin: PluginDefinition<Schema>;
};

type OptionsOf<Schema extends StandardSchemaV1> = StandardSchemaV1.InferOutput<Schema>;

/** Only reactive plugins have `losses` in their context. */
type ForkContextOf<Options, Reactive> = Reactive extends true ? ReactiveForkContext<Options> : ForkContext<Options>;

/**
 * A plugin as its author writes it. Return types of hooks are inferred and checked against spec parts at every depth,
 * so that unknown fields do not compile.
 */
export interface WrittenPlugin<
  Schema extends StandardSchemaV1,
  Reactive extends boolean,
  OfVersion,
  OfFork,
  OfForks,
  OfRelease,
  OfStep,
  Watching,
> extends PluginDescription<Schema> {
  /**
   * True: some branches depend on losses (`context.losses` in `onFork`). The strategy is planned and trained up to the
   * first such branch; once its losses are measured, planning continues. Measurements are stored, so that a resumed run
   * makes the same decisions.
   */
  readonly reactive?: Reactive;
  /** Called once per version of a plan, in order. */
  readonly onVersion?: (context: VersionContext<OptionsOf<Schema>>) => OfVersion & Exact<OfVersion, VersionPart>;
  /**
   * Decides branches, after `onVersion` of all plugins, regardless of which plugin requested the branch: one function
   * for all branches, or an object with a function for each branch name.
   */
  readonly onFork?:
    | ((context: ForkContextOf<OptionsOf<Schema>, Reactive>) => OfFork & Exact<OfFork, ForkPart>)
    | ({
        readonly [Fork in keyof OfForks]: (
          context: ForkContextOf<OptionsOf<Schema>, Reactive>,
        ) => OfForks[Fork] & Exact<OfForks[Fork], ForkPart>;
      } & { readonly apply?: never });
  /**
   * Called once per version, after `onFork` of all plugins for all of its branches. Decides how the release is
   * averaged, with all other fields of the version in its context. A field has one owner, whichever hook sets it.
   */
  readonly onRelease?: (context: ReleaseContext<OptionsOf<Schema>>) => OfRelease & Exact<OfRelease, ReleasePart>;
  /** Called for every step, in order, before its key is computed. A plugin without it costs nothing per step. */
  readonly onStep?: (context: StepContext<OptionsOf<Schema>>) => OfStep & Exact<OfStep, StepPart>;
  /** Called once per strategy and seed when a run begins. Returns observers of the run, which may keep state. */
  readonly observe?: (context: ObserveContext<OptionsOf<Schema>>) => Watching & Exact<Watching, Observers>;
}

/**
 * Declares a plugin. The result is called in experiment files, `pathSwitching({ alpha: 0.6 })`, and carries the
 * definition for experiments that name plugins in JSON or YAML. The kernel validates options together with the rest of
 * the experiment, so that all problems are reported at once.
 */
export function definePlugin<
  Schema extends StandardSchemaV1 = StandardSchemaV1<undefined, undefined>,
  Reactive extends boolean = false,
  OfVersion extends Returned<VersionPart> = undefined,
  OfFork extends Returned<ForkPart> = undefined,
  OfForks extends Readonly<Record<string, Returned<ForkPart>>> = Readonly<Record<never, never>>,
  OfRelease extends Returned<ReleasePart> = undefined,
  OfStep extends Returned<StepPart> = undefined,
  Watching extends Partial<Observers> = Partial<Observers>,
>(
  plugin: WrittenPlugin<Schema, Reactive, OfVersion, OfFork, OfForks, OfRelease, OfStep, Watching>,
): PluginFactory<Schema> {
  const definition = plugin as unknown as PluginDefinition<Schema>;
  const use = (options?: StandardSchemaV1.InferInput<Schema>): PluginUse => ({ plugin: definition, options });
  return Object.assign(use, { plugin: definition });
}
