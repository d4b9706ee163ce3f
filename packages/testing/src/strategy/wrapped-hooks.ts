/** Wraps the hooks of a plugin. */
import type { DeciderName, ObserveContext, ObserverName, PluginDefinition } from '@branchline/core';

/** Any decider or observer. */
export type Hook = (given: unknown) => unknown;

type Replace<Name> = (name: Name, hook: Hook) => Hook;

/** The plugin with each decider replaced. Deciders of single branches are replaced one by one. */
export function wrapDeciders(plugin: PluginDefinition, replace: Replace<DeciderName>): PluginDefinition {
  const { onFork } = plugin;
  const wrapped = (name: DeciderName, hook: unknown) =>
    hook === undefined ? undefined : replace(name, (hook as Hook).bind(plugin));
  const wrappedFork =
    typeof onFork === 'object'
      ? Object.fromEntries(Object.entries(onFork).map(([fork, hook]) => [fork, wrapped('onFork', hook)]))
      : wrapped('onFork', onFork);
  const deciders = {
    onVersion: wrapped('onVersion', Reflect.get(plugin, 'onVersion')),
    onFork: wrappedFork,
    onRelease: wrapped('onRelease', Reflect.get(plugin, 'onRelease')),
    onStep: wrapped('onStep', Reflect.get(plugin, 'onStep')),
  };
  const present = Object.entries(deciders).filter(([, hook]) => hook !== undefined);
  return { ...plugin, ...(Object.fromEntries(present) as Partial<PluginDefinition>) };
}

/** The plugin with each observer replaced. */
export function wrapObservers(plugin: PluginDefinition, replace: Replace<ObserverName>): PluginDefinition {
  if (plugin.observe === undefined) return plugin;
  return {
    ...plugin,
    observe(context: ObserveContext<never>) {
      const entries = Object.entries(plugin.observe!(context)) as [ObserverName, Hook | undefined][];
      return Object.fromEntries(
        entries.flatMap(([name, hook]) => (hook === undefined ? [] : [[name, replace(name, hook)]])),
      );
    },
  };
}

/** A decider of a plugin, for `onFork` that of the branch of this name; undefined when the plugin has none. */
export function hookOf(plugin: PluginDefinition, name: DeciderName, fork = ''): Hook | undefined {
  const hooks: unknown = Reflect.get(plugin, name);
  if (typeof hooks === 'function') return (hooks as Hook).bind(plugin);
  if (typeof hooks !== 'object' || hooks === null || !Object.hasOwn(hooks, fork)) return undefined;
  return (hooks as Readonly<Record<string, Hook | undefined>>)[fork];
}

/** Names of the deciders of a plugin. */
export function decidersIn(plugin: PluginDefinition): readonly DeciderName[] {
  return (['onVersion', 'onFork', 'onRelease', 'onStep'] as const).filter((name) => plugin[name] !== undefined);
}

/** True for names of observers. */
export const isObserver = (name: string): name is ObserverName => /^(after|before)/.test(name);
