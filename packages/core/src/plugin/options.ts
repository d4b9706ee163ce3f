/** Validates plugin options with the plugin's schema, from any Standard Schema library. */
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { BranchlineError, messageOf, type Problem } from '../errors.js';
import { show } from '../spec/kinds.js';
import { didYouMean, nearest } from '../suggest.js';
import type { PluginDefinition } from './definition.js';
import { awaitWithTimeout, callWithTimeout, HookTimeoutError } from './timeout.js';

/** Validated options with defaults, or problems. */
export type Validated = { readonly value: unknown } | { readonly problems: readonly Problem[] };

/** Validates options as the user wrote them. Throws a BranchlineError when the schema throws or exceeds the timeout. */
export async function validateOptions(
  plugin: PluginDefinition,
  options: unknown,
  pluginPath: string,
  timeoutSeconds: number,
): Promise<Validated> {
  const place = { plugin: plugin.name, configPath: `${pluginPath}.options` };
  if (plugin.options === undefined) {
    return options === undefined
      ? { value: undefined }
      : { problems: [{ ...place, message: 'takes no options', remedy: 'Leave them out.' }] };
  }
  const { validate } = plugin.options['~standard'];
  const given = options ?? {};
  let result: StandardSchemaV1.Result<unknown>;
  try {
    const at = { ...place, hook: 'options' };
    const answer = callWithTimeout(
      timeoutSeconds,
      () => at,
      () => validate(given),
    );
    result = answer instanceof Promise ? await awaitWithTimeout(timeoutSeconds, at, answer) : answer;
  } catch (cause) {
    if (cause instanceof HookTimeoutError) throw cause;
    const message = `the schema of its options failed: ${messageOf(cause)}`;
    const remedy =
      'A schema reports problems of the options instead of throwing; with zod, use superRefine and addIssue.';
    throw new BranchlineError('plugin', { ...place, message, remedy }, { cause });
  }
  if (result.issues === undefined) return { value: result.value };
  return { problems: result.issues.flatMap((issue) => problemsOf(plugin, given, issue, place)) };
}

type Place = Required<Pick<Problem, 'plugin' | 'configPath'>>;

/**
 * Problems of a schema issue. The message quotes the invalid value, `alpha is 1.5: ...`; the remedy describes the
 * option.
 */
function problemsOf(
  plugin: PluginDefinition,
  options: unknown,
  issue: StandardSchemaV1.Issue,
  { configPath, ...place }: Place,
): readonly Problem[] {
  const keys = (issue.path ?? []).map((key) => (typeof key === 'object' ? key.key : key));
  const dotted = keys.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('');
  const path = `${configPath}${dotted}`;
  const unknown = unrecognizedKeys(issue);
  if (unknown === undefined) {
    const message = keys.length === 0 ? issue.message : `${dotted.slice(1)} ${quote(options, keys)}: ${issue.message}`;
    return [{ ...place, configPath: path, message, remedy: describeOption(plugin, keys[0]) }];
  }
  const known = keys.length === 0 ? optionNames(plugin) : [];
  const renamed = (keys.length === 0 && plugin.renamed) || {};
  return unknown.map((key) => {
    const at = { ...place, configPath: `${path}.${key}` };
    if (Object.hasOwn(renamed, key)) return { ...at, message: `${key} is called ${renamed[key]}` };
    const near = nearest(key, known) === undefined ? `Options: ${known.join(', ')}.` : didYouMean(key, known);
    const remedy = known.length === 0 ? describeOption(plugin, keys[0]) : near;
    return { ...at, message: `there is no option "${key}"`, remedy };
  });
}

/** Quotes the option at a path for a message. */
function quote(options: unknown, keys: readonly PropertyKey[]): string {
  let value = options;
  for (const key of keys) {
    if (typeof value !== 'object' || value === null) return 'is wrong';
    value = (value as Record<PropertyKey, unknown>)[key];
  }
  return value === undefined ? 'is missing' : `is ${show(value)}`;
}

/** Unexpected keys. Zod lists them in the issue; other schema libraries have them only in the message. */
function unrecognizedKeys(issue: object): readonly string[] | undefined {
  return 'keys' in issue && Array.isArray(issue.keys) && issue.keys.length > 0 ? (issue.keys as string[]) : undefined;
}

function shapeOf(plugin: PluginDefinition): Record<string, { description?: string }> {
  const schema: unknown = plugin.options;
  return typeof schema === 'object' && schema !== null && 'shape' in schema && typeof schema.shape === 'object'
    ? ((schema.shape ?? {}) as Record<string, { description?: string }>)
    : {};
}

/** Option names of a plugin; empty when its schema does not expose them. */
export function optionNames(plugin: PluginDefinition): readonly string[] {
  return Object.keys(shapeOf(plugin));
}

function describeOption(plugin: PluginDefinition, key: PropertyKey | undefined): string | undefined {
  const description = key === undefined ? undefined : shapeOf(plugin)[String(key)]?.description;
  return description && `${String(key)}: ${description}`;
}
