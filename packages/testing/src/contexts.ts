/** Hand-made contexts, so that hooks are tested without a kernel: what a plugin is told, and nothing else. */
import {
  type ExperimentInfo,
  type PluginDefinition,
  type PluginServices,
  RandomStream,
  type VersionContext,
} from '@branchline/core';

/** Peak 1 and floor 0 make rates readable; a warm-up of 5 is shorter than any increment of the tests. */
export function experiment(increments: readonly number[], change: Partial<ExperimentInfo> = {}): ExperimentInfo {
  return {
    versions: increments.map((sequences, index) => ({
      index: index + 1,
      name: `v${index + 1}`,
      sequences,
      tokens: sequences * 8,
    })),
    batch: 10,
    context: 8,
    seed: 1,
    scored: true,
    lr: { peak: 1, warmup: 5, floor: 0 },
    ...change,
  };
}

/** The context of one version, counted from 1. */
export function versionContext(info: ExperimentInfo, index: number): VersionContext {
  const version = info.versions[index - 1]!;
  return {
    experiment: info,
    strategy: 'test',
    version,
    count: info.versions.length,
    stepsOfIncrement: Math.floor(version.sequences / info.batch),
  };
}

/** Services that go nowhere. */
export const services: PluginServices = {
  log: { info: () => undefined, warn: () => undefined },
  random: (name) => new RandomStream(1, name),
  state: { get: () => null, set: () => undefined },
  account: { charge: () => undefined },
  losses() {
    throw new Error('nothing was trained here, so there are no losses');
  },
};

/** A plugin's hooks for options as a user writes them; throws the first message when they are refused. */
export function hooksOf(factory: { readonly plugin: unknown }, options?: unknown) {
  const plugin = factory.plugin as PluginDefinition;
  const result = plugin.options!['~standard'].validate(options ?? {});
  if (result instanceof Promise) throw new Error('options are checked at once');
  if (result.issues) throw new Error(result.issues.map(({ message }) => message).join('\n'));
  return plugin.setup(result.value, services);
}

/** Names of a plugin's options, as they are listed for users. */
export function optionNames(factory: { readonly plugin: unknown }): readonly string[] {
  const { options } = factory.plugin as { options: { shape: object } };
  return Object.keys(options.shape).sort();
}
