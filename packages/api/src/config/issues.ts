/** Zod issues as problems of the kernel: with the place in the file, a remedy and the name that was probably meant. */
import { didYouMean, messageOf, nearest, type Problem } from '@branchline/core';
import type { z } from 'zod';

/** `strategies` and `path switching` -> `strategies["path switching"]`. */
export function joinPath(base: string, keys: readonly PropertyKey[]): string {
  return keys.reduce<string>((path, key) => {
    if (typeof key === 'number') return `${path}[${key}]`;
    const plain = /^[\p{L}_$][\p{L}\p{N}_$-]*$/u.test(String(key));
    return plain ? `${path}${path === '' ? '' : '.'}${String(key)}` : `${path}[${JSON.stringify(String(key))}]`;
  }, base);
}

/** Parses a part of the experiment. On failure adds to `problems` and returns undefined. */
export function parsePart<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  path: string,
  problems: Problem[],
): z.output<Schema> | undefined {
  const result = attempt(path, problems, () => schema.safeParse(value, { reportInput: true }));
  if (result === undefined || result.success) return result?.data;
  problems.push(...result.error.issues.flatMap((issue) => toProblems(issue, schema, path)));
  return undefined;
}

/** Returns `read()`. If it throws, as a getter may, adds a problem and returns undefined. */
export function attempt<T>(path: string, problems: Problem[], read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    problems.push({ configPath: path, message: `cannot be read: ${messageOf(error)}` });
    return undefined;
  }
}

function toProblems(issue: z.core.$ZodIssue, schema: z.ZodType, base: string): Problem[] {
  const path = joinPath(base, issue.path);
  const place = at(schema, issue.path);
  if (issue.code === 'unrecognized_keys') {
    const known = Object.keys(place?.shape ?? {});
    return issue.keys.map((key) => unknownKey(path, key, known));
  }
  const missing = issue.code === 'invalid_type' && issue.input === undefined;
  return [{ configPath: path, message: missing ? 'is missing' : sentence(issue.message), remedy: place?.description }];
}

/** New names of renamed settings. */
const RENAMED: Readonly<Record<string, string>> = { 'training.lr.floor': 'minRatio' };

/** The problem of an unknown key. */
export function unknownKey(path: string, key: string, known: readonly string[]): Problem {
  const configPath = joinPath(path, [key]);
  const renamed = Object.hasOwn(RENAMED, configPath) ? RENAMED[configPath] : undefined;
  if (renamed !== undefined) return { configPath, message: `${key} is called ${renamed}` };
  return {
    configPath,
    message: `there is no setting "${key}" here`,
    remedy: nearest(key, known) === undefined ? `Settings: ${known.join(', ')}.` : didYouMean(key, known),
  };
}

/** Zod capitalizes its messages; ours follow a place. */
const sentence = (message: string) => message.charAt(0).toLowerCase() + message.slice(1);

interface Place {
  readonly shape: Readonly<Record<string, z.ZodType>> | undefined;
  readonly description: string | undefined;
}

/** The part of the schema that an issue points to. Does not descend into unions and lists. */
function at(schema: z.ZodType, path: readonly PropertyKey[]): Place | undefined {
  let layers = layersOf(schema);
  for (const key of path) {
    const next: z.ZodType | undefined = shapeOf(layers.at(-1)!)?.[String(key)];
    if (next === undefined) return undefined;
    layers = layersOf(next);
  }
  const description = layers.map((layer) => layer.description).find((text) => text !== undefined);
  return { shape: shapeOf(layers.at(-1)!), description };
}

/** A schema and the schemas it wraps (optional, default, pipe), outermost first. */
function layersOf(schema: z.ZodType): readonly z.ZodType[] {
  const def = schema.def as { innerType?: z.ZodType; in?: z.ZodType };
  const inner = def.innerType ?? def.in;
  return inner === undefined ? [schema] : [schema, ...layersOf(inner)];
}

const shapeOf = (schema: z.ZodType) => (schema as { shape?: Readonly<Record<string, z.ZodType>> }).shape;
