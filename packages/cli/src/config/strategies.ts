/** The `strategies` of an experiment file, as the kernel takes them. */
import { didYouMean, type PluginDefinition, type PluginUse, type Problem, type StrategySpec } from '@branchline/core';
import { joinPath, unknownKey } from './issues.js';
import { KNOWN_PLUGINS } from './known-plugins.js';
import { isStrategyName } from './names.js';

/** Reads the strategies. What is wrong is added to the problems, and what is left can still be checked. */
export function readStrategies(value: unknown, problems: Problem[]): StrategySpec[] {
  const path = 'strategies';
  const example = "Write for example strategies: { continual: ['continual'] }.";
  if (!isObject(value) || Object.keys(value).length === 0) {
    const message = value === undefined ? 'is missing' : 'must name at least one strategy';
    problems.push({ configPath: path, message, remedy: example });
    return [];
  }
  return Object.entries(value).flatMap(([name, strategy]) => {
    const configPath = joinPath(path, [name]);
    if (!isStrategyName(name)) {
      const remedy = 'Up to 200 visible characters in one line, no blank at either end.';
      problems.push({ configPath, message: name.trim() === '' ? 'a strategy needs a name' : 'is no name', remedy });
    }
    if (Array.isArray(strategy)) return [{ name, plugins: readPlugins(strategy, configPath, problems), configPath }];
    if (!isObject(strategy) || !Array.isArray(strategy.plugins)) {
      const remedy = `Write [plugins] or { plugins: [...], overrides: {...} }.`;
      problems.push({ configPath, message: 'must be a list of plugins, or an object with one', remedy });
      return [];
    }
    const known = ['plugins', 'overrides'];
    for (const key of Object.keys(strategy))
      if (!known.includes(key)) problems.push(unknownKey(configPath, key, known));
    const { overrides } = strategy;
    if (overrides !== undefined && !isObject(overrides)) {
      const remedy = "Write for example overrides: { 'lr.floor': 0.1 }.";
      problems.push({ configPath: `${configPath}.overrides`, message: 'must be an object of fields', remedy });
    }
    const plugins = readPlugins(strategy.plugins, `${configPath}.plugins`, problems);
    return [
      { name, plugins, configPath, pluginsPath: `${configPath}.plugins`, ...(isObject(overrides) && { overrides }) },
    ];
  });
}

function readPlugins(entries: readonly unknown[], path: string, problems: Problem[]): PluginUse[] {
  return entries.map((entry, index) => readPlugin(entry, `${path}[${index}]`, problems));
}

function readPlugin(entry: unknown, configPath: string, problems: Problem[]): PluginUse {
  if (typeof entry === 'string') return named(entry, undefined, configPath, problems);
  if (isObject(entry) && typeof entry.plugin === 'string') {
    const known = ['plugin', 'options'];
    for (const key of Object.keys(entry)) if (!known.includes(key)) problems.push(unknownKey(configPath, key, known));
    return named(entry.plugin, entry.options, configPath, problems);
  }
  if (isObject(entry) && isDefinition(entry.plugin)) return entry as unknown as PluginUse;
  const uncalled = typeof entry === 'function' && isDefinition((entry as { plugin?: unknown }).plugin);
  problems.push({
    configPath,
    message: uncalled ? 'is a plugin that was not called' : 'must be a plugin',
    remedy: uncalled
      ? 'Add parentheses: fromScratch() and not fromScratch.'
      : "Write a call such as pathSwitching({ alpha: 0.6 }), a name, or { plugin: 'path-switching', options: {...} }.",
  });
  return nothing('?');
}

function named(name: string, options: unknown, configPath: string, problems: Problem[]): PluginUse {
  const plugin = KNOWN_PLUGINS.get(name);
  if (plugin !== undefined) return { plugin, options };
  problems.push({
    plugin: name,
    configPath,
    message: `there is no plugin "${name}"`,
    remedy: didYouMean(name, [...KNOWN_PLUGINS.keys()]),
  });
  return nothing(name);
}

/** Stands in for a plugin that is not there: decides nothing, so that its neighbours keep their places and can be checked. */
function nothing(name: string): PluginUse {
  const plugin: PluginDefinition = { name, version: '0.0.0', kernel: '*', setup: () => ({}) };
  return { plugin, options: undefined };
}

function isDefinition(value: unknown): value is PluginDefinition {
  return isObject(value) && typeof value.name === 'string' && typeof value.setup === 'function';
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
