/** Whether what a module exports is a plugin, and what is wrong with it otherwise. */
import type { PluginDefinition } from '@branchline/core';
import { valid, validRange } from 'semver';
import { isObject } from '../config/objects.js';

/** A plugin, or what keeps a module from being one. */
export type Shaped = { readonly plugin: PluginDefinition } | { readonly message: string; readonly remedy: string };

const EXPORT = 'Write: export default definePlugin({ ... });';

/** Reads the default export, or the one called `plugin`, which must be what `definePlugin` gave. */
export function pluginOf(module: Readonly<Record<string, unknown>>): Shaped {
  const exported = module.default ?? module.plugin;
  if (exported === undefined) {
    const names = Object.keys(module).filter((name) => name !== 'default');
    const there = names.length > 0 ? `, only ${names.join(', ')}` : '';
    return { message: `has no default export and none called plugin${there}`, remedy: EXPORT };
  }
  if (isObject(exported) && isObject(exported.plugin) && !('name' in exported)) {
    return {
      message: 'exports a plugin that was called already',
      remedy: 'Leave the parentheses behind definePlugin({ ... }) out: experiments give the options.',
    };
  }
  if (typeof exported !== 'function' || !isObject((exported as { plugin?: unknown }).plugin)) {
    const what = exported === null ? 'null' : typeof exported;
    return { message: `exports no plugin, but a value of type ${what}`, remedy: EXPORT };
  }
  const { plugin } = exported as unknown as { readonly plugin: Readonly<Record<string, unknown>> };
  const wrong = wrongIn(plugin);
  if (wrong.length === 0) return { plugin: plugin as unknown as PluginDefinition };
  return {
    message: `exports what is no plugin: ${wrong.join('; ')}`,
    remedy: 'Write: definePlugin({ name, onVersion, ... }), with options where it takes any.',
  };
}

/** All that is wrong with a definition, in words. */
function wrongIn(plugin: Readonly<Record<string, unknown>>): readonly string[] {
  const { name, version, kernel, owns, options } = plugin;
  const checks: readonly (readonly [boolean, string])[] = [
    [typeof name === 'string' && /^[\w.-]{1,100}$/.test(name), 'name must be a word such as my-strategy'],
    [
      version === undefined || (typeof version === 'string' && valid(version) !== null),
      'version must be a version such as 1.0.0',
    ],
    [
      kernel === undefined || (typeof kernel === 'string' && validRange(kernel) !== null),
      'kernel must be a range of versions such as ^1',
    ],
    [owns === undefined || (Array.isArray(owns) && owns.every((field) => typeof field === 'string')), OWNS],
    [options === undefined || hasValidate(options), 'options must be a schema (zod, valibot, arktype)'],
  ];
  return checks.filter(([fits]) => !fits).map(([, message]) => message);
}

const OWNS = 'owns must be a list of fields';

function hasValidate(schema: unknown): boolean {
  // ArkType's schemas are functions.
  if (!isObject(schema) && typeof schema !== 'function') return false;
  const standard = (schema as { '~standard'?: { validate?: unknown } })['~standard'];
  return typeof standard?.validate === 'function';
}
