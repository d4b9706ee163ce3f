/** Stands between the kernel and a plugin. */
import type { HookName, Hooks, PluginDefinition, PluginServices } from '@branchline/core';

type Hook = (given: unknown) => unknown;

/** The same plugin with another setup around its own, which can be called any number of times. */
export function rewired(
  plugin: PluginDefinition,
  wire: (setup: (services: PluginServices) => Hooks, services: PluginServices) => Hooks,
): PluginDefinition {
  return { ...plugin, setup: (options, services) => wire((lent) => plugin.setup(options, lent), services) };
}

/** Every hook there is, replaced. */
export function mapHooks(hooks: Hooks, replace: (name: HookName, hook: Hook) => Hook): Hooks {
  const entries = Object.entries(hooks).filter(([, hook]) => hook !== undefined) as [HookName, Hook][];
  return Object.fromEntries(entries.map(([name, hook]) => [name, replace(name, hook)]));
}

/** True for hooks that see and change nothing. */
export const isObserver = (name: HookName): boolean => name.startsWith('after');
