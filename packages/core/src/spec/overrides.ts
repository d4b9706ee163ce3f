import type { Field, NameIn, ValueIn } from './field-table.js';
import type { FORK, VERSION } from './fields.js';
import { FORK_FIELDS, VERSION_FIELDS } from './fields.js';

type VersionName = NameIn<typeof VERSION>;
type ForkName = NameIn<typeof FORK>;

/** Fields that the user sets regardless of the plugins; fork fields have the prefix `fork.`. */
export type Overrides = { readonly [Name in VersionName]?: ValueIn<typeof VERSION, Name> } & {
  readonly [Name in ForkName as `fork.${Name}`]?: ValueIn<typeof FORK, Name>;
};

/** Prefix of fork fields in overrides. */
const PREFIX = 'fork.';

/** All fields that can be overridden, by their names in overrides. */
export const OVERRIDABLE: ReadonlyMap<string, Field> = new Map<string, Field>([
  ...VERSION_FIELDS.map((field) => [field.name, field] as const),
  ...FORK_FIELDS.map((field) => [`${PREFIX}${field.name}`, field] as const),
]);

/** Splits overrides into those of versions and those of forks; the latter lose their prefix. */
export function splitOverrides(overrides: Readonly<Record<string, unknown>>): {
  readonly version: Readonly<Record<string, unknown>>;
  readonly fork: Readonly<Record<string, unknown>>;
} {
  const entries = Object.entries(overrides);
  const forks = entries.filter(([name]) => name.startsWith(PREFIX));
  return {
    version: Object.fromEntries(entries.filter(([name]) => !name.startsWith(PREFIX))),
    fork: Object.fromEntries(forks.map(([name, value]) => [name.slice(PREFIX.length), value])),
  };
}
