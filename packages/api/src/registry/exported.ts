/**
 * Checks whether a module exports a result of `definePlugin` or `defineTrainer`, and describes what is wrong otherwise.
 */
import { isObject } from '../files/objects.js';
import type { Exported } from './kind.js';
import type { Noun } from './naming.js';

/** A check of one part of a definition, and the message if it fails. */
export type Check = readonly [boolean, string];

/** How a definition of one kind is recognized. */
export interface Shape {
  readonly noun: Noun;
  /** `definePlugin({ ... })` */
  readonly factory: string;
  readonly checks: (definition: Readonly<Record<string, unknown>>) => readonly Check[];
  /** Remedy for an invalid definition. */
  readonly remedy: string;
}

/** Reads the default export, or the export named after the kind. */
export function definitionIn<T>(module: Readonly<Record<string, unknown>>, shape: Shape): Exported<T> {
  const { noun, factory, checks, remedy } = shape;
  const exported = module.default ?? module[noun];
  const write = `Write: export default ${factory};`;
  if (exported === undefined) {
    const names = Object.keys(module).filter((name) => name !== 'default');
    const there = names.length > 0 ? `, only ${names.join(', ')}` : '';
    return { message: `has no default export and none called ${noun}${there}`, remedy: write };
  }
  if (isObject(exported) && isObject(exported[noun]) && !('name' in exported)) {
    return {
      message: `exports a ${noun} that was called already`,
      remedy: `Remove the call after ${factory}: experiments pass the options.`,
    };
  }
  const definition =
    typeof exported === 'function' ? (exported as unknown as Record<string, unknown>)[noun] : undefined;
  if (!isObject(definition)) {
    const what = exported === null ? 'null' : typeof exported;
    return { message: `exports no ${noun}, but a value of type ${what}`, remedy: write };
  }
  const wrong = checks(definition).filter(([fits]) => !fits);
  if (wrong.length === 0) return { value: definition as T };
  return { message: `exports an invalid ${noun}: ${wrong.map(([, message]) => message).join('; ')}`, remedy };
}

/** Whether a value is a Standard Schema, such as one of zod, valibot or ArkType. */
export function isStandardSchema(schema: unknown): boolean {
  // ArkType's schemas are functions.
  if (!isObject(schema) && typeof schema !== 'function') return false;
  const standard = (schema as { '~standard'?: { validate?: unknown } })['~standard'];
  return typeof standard?.validate === 'function';
}

/** Whether a value is a valid name of a plugin or a trainer. */
export const isName = (name: unknown): boolean => typeof name === 'string' && /^[\w.-]{1,100}$/.test(name);
