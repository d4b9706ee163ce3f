/** Builds plugin contexts by hand, to test deciders without a kernel. */
import {
  type Charge,
  type ExperimentInfo,
  type ForkContext,
  type ForkPart,
  type Logger,
  type LossRequest,
  optionNames as namesOf,
  type PluginDefinition,
  RandomStream,
  type ReleaseContext,
  type ReleasePart,
  type SequenceLosses,
  type StateSlot,
  type StepContext,
  type StepPart,
  type VersionContext,
  type VersionPart,
} from '@branchline/core';
import { type Hook, hookOf } from './strategy/wrapped-hooks.js';

/**
 * An experiment with these increments, in sequences. Peak 1, minRatio 0 and a warm-up of 5 steps make rates readable.
 */
export function experiment(increments: readonly number[], change: Partial<ExperimentInfo> = {}): ExperimentInfo {
  return {
    versions: increments.map((sequences, index) => ({
      index: index + 1,
      name: `v${index + 1}`,
      sequences,
      tokens: sequences * 8,
    })),
    model: { parameters: 1000, nonEmbeddingParameters: 800 },
    batch: 10,
    context: 8,
    seed: 1,
    scored: true,
    lr: { peak: 1, warmup: 5, minRatio: 0 },
    ...change,
  };
}

/** The functions and services of contexts, as opposed to their data. */
export interface Services {
  readonly log: Logger;
  readonly charge: (charge: Charge) => void;
  readonly state: StateSlot;
  readonly random: (name: string) => RandomStream;
  readonly losses: (request?: LossRequest) => SequenceLosses;
}

/** The data of a context, without options and services. */
export type ContextData<Context> = Omit<Context, 'options' | keyof Services>;

/** The context of one version; `index` counts from 1. */
export function versionContext(info: ExperimentInfo, index: number): ContextData<VersionContext> {
  const version = info.versions[index - 1]!;
  return {
    experiment: info,
    strategy: 'test',
    version,
    count: info.versions.length,
    stepsOfIncrement: Math.floor(version.sequences / info.batch),
  };
}

/** A plugin's deciders, called with the data of a context. Deciders that the plugin lacks return undefined. */
export interface Deciders {
  onVersion(context: ContextData<VersionContext>): VersionPart | undefined;
  onFork(context: ContextData<ForkContext>): ForkPart | undefined;
  onRelease(context: ContextData<ReleaseContext>): ReleasePart | undefined;
  onStep(context: ContextData<StepContext>): StepPart | undefined;
}

/** Services without effect. The state is null; reading losses throws. */
const IDLE: Services = {
  log: { info: () => undefined, warn: () => undefined },
  charge: () => undefined,
  state: { get: () => null, set: () => undefined },
  random: (name) => new RandomStream(1, name),
  losses() {
    throw new Error('nothing was trained here, so there are no losses');
  },
};

/**
 * A plugin's deciders for options as a user writes them. `services` replaces those without effect. Throws an Error with
 * the messages of the schema when it refuses the options.
 */
export function decidersOf(
  factory: { readonly plugin: unknown },
  options?: unknown,
  services: Partial<Services> = {},
): Deciders {
  const plugin = factory.plugin as PluginDefinition;
  const own = { ...IDLE, ...services, options: validated(plugin, options) };
  const call = <Part>(hook: Hook | undefined, context: object) =>
    (hook?.({ ...context, ...own }) ?? undefined) as Part | undefined;
  return {
    onVersion: (context) => call<VersionPart>(hookOf(plugin, 'onVersion'), context),
    onFork: (context) => call<ForkPart>(hookOf(plugin, 'onFork', context.fork), context),
    onRelease: (context) => call<ReleasePart>(hookOf(plugin, 'onRelease'), context),
    onStep: (context) => call<StepPart>(hookOf(plugin, 'onStep'), context),
  };
}

function validated(plugin: PluginDefinition, options: unknown): unknown {
  if (plugin.options === undefined) return undefined;
  const result = plugin.options['~standard'].validate(options ?? {});
  if (result instanceof Promise) throw new Error('this schema checks options asynchronously');
  if (result.issues) throw new Error(result.issues.map(({ message }) => message).join('\n'));
  return result.value;
}

/** Names of a plugin's options, sorted. */
export function optionNames(factory: { readonly plugin: unknown }): readonly string[] {
  return [...namesOf(factory.plugin as PluginDefinition)].sort();
}
