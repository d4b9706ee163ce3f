/** Tables of keys, from a JSON Schema: key, type, default and meaning of every property at every depth. */

/** The keywords that are read. */
export interface Schema {
  readonly [key: string]: unknown;
  readonly description?: string;
  readonly default?: unknown;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly pattern?: string;
  readonly required?: readonly string[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly $ref?: string;
}

/** A table with its heading. */
export interface Table {
  /** Markdown. */
  readonly title: string;
  readonly description: string | undefined;
  readonly rows: readonly (readonly [key: string, type: string, fallback: string, meaning: string])[];
}

/** What can be used in place of a property's value: one object, or one of several. */
interface Shape {
  /** The path of the keys: `data.sources[]`. */
  readonly path: string;
  readonly objects: readonly Schema[];
}

/**
 * Tables of an object. Objects in it that have one shape are rows of the same table; objects with several shapes have a
 * table for each. A shape that was shown before is only named: `seen` keeps them, with their paths.
 */
export function tablesOf(
  schema: Schema,
  title: string,
  path: string,
  seen: Map<string, string> = new Map(),
): readonly Table[] {
  const later: Shape[] = [];
  const rows = rowsOf(schema, path, later, seen);
  const own = rows.length === 0 ? [] : [{ title, description: schema.description, rows }];
  return [
    ...own,
    ...later.flatMap((shape) =>
      shape.objects.flatMap((one) => tablesOf(one, `\`${shape.path}\`${labelOf(one, shape)}`, shape.path, seen)),
    ),
  ];
}

function rowsOf(schema: Schema, path: string, later: Shape[], seen: Map<string, string>): Table['rows'] {
  const before = path === '' ? '' : `${path}.`;
  return Object.entries(schema.properties ?? {}).flatMap(([key, value]): Table['rows'] => {
    const here = `${before}${key}`;
    const shapes = shapesOf(value, here);
    const content = JSON.stringify(shapes.map(({ objects }) => objects));
    const known = shapes.length > 0 && content.length > 200 ? seen.get(content) : undefined;
    const fallback =
      value.default !== undefined ? code(JSON.stringify(value.default)) : required(schema, key) ? 'required' : '';
    const meaning = [value.description ?? constMeaning(value), known && `The same keys as in \`${known}\`.`];
    const row = [code(here), typeOf(value), fallback, meaning.filter(Boolean).join(' ')] as const;
    if (known !== undefined) return [row];
    seen.set(content, here);
    return [
      row,
      ...shapes.flatMap((shape) => {
        if (shape.objects.length === 1) return rowsOf(shape.objects[0]!, shape.path, later, seen);
        later.push(shape);
        return [];
      }),
    ];
  });
}

const required = (schema: Schema, key: string) => schema.required?.includes(key) === true;

const constMeaning = ({ const: value }: Schema) => (value === undefined ? '' : `${code(show(value))}, in this shape.`);

/** Objects with known keys that a value can be, or contain as elements. */
function shapesOf(value: Schema, path: string): readonly Shape[] {
  const found = new Map<string, Schema[]>();
  const visit = (one: Schema, at: string): void => {
    if (one.properties !== undefined) found.set(at, [...(found.get(at) ?? []), one]);
    if (one.items !== undefined) visit(one.items, `${at}[]`);
    if (typeof one.additionalProperties === 'object') visit(one.additionalProperties, `${at}.<name>`);
    for (const choice of one.anyOf ?? one.oneOf ?? []) visit(choice, at);
  };
  visit(value, path);
  return [...found].map(([at, objects]) => ({ path: at, objects }));
}

/** What distinguishes one of several shapes: keys with fixed values, else the keys that it requires. */
function labelOf(one: Schema, { objects }: Shape): string {
  const others = objects.filter((other) => other !== one).map(({ properties = {} }) => properties);
  const needed = Object.entries(one.properties ?? {}).filter(([key]) => required(one, key));
  const fixed = needed.filter(([key, { const: value, enum: values }]) => {
    if (value !== undefined) return true;
    return values !== undefined && others.some((other) => other[key] !== undefined);
  });
  if (fixed.length > 0) return fixed.map(([key, value]) => `, \`${key}: ${namesOf(value).join(' | ')}\``).join('');
  const own = needed.filter(([key]) => others.every((other) => other[key] === undefined)).slice(0, 1);
  const keys = own.length > 0 ? own : needed;
  return keys.length === 0 ? '' : `, with ${keys.map(([key]) => code(key)).join(' and ')}`;
}

const namesOf = ({ const: value, enum: values = [value] }: Schema) => values.map(show);

const show = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));

const code = (text: string) => `\`${text}\``;

/** A type as Markdown: `integer above 0`, `"jit" or "eager"`, `list of string`. */
export function typeOf(schema: Schema): string {
  const { enum: values, const: value, anyOf, oneOf = anyOf, type, items, $ref } = schema;
  if (values !== undefined) return values.map((one) => code(show(one))).join(' or ');
  if (value !== undefined) return code(show(value));
  if ($ref !== undefined) return $ref.replace(/^.*\//, '');
  if (oneOf !== undefined) return [...new Set(oneOf.map(typeOf))].join(' or ');
  if (type === 'array') return items === undefined ? 'list' : `list of ${typeOf(items)}`;
  if (type === undefined) return 'any';
  return `${typeof type === 'string' ? type : type.join(' or ')}${rangeOf(schema)}`;
}

/** The bounds of a number, with a space before. Zod bounds every integer by the safe ones, which is not said. */
function rangeOf(schema: Schema): string {
  const words = { minimum: 'from', exclusiveMinimum: 'above', maximum: 'to', exclusiveMaximum: 'below' };
  return Object.entries(words)
    .map(([key, word]) => [schema[key], word] as const)
    .filter(([bound]) => typeof bound === 'number' && Math.abs(bound) < Number.MAX_SAFE_INTEGER)
    .map(([bound, word]) => ` ${word} ${String(bound)}`)
    .join('');
}

/** A table as Markdown, with a heading of a level. */
export function markdownOf({ title, description, rows }: Table, level: number): string {
  const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
  return [
    `${'#'.repeat(level)} ${title}`,
    '',
    ...(description === undefined ? [] : [description, '']),
    '| key | type | default | meaning |',
    '|---|---|---|---|',
    ...rows.map((row) => `| ${row.map(cell).join(' | ')} |`),
    '',
  ].join('\n');
}
