/** Plugins for people: a paragraph and a table each. */
import { relative } from 'node:path';
import { KERNEL_API } from '@branchline/core';
import { showValue } from '../ui/format.js';
import { printable } from '../ui/printable.js';
import type { Style } from '../ui/style.js';
import { fitted, labelled } from './columns.js';
import type { BrokenPackage, ListedPlugin } from './listing.js';
import { type JsonSchema, rangeOf, typeOf, UNTOLD } from './options-schema.js';

/** Where texts go. */
export interface Page {
  readonly width: number;
  readonly style: Style;
}

/** One plugin of a list: what it does, which fields it sets, its options. */
export function listText(listed: ListedPlugin | BrokenPackage, { width, style }: Page): string {
  if ('problem' in listed) {
    const { name, version } = listed.package;
    const problem = labelled('  cannot be used: ', printable(listed.problem), width);
    return `${style.bold(printable(name))} ${printable(version)}\n${style.yellow(problem)}`;
  }
  const { name, version, description, owns } = listed;
  const known = [...(listed.package ? [`package ${listed.package.name}`] : []), ...kernelFacts(listed)];
  const facts = known.length === 0 ? '(built in)' : `(${known.join(', ')})`;
  return [
    [style.bold(name), ...(version === undefined ? [] : [version]), style.dim(printable(facts))].join(' '),
    ...(description === undefined ? [] : [labelled('  ', printable(description), width)]),
    labelled('  sets ', printable(owns.join(', ')) || 'nothing that it tells', width),
    optionsText(listed, false, { width, style }),
  ].join('\n');
}

/** Everything there is to tell of one plugin. `names` are what a strategy can call it. */
export function detailText(listed: ListedPlugin, names: readonly string[], page: Page): string {
  const { name, version, description, owns, reactive, package: found } = listed;
  const { width, style } = page;
  const from =
    found === undefined ? undefined : `${found.name} ${found.version}, in ${relative('.', found.directory) || '.'}`;
  const facts: readonly (readonly [string, string | undefined])[] = [
    ['package', from],
    ['named', names.join(' or ')],
    [
      'kernel',
      listed.kernel && `${listed.kernel}; this is ${KERNEL_API}, which ${listed.fits ? 'fits' : 'does not fit'}`,
    ],
    ['decides', reactive ? 'from losses that are measured on the way (reactive)' : undefined],
    ['sets', owns.join(', ') || 'nothing that it tells'],
  ];
  return [
    [style.bold(name), ...(version === undefined ? [] : [version])].join(' '),
    ...(description === undefined ? [] : [labelled('  ', printable(description), width)]),
    '',
    ...facts.flatMap(([label, text]) =>
      text === undefined ? [] : [labelled(`  ${label.padEnd(9)}`, printable(text), width)],
    ),
    '',
    optionsText(listed, true, page),
    '',
    ...useText(listed, names[0] ?? name).map((line) => `  ${printable(line)}`),
  ].join('\n');
}

function kernelFacts({ kernel, fits, reactive }: ListedPlugin): readonly string[] {
  const range = kernel === undefined ? [] : [`kernel ${kernel}${fits ? '' : `, which is not ${KERNEL_API}`}`];
  return [...range, ...(reactive ? ['reactive'] : [])];
}

function optionsText({ options }: ListedPlugin, all: boolean, { width, style }: Page): string {
  if (options === 'none') return '  no options';
  if (options === 'untold') return `  options: ${UNTOLD}`;
  const rows = rowsOf(options, all);
  return rows.length === 0 ? '  no options' : fitted(['option', 'type', 'default', ''], rows, width, style);
}

/** Option, type, default, meaning. With `all`, bounds of numbers, and the parts of options that are objects. */
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

/** How it stands in a strategy, in YAML and on the command line, with the first option that has a default. */
function useText({ options }: ListedPlugin, name: string): readonly string[] {
  const properties = typeof options === 'string' ? {} : (options.properties ?? {});
  const simple = Object.entries(properties).find(([, { default: value }]) =>
    ['number', 'boolean', 'string'].includes(typeof value),
  );
  if (simple === undefined) return [`in YAML   [${name}]`, `typed     ${name}`];
  const [option, { default: value }] = simple;
  return [
    `in YAML   [{ plugin: ${name}, options: { ${option}: ${String(value)} } }]`,
    `typed     ${name}(${option}=${String(value)})`,
  ];
}
