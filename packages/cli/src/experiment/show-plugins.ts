import type { PluginDefinition } from '@branchline/core';
import { z } from 'zod';
import { KNOWN_PLUGINS } from '../config/known-plugins.js';
import { showValue } from '../ui/format.js';
import { styleFor } from '../ui/style.js';
import { table } from '../ui/table.js';

/** The part of a JSON Schema that is shown. */
interface OptionSchema {
  readonly description?: string;
  readonly default?: unknown;
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly OptionSchema[];
}

/** Lists the plugins that can be named. */
export function showPlugins(json: boolean): void {
  const plugins = [...KNOWN_PLUGINS.values()];
  if (json) {
    const list = plugins.map(({ name, version, kernel, description, owns, options }) => ({
      name,
      version,
      kernel,
      description,
      owns,
      options: options === undefined ? null : schemaOf(options),
    }));
    process.stdout.write(`${JSON.stringify(list, null, 2)}\n`);
    return;
  }
  process.stdout.write(`${plugins.map(describe).join('\n\n')}\n`);
}

function describe({ name, version, kernel, description, owns, options }: PluginDefinition): string {
  const style = styleFor(process.stdout);
  const properties = Object.entries(schemaOf(options)?.properties ?? {});
  const rows = properties.map(([option, schema]) => [
    `  ${style.cyan(option)}`,
    typeOf(schema),
    schema.default === undefined ? '-' : showValue(schema.default),
    schema.description ?? '',
  ]);
  return [
    `${style.bold(name)} ${version} ${style.dim(`(kernel ${kernel})`)}`,
    ...(description === undefined ? [] : [`  ${description}`]),
    `  sets ${owns?.join(', ') || 'nothing that it tells'}`,
    rows.length === 0 ? '  no options' : table(['  option', 'type', 'default', ''], rows, style),
  ].join('\n');
}

/** A JSON Schema of a plugin's options, where they are a zod schema; other libraries cannot be asked. */
function schemaOf(options: PluginDefinition['options']): { properties?: Record<string, OptionSchema> } | undefined {
  if (!(options instanceof z.ZodType)) return undefined;
  const { $schema: _, ...schema } = z.toJSONSchema(options, { io: 'input', unrepresentable: 'any' });
  return schema as { properties?: Record<string, OptionSchema> };
}

function typeOf(schema: OptionSchema): string {
  if (schema.enum) return schema.enum.map(String).join(' | ');
  if (schema.anyOf) return schema.anyOf.map(typeOf).join(' or ');
  return schema.type ?? '';
}
