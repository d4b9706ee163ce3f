/** What the options of a plugin or a trainer are, as JSON Schema (draft 7, which editors know best). */
import type { PluginDefinition, TrainerDefinition } from '@branchline/core';
import { z } from 'zod';

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
export const UNTOLD = 'The schema of these options cannot be written as JSON Schema; they are checked all the same.';

/** Asks the schema: zod's own converter, or the one that other libraries offer with their Standard Schema. */
export function optionsSchemaOf({ options }: Pick<PluginDefinition | TrainerDefinition, 'options'>): OptionsSchema {
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
