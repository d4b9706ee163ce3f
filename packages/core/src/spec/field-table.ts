/** A table of fields has the form of the spec that it stands for; types, checks and defaults are read off it. */
import type { Check, JsonSchema, Kind } from './kinds.js';

/** What a table says of a field. */
export interface FieldRow<out T, in Known> {
  readonly kind: Kind<T>;
  /** What it means. */
  readonly doc: string;
  /** Its value where no plugin sets it, in words. */
  readonly fallback: string;
  /** That value. `Known` is what is known when it is settled: the fields before it among others. */
  readonly defaultOf: (known: Known) => T;
}

/** Rows, and groups of rows. */
export type FieldTable<Known> = Readonly<
  Record<string, FieldRow<unknown, Known> | Readonly<Record<string, FieldRow<unknown, Known>>>>
>;

/** Makes the rows of tables whose defaults depend on `Known`. */
export const rowsOf =
  <Known>() =>
  <T>(kind: Kind<T>, doc: string, fallback: string, defaultOf: (known: Known) => NoInfer<T>): FieldRow<T, Known> => ({
    kind,
    doc,
    fallback,
    defaultOf,
  });

/** A row, whatever its default depends on. */
type AnyRow<T> = FieldRow<T, never>;

/** The spec that a table stands for: every field with its value. */
export type SpecOf<Table> = {
  readonly [Key in keyof Table]: Table[Key] extends AnyRow<infer T> ? T : SpecOf<Table[Key]>;
};

/** The same, of which any field may be missing. */
export type PartOf<Table> = {
  readonly [Key in keyof Table]?: Table[Key] extends AnyRow<infer T> ? T : PartOf<Table[Key]>;
};

/** Dotted names of the fields of a table. */
export type NameIn<Table> = {
  [Key in keyof Table & string]: Table[Key] extends AnyRow<unknown> ? Key : `${Key}.${keyof Table[Key] & string}`;
}[keyof Table & string];

/** The value of the field of a dotted name. */
export type ValueIn<Table, Name> = Name extends keyof Table
  ? Table[Name] extends AnyRow<infer T>
    ? T
    : never
  : Name extends `${infer Group}.${infer Field}`
    ? Group extends keyof Table
      ? ValueIn<Table[Group], Field>
      : never
    : never;

/** A field of a table by its dotted name. */
export interface Field<Known = never> {
  /** Dotted name, e.g. `lr.minRatio`. */
  readonly name: string;
  /** What it means. */
  readonly doc: string;
  /** Its value where no plugin sets it, in words. */
  readonly fallback: string;
  /** Says what is wrong with a value; undefined when it fits. */
  readonly check: Check;
  /** JSON Schema, draft 7, of its values. */
  readonly schema: JsonSchema;
  /** The value where no plugin sets it. */
  readonly defaultOf: (known: Known) => unknown;
}

/** The fields of a table in its order, and by name. */
export class Fields<Known = never> {
  /** In the order of the table, in which defaults are settled. */
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

  /** The field of a name; undefined when there is none. */
  get(name: string): Field<Known> | undefined {
    return this.#byName.get(name);
  }

  get names(): readonly string[] {
    return [...this.#byName.keys()];
  }

  /** The fields that a part sets, by dotted name: groups are opened, undefined means that a field is not set. */
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
