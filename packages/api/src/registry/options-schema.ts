/** Options of plugins and trainers as JSON Schema, in draft 7, which editors support best. */
import type { LoggerDefinition, PluginDefinition, TrainerDefinition } from '@branchline/core';
import { z } from 'zod';

/** The keywords of JSON Schema that are used here. */
export interface JsonSchema {
  readonly [key: string]: unknown;
  readonly description?: string;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly items?: JsonSchema;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
}

/** `none`: there are no options. `unknown`: there are some, but they cannot be written as JSON Schema. */
export type OptionsSchema = 'none' | JsonSchema | 'unknown';

/** Description of options that cannot be written as JSON Schema. */
export const UNKNOWN_OPTIONS =
  'The schema of these options cannot be written as JSON Schema; they are checked all the same.';

/** Converts an options schema: by zod's converter, or by the one that other libraries provide with Standard Schema. */
export function optionsSchemaOf({
  options,
}: Pick<PluginDefinition | TrainerDefinition | LoggerDefinition, 'options'>): OptionsSchema {
  if (options === undefined) return 'none';
  try {
    const { $schema: _, ...schema } =
      '_zod' in options ? jsonSchemaOf(options as z.ZodType) : standardJsonSchema(options);
    // References break once the schema is embedded in another.
    return Object.keys(schema).length === 0 || JSON.stringify(schema).includes('"$ref"') ? 'unknown' : schema;
  } catch {
    return 'unknown';
  }
}

/** The input type of a schema, before defaults and transformations. */
export function jsonSchemaOf(schema: z.ZodType): JsonSchema {
  const { $schema: _, ...made } = z.toJSONSchema(schema, { io: 'input', target: 'draft-7', unrepresentable: 'any' });
  return made as JsonSchema;
}

function standardJsonSchema(options: NonNullable<PluginDefinition['options']>): JsonSchema {
  const standard = options['~standard'] as { jsonSchema?: { input(options: { target: string }): JsonSchema } };
  return standard.jsonSchema?.input({ target: 'draft-07' }) ?? {};
}
