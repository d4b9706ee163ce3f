/** What the options of a plugin are, as JSON Schema (draft 7, which editors know best). */
import type { PluginDefinition } from '@branchline/core';
import { z } from 'zod';
import { showValue } from '../ui/format.js';

/** The parts of a JSON Schema that are looked at here. */
export interface JsonSchema {
  readonly [key: string]: unknown;
  readonly description?: string;
  readonly default?: unknown;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly items?: JsonSchema;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
}

/** What can be said of the options: there are none, a schema, or only that there are some. */
export type OptionsSchema = 'none' | JsonSchema | 'untold';

/** Of schemas whose library cannot be asked. */
export const UNTOLD = 'The schema of these options cannot be written as JSON Schema; the plugin checks them itself.';

/** Asks the plugin's schema: zod's own converter, or the one that other libraries offer with their Standard Schema. */
export function optionsSchemaOf({ options }: Pick<PluginDefinition, 'options'>): OptionsSchema {
  if (options === undefined) return 'none';
  try {
    const { $schema: _, ...schema } = '_zod' in options ? jsonSchemaOf(options as z.ZodType) : ask(options);
    // A reference leads nowhere once the schema stands inside another.
    return Object.keys(schema).length === 0 || JSON.stringify(schema).includes('"$ref"') ? 'untold' : schema;
  } catch {
    return 'untold';
  }
}

/** What a person may write for a schema, before defaults and transformations. */
export function jsonSchemaOf(schema: z.ZodType): JsonSchema {
  const { $schema: _, ...made } = z.toJSONSchema(schema, { io: 'input', target: 'draft-7', unrepresentable: 'any' });
  return made as JsonSchema;
}

function ask(options: NonNullable<PluginDefinition['options']>): JsonSchema {
  const standard = options['~standard'] as { jsonSchema?: { input(options: { target: string }): JsonSchema } };
  return standard.jsonSchema?.input({ target: 'draft-07' }) ?? {};
}

/** A type in a few words: `number`, `a | b`, `list of number`. */
export function typeOf({ enum: values, const: value, anyOf, oneOf = anyOf, type, items }: JsonSchema): string {
  if (values !== undefined) return values.map(showValue).join(' | ');
  if (value !== undefined) return showValue(value);
  if (oneOf !== undefined) return oneOf.map(typeOf).join(' or ');
  if (type === 'array') return items === undefined ? 'list' : `list of ${typeOf(items)}`;
  return typeof type === 'string' ? type : (type?.join(' or ') ?? 'anything');
}

/** The bounds of a number in a few words, with a blank before them; nothing where there are none. */
export function rangeOf(schema: JsonSchema): string {
  const bound = (key: string) => (typeof schema[key] === 'number' ? Number(schema[key]) : undefined);
  const [from, above] = [bound('minimum'), bound('exclusiveMinimum')];
  // Zod bounds every integer by what a double holds.
  const [to, below] = [bound('maximum'), bound('exclusiveMaximum')].map((at) =>
    at !== undefined && Math.abs(at) < Number.MAX_SAFE_INTEGER ? at : undefined,
  );
  const low = from === undefined ? above !== undefined && `above ${above}` : `from ${from}`;
  const high = to === undefined ? below !== undefined && `${low === false ? '' : 'to '}below ${below}` : `to ${to}`;
  return [low, high].map((words) => (words === false ? '' : ` ${words}`)).join('');
}
