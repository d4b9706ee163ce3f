/** Puts the kit between the kernel and a plugin. */
import type { DeciderName, ObserveContext, ObserverName, PluginDefinition } from '@branchline/core';

/** Any decider or observer. */
export type Hook = (given: unknown) => unknown;

type Replace<Name> = (name: Name, hook: Hook) => Hook;

/** The same plugin with other deciders. Those for single branches are replaced one by one. */
export function wrapDeciders(plugin: PluginDefinition, replace: Replace<DeciderName>): PluginDefinition {
  const wrapped: Record<string, unknown> = {};
  for (const name of decidersIn(plugin)) {
    const hooks: unknown = Reflect.get(plugin, name);
    wrapped[name] =
      typeof hooks === 'object' && hooks !== null
        ? Object.fromEntries(Object.keys(hooks).map((fork) => [fork, replace(name, hookOf(plugin, name, fork)!)]))
        : replace(name, hookOf(plugin, name)!);
  }
  return { ...plugin, ...(wrapped as Partial<PluginDefinition>) };
}

/** The same plugin with other observers. */
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

/** A decider of a plugin, for `onFork` that of a branch of this name; undefined when the plugin has none. */
export function hookOf(plugin: PluginDefinition, name: DeciderName, fork = ''): Hook | undefined {
  const hooks: unknown = Reflect.get(plugin, name);
  if (typeof hooks === 'function') return (hooks as Hook).bind(plugin);
  if (typeof hooks !== 'object' || hooks === null || !Object.hasOwn(hooks, fork)) return undefined;
  return (hooks as Readonly<Record<string, Hook | undefined>>)[fork];
}

/** The deciders that a plugin has. */
export function decidersIn(plugin: PluginDefinition): readonly DeciderName[] {
  return (['onVersion', 'onFork', 'onStep'] as const).filter((name) => plugin[name] !== undefined);
}

/** True for hooks that watch a run. */
export const isObserver = (name: string): name is ObserverName => /^(after|before)/.test(name);
