/** A field table has the structure of the spec it describes; types, checks and defaults are derived from it. */
import type { Check, JsonSchema, Kind } from './kinds.js';

/** Description of one field. */
export interface FieldRow<out T, in Known> {
  readonly kind: Kind<T>;
  /** What the field means. */
  readonly doc: string;
  /** Describes the default in words. */
  readonly fallback: string;
  /** The default. `Known` is the information available when it is computed, including earlier fields. */
  readonly defaultOf: (known: Known) => T;
}

/** Rows, and groups of rows. */
export type FieldTable<Known> = Readonly<
  Record<string, FieldRow<unknown, Known> | Readonly<Record<string, FieldRow<unknown, Known>>>>
>;

/** A function that makes rows for tables whose defaults depend on `Known`. */
export const rowsOf =
  <Known>() =>
  <T>(kind: Kind<T>, doc: string, fallback: string, defaultOf: (known: Known) => NoInfer<T>): FieldRow<T, Known> => ({
    kind,
    doc,
    fallback,
    defaultOf,
  });

/** A row with any dependencies of its default. */
type AnyRow<T> = FieldRow<T, never>;

/** The spec that a table describes, with all fields. */
export type SpecOf<Table> = {
  readonly [Key in keyof Table]: Table[Key] extends AnyRow<infer T> ? T : SpecOf<Table[Key]>;
};

/** The spec that a table describes, with all fields optional. */
export type PartOf<Table> = {
  readonly [Key in keyof Table]?: Table[Key] extends AnyRow<infer T> ? T : PartOf<Table[Key]>;
};

/** Dotted names of the fields of a table. */
export type NameIn<Table> = {
  [Key in keyof Table & string]: Table[Key] extends AnyRow<unknown> ? Key : `${Key}.${keyof Table[Key] & string}`;
}[keyof Table & string];

/** Type of the field with a dotted name. */
export type ValueIn<Table, Name> = Name extends keyof Table
  ? Table[Name] extends AnyRow<infer T>
    ? T
    : never
  : Name extends `${infer Group}.${infer Field}`
    ? Group extends keyof Table
      ? ValueIn<Table[Group], Field>
      : never
    : never;

/** A field with its dotted name. */
export interface Field<Known = never> {
  /** Dotted name, e.g. `lr.minRatio`. */
  readonly name: string;
  /** What the field means. */
  readonly doc: string;
  /** Describes the default in words. */
  readonly fallback: string;
  /** Returns what is wrong with a value; undefined when it is valid. */
  readonly check: Check;
  /** JSON Schema (draft 7) of its values. */
  readonly schema: JsonSchema;
  /** The default. */
  readonly defaultOf: (known: Known) => unknown;
}

/** The fields of a table, in table order and by name. */
export class Fields<Known = never> {
  /** In table order, which is the order in which defaults are computed. */
  readonly list: readonly Field<Known>[];
  readonly #byName: ReadonlyMap<string, Field<Known>>;
  readonly #groups: ReadonlySet<string>;

  constructor(table: FieldTable<Known>) {
    const groups = Object.entries(table).map(([key, entry]) => [key, isRow(entry) ? undefined : entry] as const);
    this.#groups = new Set(groups.filter(([, rows]) => rows !== undefined).map(([key]) => key));
    this.list = groups.flatMap(([key, rows]) =>
      rows === undefined
        ? [fieldOf(key, table[key] as FieldRow<unknown, Known>)]
        : Object.entries(rows).map(([inner, row]) => fieldOf(`${key}.${inner}`, row)),
    );
    this.#byName = new Map(this.list.map((field) => [field.name, field]));
  }

  /** The field with a dotted name; undefined if unknown. */
  get(name: string): Field<Known> | undefined {
    return this.#byName.get(name);
  }

  get names(): readonly string[] {
    return [...this.#byName.keys()];
  }

  /** The fields that a part sets, by dotted name. Groups are flattened; undefined values are skipped. */
  *entriesOf(part: object): Generator<readonly [string, unknown]> {
    for (const [key, value] of Object.entries(part) as [string, unknown][]) {
      if (value === undefined) continue;
      if (!this.#groups.has(key) || typeof value !== 'object' || value === null || Array.isArray(value)) {
        yield [key, value];
        continue;
      }
      for (const [inner, leaf] of Object.entries(value)) if (leaf !== undefined) yield [`${key}.${inner}`, leaf];
    }
  }
}

function isRow<Known>(entry: FieldTable<Known>[string]): entry is FieldRow<unknown, Known> {
  return 'defaultOf' in entry;
}

function fieldOf<Known>(name: string, { kind, doc, fallback, defaultOf }: FieldRow<unknown, Known>): Field<Known> {
  return { name, doc, fallback, check: kind.check, schema: kind.schema, defaultOf };
}
