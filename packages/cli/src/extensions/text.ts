/** Plugins and trainers as text: a paragraph and a table each. */
import { relative } from 'node:path';
import { type BrokenPackage, type JsonSchema, type Listed, UNKNOWN_OPTIONS } from '@branchline/api/internal';
import { showValue } from '../ui/format.js';
import { printable } from '../ui/printable.js';
import type { Style } from '../ui/style.js';
import { fitted, labelled } from './columns.js';
import type { ExampleOption, ExtensionKind } from './kinds.js';
import { rangeOf, typeOf } from './type-text.js';

/** Format of the output. */
export interface Page {
  readonly width: number;
  readonly style: Style;
}

/** An entry of a listing: description and options. */
export function listText<T, L extends Listed>(
  listed: L | BrokenPackage,
  kind: ExtensionKind<T, L>,
  { width, style }: Page,
): string {
  if ('problem' in listed) {
    const { name, version } = listed.package;
    const problem = labelled('  cannot be used: ', printable(listed.problem), width);
    return `${style.bold(printable(name))} ${printable(version)}\n${style.yellow(problem)}`;
  }
  const known = [...(listed.package ? [`package ${listed.package.name}`] : []), ...kind.facts(listed)];
  const facts = known.length > 0 ? known : ['built in'];
  const [label, text] = kind.line?.(listed) ?? [];
  return [
    `${title(listed, style)} ${style.dim(printable(`(${facts.join(', ')})`))}`,
    ...(listed.description === undefined ? [] : [labelled('  ', printable(listed.description), width)]),
    ...(label === undefined ? [] : [labelled(`  ${label} `, printable(text!), width)]),
    optionsText(listed, false, { width, style }),
  ].join('\n');
}

/** All details of one. `names` are those that an experiment can use. */
export function detailText<T, L extends Listed>(
  listed: L,
  names: readonly string[],
  kind: ExtensionKind<T, L>,
  page: Page,
): string {
  const { name, description, package: found } = listed;
  const { width, style } = page;
  const from =
    found === undefined ? undefined : `${found.name} ${found.version}, in ${relative('.', found.directory) || '.'}`;
  const facts: readonly (readonly [string, string | undefined])[] = [
    ['package', from],
    ['named', names.join(' or ')],
    ...kind.details(listed),
  ];
  const uses = kind.uses(names[0] ?? name, exampleOption(listed));
  return [
    title(listed, style),
    ...(description === undefined ? [] : [labelled('  ', printable(description), width)]),
    '',
    ...facts.flatMap(([label, text]) =>
      text === undefined ? [] : [labelled(`  ${label.padEnd(9)}`, printable(text), width)],
    ),
    '',
    optionsText(listed, true, page),
    '',
    ...uses.map(([where, text]) => `  ${printable(`${where.padEnd(10)}${text}`)}`),
  ].join('\n');
}

const title = ({ name, version }: Listed, style: Style) =>
  `${style.bold(name)}${version === undefined ? '' : ` ${printable(version)}`}`;

function optionsText({ options }: Listed, all: boolean, { width, style }: Page): string {
  if (options === 'none') return '  no options';
  if (options === 'unknown') return `  options: ${UNKNOWN_OPTIONS}`;
  const rows = rowsOf(options, all);
  return rows.length === 0 ? '  no options' : fitted(['option', 'type', 'default', ''], rows, width, style);
}

/** Rows with option, type, default, meaning. With `all`, includes bounds of numbers and the properties of objects. */
function rowsOf(schema: JsonSchema, all: boolean, before = ''): readonly (readonly string[])[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, option]) => [
    [
      `${before}${key}`,
      `${typeOf(option)}${all ? rangeOf(option) : ''}`,
      option.default === undefined ? '-' : showValue(option.default),
      option.description ?? '',
    ],
    ...(all ? rowsOf(option, all, `${before}${key}.`) : []),
  ]);
}

/** The first option with a simple default, else the first with an example. */
function exampleOption({ options }: Listed): ExampleOption | undefined {
  const properties = typeof options === 'string' ? {} : (options.properties ?? {});
  const simple = Object.entries(properties).find(([, { default: value }]) =>
    ['number', 'boolean', 'string'].includes(typeof value),
  );
  if (simple !== undefined) return [simple[0], String(simple[1].default)];
  const shown = Object.entries(properties).find(([, { examples }]) => examples !== undefined);
  return shown && [shown[0], String(shown[1].examples![0])];
}
