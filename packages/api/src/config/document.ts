/** Parts of an experiment as plain data: what a YAML or JSON file can hold. Code is named, or reported. */
import type { PluginDefinition, Problem } from '@branchline/core';
import { isObject } from '../files/objects.js';
import { KNOWN_PLUGINS, type PluginFinder } from '../registry/plugins.js';
import { DEFAULT_TRAINER, KNOWN_TRAINERS } from '../registry/trainers.js';
import { joinPath } from './issues.js';

/** Options of a plugin that replace those of the experiment; undefined: it has none. */
export type NewOptions = (plugin: string, options: unknown) => unknown;

/** A strategy by names of plugins. Adds a problem for each plugin that no file can name. */
export async function strategyDocument(
  strategy: unknown,
  name: string,
  finder: PluginFinder,
  problems: Problem[],
  optionsOf: NewOptions = (_plugin, options) => options,
): Promise<unknown> {
  const entries = (isObject(strategy) ? strategy.plugins : strategy) as readonly unknown[];
  const plugins: unknown[] = [];
  for (const [index, entry] of entries.entries()) {
    const { plugin, options: own } = isObject(entry) ? entry : { plugin: entry, options: undefined };
    // What the file names, and the name of the plugin there: a path has another one.
    const written = typeof plugin === 'string' ? plugin : (plugin as PluginDefinition).name;
    const definition = typeof plugin === 'string' ? await finder.find(plugin) : (plugin as PluginDefinition);
    if (typeof plugin !== 'string' && KNOWN_PLUGINS.get(written) !== plugin) {
      problems.push({
        configPath: `${joinPath('strategies', [name])}[${index}]`,
        message: `the plugin ${written} is code of the experiment, which the file to write cannot name`,
        remedy: 'Name it by its path or package in the experiment, such as ./my-strategy.ts.',
      });
    }
    const set = optionsOf(definition.name, own);
    plugins.push(set === undefined ? written : { plugin: written, options: set });
  }
  const overrides = isObject(strategy) ? strategy.overrides : undefined;
  return overrides === undefined ? plugins : { plugins, overrides };
}

/** The trainer by its name; none for one that predicts, so that the default trains. */
export function trainerDocument(trainer: unknown, problems: Problem[]): { readonly trainer?: unknown } {
  if (trainer === undefined) return {};
  const { trainer: of, options } = isObject(trainer) ? trainer : { trainer, options: undefined };
  const definition = typeof of === 'string' ? KNOWN_TRAINERS.get(of) : of;
  if (isObject(definition) && definition.predicts === true) return {};
  if (typeof of === 'string') return { trainer };
  const name = isObject(of) ? String(of.name) : DEFAULT_TRAINER.name;
  if (KNOWN_TRAINERS.get(name) !== of) {
    problems.push({
      configPath: 'trainer',
      message: `the trainer ${name} is code of the experiment, which the file to write cannot name`,
      remedy: 'Name it by its path or package in the experiment, such as ./my-trainer.ts.',
    });
  }
  return { trainer: options === undefined ? name : { trainer: name, options } };
}

/** Values that JSON and YAML cannot hold. */
export function codeIn(value: unknown, path: string): readonly Problem[] {
  if (value === undefined || value === null || ['string', 'number', 'boolean'].includes(typeof value)) return [];
  if (Array.isArray(value)) return value.flatMap((one, index) => codeIn(one, `${path}[${index}]`));
  if (isObject(value) && ([Object.prototype, null] as unknown[]).includes(Object.getPrototypeOf(value))) {
    return Object.entries(value).flatMap(([key, one]) => codeIn(one, joinPath(path, [key])));
  }
  return [{ configPath: path, message: `is code (${typeof value}), which the file to write cannot hold` }];
}
