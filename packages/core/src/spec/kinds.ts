/** Kinds of values. Each declares the check of a value and the JSON Schema together. */
import { inspect } from 'node:util';
import { didYouMean } from '../suggest.js';

/** A JSON Schema, draft 7. */
export interface JsonSchema {
  readonly [key: string]: unknown;
}

/** Returns what is wrong with a value; undefined when it is valid. */
export type Check = (value: unknown) => string | undefined;

/** The values of a field. */
export interface Kind<out T> {
  readonly check: Check;
  /** Accepts every value that passes the check and can be written in JSON; may accept more. */
  readonly schema: JsonSchema;
  /** True when a key of this kind may be missing. */
  readonly optional?: boolean;
  /** Exists only for type inference; never set. */
  readonly value?: T;
}

/** Ignores the prototype, because copied values may come from another realm. */
export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Formats any value for a message, truncated to 80 characters. */
export const show = (value: unknown): string => {
  const text = inspect(value, { depth: 2, breakLength: Number.POSITIVE_INFINITY, maxArrayLength: 6 });
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
};

/** Bounds of a number, named as in JSON Schema. */
interface Bounds {
  readonly whole?: boolean;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
}

/** A finite number within bounds; `what` describes it in messages. */
export function number(what: string, bounds: Bounds = {}): Kind<number> {
  const { whole = false, minimum = -Infinity, maximum = Infinity, ...exclusive } = bounds;
  const { exclusiveMinimum: above = -Infinity, exclusiveMaximum: below = Infinity } = exclusive;
  const fits = (value: number) =>
    Number.isFinite(value) &&
    value >= minimum &&
    value <= maximum &&
    value > above &&
    value < below &&
    (!whole || Number.isInteger(value));
  const { whole: _, ...schema } = bounds;
  return {
    check: (value) => (typeof value === 'number' && fits(value) ? undefined : `must be ${what}, not ${show(value)}`),
    schema: { type: whole ? 'integer' : 'number', ...schema },
  };
}

/** One of the given words. */
export function oneOf<const Word extends string>(...words: readonly Word[]): Kind<Word> {
  return {
    check: (value) =>
      words.includes(value as Word) ? undefined : `must be one of ${words.join(', ')}, not ${show(value)}`,
    schema: { enum: words },
  };
}

/** true or false. */
export const flag: Kind<boolean> = {
  check: (value) => (typeof value === 'boolean' ? undefined : `must be true or false, not ${show(value)}`),
  schema: { type: 'boolean' },
};

/** A non-empty string. */
export const name: Kind<string> = {
  check: (value) => (typeof value === 'string' && value !== '' ? undefined : `must be a name, not ${show(value)}`),
  schema: { type: 'string', minLength: 1 },
};

/** A value of a kind, or null. */
export function nullable<T>({ check, schema }: Kind<T>): Kind<T | null> {
  return {
    check: (value) => (value === null ? undefined : check(value)),
    schema: { anyOf: [{ type: 'null' }, schema] },
  };
}

/** Adds a description to the schema of a kind. */
export function described<T>(doc: string, kind: Kind<T>): Kind<T> {
  return { ...kind, schema: { ...kind.schema, description: doc } };
}

/** A kind whose key may be missing. */
export function optional<T>(kind: Kind<T>): Kind<T | undefined> {
  return { ...kind, optional: true };
}

/** The member of a tagged union with this tag value. */
type Member<T, Tag extends keyof T, Value> = T extends unknown ? (Value extends T[Tag] ? T : never) : never;
/** For each tag value, the kinds of the other keys of that member. */
type Members<T, Tag extends keyof T> = {
  readonly [Value in T[Tag] & string]: {
    readonly [Key in Exclude<keyof Member<T, Tag, Value>, Tag>]-?: Kind<Member<T, Tag, Value>[Key]>;
  };
};

/** A union of objects discriminated by a tag. Keys that a member does not have are rejected. */
export function tagged<T extends object, Tag extends keyof T & string>(
  tag: Tag,
  doc: string,
  members: Members<T, Tag>,
): Kind<T> {
  const kinds = members as Readonly<Record<string, Readonly<Record<string, Kind<unknown>>>>>;
  const tags = oneOf(...Object.keys(kinds));
  const ownerOf = (key: string) => Object.keys(kinds).filter((value) => Object.hasOwn(kinds[value]!, key));
  return {
    check(value) {
      if (!isObject(value)) return `must be { ${tag}: ... }, not ${show(value)}`;
      const wrong = tags.check(value[tag]);
      if (wrong !== undefined) return `${tag} ${wrong}`;
      const keys = kinds[value[tag] as string]!;
      for (const key of Object.keys(value)) {
        if (key === tag || value[key] === undefined || Object.hasOwn(keys, key)) continue;
        const owners = ownerOf(key);
        return owners.length > 0
          ? `${key} belongs to ${tag}: ${owners.map((owner) => `"${owner}"`).join(' and ')} only`
          : `has no key ${show(key)}. ${didYouMean(key, [tag, ...Object.keys(keys)])}`;
      }
      for (const [key, kind] of Object.entries(keys)) {
        if (kind.optional && value[key] === undefined) continue;
        const problem = kind.check(value[key]);
        if (problem !== undefined) return `${key} ${problem}`;
      }
      return undefined;
    },
    schema: {
      anyOf: Object.entries(kinds).map(([value, keys]) =>
        objectSchema({ [tag]: described(doc, oneOf(value)), ...keys }),
      ),
    },
  };
}

/** An object with exactly these keys. */
export function keyed<T extends object>(keys: { readonly [Key in keyof T]-?: Kind<T[Key]> }): Kind<T> {
  const kinds = keys as Readonly<Record<string, Kind<unknown>>>;
  const names = Object.keys(kinds);
  return {
    check(value) {
      if (!isObject(value)) return `must be { ${names.join(', ')} }, not ${show(value)}`;
      const extra = Object.keys(value).find((key) => value[key] !== undefined && !Object.hasOwn(kinds, key));
      if (extra !== undefined) return `has no key ${show(extra)}. ${didYouMean(extra, names)}`;
      for (const [key, kind] of Object.entries(kinds)) {
        if (kind.optional && value[key] === undefined) continue;
        const problem = kind.check(value[key]);
        if (problem !== undefined) return `${key} ${problem}`;
      }
      return undefined;
    },
    schema: objectSchema(kinds),
  };
}

/** The JSON Schema of an object with exactly these keys. */
export function objectSchema(keys: Readonly<Record<string, Kind<unknown>>>): JsonSchema {
  const entries = Object.entries(keys);
  return {
    type: 'object',
    properties: Object.fromEntries(entries.map(([key, { schema }]) => [key, schema])),
    required: entries.filter(([, kind]) => !kind.optional).map(([key]) => key),
    additionalProperties: false,
  };
}
