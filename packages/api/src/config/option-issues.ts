/** Problems that a Standard Schema finds in options, with their place and the option that was probably meant. */

import { didYouMean, messageOf, nearest, type Problem } from '@branchline/core';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { joinPath } from './issues.js';

/**
 * Validates options. If they are invalid or the schema throws, adds to `problems` and returns undefined. Without a
 * schema, no options are allowed.
 */
export async function checkOptions(
  schema: StandardSchemaV1 | undefined,
  options: unknown,
  configPath: string,
  problems: Problem[],
): Promise<{ readonly value: unknown } | undefined> {
  if (schema === undefined) {
    if (options === undefined) return { value: undefined };
    problems.push({ configPath, message: 'takes no options' });
    return undefined;
  }
  try {
    const result = await schema['~standard'].validate(options ?? {});
    if (result.issues === undefined) return { value: result.value };
    problems.push(...result.issues.flatMap((issue) => problemsOf(issue, schema, configPath)));
  } catch (error) {
    problems.push({ configPath, message: `the schema of the options failed: ${messageOf(error)}` });
  }
  return undefined;
}

function problemsOf(issue: StandardSchemaV1.Issue, schema: StandardSchemaV1, base: string): readonly Problem[] {
  const keys = (issue.path ?? []).map((step) => (typeof step === 'object' ? step.key : step));
  const configPath = joinPath(base, keys);
  const shape = shapeOf(schema);
  const unknown = 'keys' in issue && Array.isArray(issue.keys) ? (issue.keys as readonly string[]) : [];
  if (unknown.length === 0) {
    const description = keys.length === 1 ? shape[String(keys[0])]?.description : undefined;
    return [{ configPath, message: issue.message, remedy: description }];
  }
  // Zod lists unknown keys; other libraries name them in the message.
  const known = keys.length === 0 ? Object.keys(shape) : [];
  return unknown.map((key) => ({
    configPath: joinPath(configPath, [key]),
    message: `there is no option "${key}"`,
    remedy: nearest(key, known) === undefined ? listOf(known) : didYouMean(key, known),
  }));
}

const listOf = (known: readonly string[]) => (known.length === 0 ? undefined : `Options: ${known.join(', ')}.`);

/** The options by name, if the schema exposes them. */
function shapeOf(schema: StandardSchemaV1): Readonly<Record<string, { readonly description?: string }>> {
  const { shape } = schema as { readonly shape?: Record<string, { readonly description?: string }> };
  return typeof shape === 'object' && shape !== null ? shape : {};
}
