/** Reads the `strategies` of an experiment file into the kernel's form. */
import { resolve } from 'node:path';
import {
  BranchlineError,
  type PluginDefinition,
  type PluginUse,
  type Problem,
  type StrategySpec,
} from '@branchline/core';
import { isObject } from '../files/objects.js';
import type { PluginFinder } from '../registry/plugins.js';
import { joinPath, unknownKey } from './issues.js';
import { isStrategyName } from './names.js';

/** Where plugins are found, and the list that problems are added to. */
interface Reading {
  readonly finder: PluginFinder;
  readonly problems: Problem[];
}

/**
 * Reads the strategies and loads the plugins that they name, and no others. Adds problems to the list and returns the
 * valid rest. Rejects if a value cannot be read, such as a getter that throws.
 */
export async function readStrategies(value: unknown, reading: Reading): Promise<StrategySpec[]> {
  const path = 'strategies';
  if (!isObject(value) || Object.keys(value).length === 0) {
    const message = value === undefined ? 'is missing' : 'must name at least one strategy';
    const remedy = "Write for example strategies: { continual: ['continual'] }.";
    reading.problems.push({ configPath: path, message, remedy });
    return [];
  }
  const strategies: StrategySpec[] = [];
  for (const [name, strategy] of Object.entries(value)) {
    const configPath = joinPath(path, [name]);
    if (!isStrategyName(name)) {
      const remedy = 'Up to 200 visible characters in one line, no blank at either end.';
      const message = name.trim() === '' ? 'a strategy needs a name' : 'is no name';
      reading.problems.push({ configPath, message, remedy });
    }
    const read = await readStrategy(strategy, configPath, reading);
    if (read !== undefined) strategies.push({ name, ...read, configPath });
  }
  return strategies;
}

async function readStrategy(strategy: unknown, configPath: string, reading: Reading) {
  if (Array.isArray(strategy)) return { plugins: await readPlugins(strategy, configPath, reading) };
  const { problems } = reading;
  if (!isObject(strategy) || !Array.isArray(strategy.plugins)) {
    const remedy = 'Write [plugins] or { plugins: [...], overrides: {...} }.';
    problems.push({ configPath, message: 'must be a list of plugins, or an object with one', remedy });
    return undefined;
  }
  refuseUnknown(strategy, ['plugins', 'overrides'], configPath, problems);
  const { overrides } = strategy;
  if (overrides !== undefined && !isObject(overrides)) {
    const remedy = "Write for example overrides: { 'lr.minRatio': 0.1 }.";
    problems.push({ configPath: `${configPath}.overrides`, message: 'must be an object of fields', remedy });
  }
  const pluginsPath = `${configPath}.plugins`;
  const plugins = await readPlugins(strategy.plugins, pluginsPath, reading);
  return { plugins, pluginsPath, ...(isObject(overrides) && { overrides }) };
}

/** Sequential, so that an error is never attributed to another module that is loading. */
async function readPlugins(entries: readonly unknown[], path: string, reading: Reading): Promise<PluginUse[]> {
  const uses: PluginUse[] = [];
  for (const [index, entry] of entries.entries()) uses.push(await readPlugin(entry, `${path}[${index}]`, reading));
  return uses;
}

async function readPlugin(entry: unknown, configPath: string, reading: Reading): Promise<PluginUse> {
  if (typeof entry === 'string') return named(entry, undefined, configPath, reading);
  if (isObject(entry) && typeof entry.plugin === 'string') {
    refuseUnknown(entry, ['plugin', 'options'], configPath, reading.problems);
    return named(entry.plugin, entry.options, configPath, reading);
  }
  // A copy of the known keys only: with others, the value could be mistaken for a promise.
  if (isObject(entry) && isDefinition(entry.plugin)) return used(entry.plugin, entry.options, reading);
  const uncalled = typeof entry === 'function' && isDefinition((entry as { plugin?: unknown }).plugin);
  reading.problems.push({
    configPath,
    message: uncalled ? 'is a plugin that was not called' : 'must be a plugin',
    remedy: uncalled
      ? 'Add parentheses: fromScratch() and not fromScratch.'
      : "Write a call such as pathSwitching({ alpha: 0.6 }), a name, or { plugin: 'path-switching', options: {...} }.",
  });
  return placeholder('?');
}

async function named(name: string, options: unknown, configPath: string, reading: Reading): Promise<PluginUse> {
  try {
    return used(await reading.finder.find(name), options, reading);
  } catch (error) {
    if (!(error instanceof BranchlineError)) throw error;
    reading.problems.push(...error.problems.map((problem) => ({ ...problem, plugin: name, configPath })));
    return placeholder(name);
  }
}

/** A plugin with its options; relative paths among them are made absolute. */
function used(plugin: PluginDefinition, options: unknown, { finder }: Reading): PluginUse {
  if (plugin.paths === undefined || !isObject(options)) return { plugin, options };
  const resolved = plugin.paths
    .filter((name) => typeof options[name] === 'string' && options[name] !== '')
    .map((name) => [name, resolve(finder.directory, options[name] as string)] as const);
  return { plugin, options: { ...options, ...Object.fromEntries(resolved) } };
}

function refuseUnknown(value: object, known: readonly string[], configPath: string, problems: Problem[]): void {
  for (const key of Object.keys(value)) if (!known.includes(key)) problems.push(unknownKey(configPath, key, known));
}

/** Placeholder for a missing plugin. It decides nothing; the other plugins keep their places and can be checked. */
function placeholder(name: string): PluginUse {
  const plugin: PluginDefinition = { name };
  return { plugin, options: undefined };
}

/** Hooks of a definition. `setup` is from kernel API 1; the kernel reports what replaced it. */
const HOOKS = ['onVersion', 'onFork', 'onRelease', 'onStep', 'observe', 'setup'];

const hasFunction = (hook: unknown): boolean =>
  typeof hook === 'function' || (isObject(hook) && Object.values(hook).some((one) => typeof one === 'function'));

function isDefinition(value: unknown): value is PluginDefinition {
  return isObject(value) && typeof value.name === 'string' && HOOKS.some((hook) => hasFunction(value[hook]));
}
