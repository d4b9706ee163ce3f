import { commandTree, problemOf } from 'branchline/internal';
import { expect, it } from 'vitest';
import { read } from '../site/pages.ts';
import { type ExperimentSchema, referencePages } from './pages.ts';
import { markdownOf, type Schema, tablesOf } from './schema-tables.ts';

const schema = JSON.parse(read('packages/api/experiment.schema.json')) as ExperimentSchema;

it.each(referencePages(schema, commandTree()))('$file is what the schemas and commands say', ({ file, content }) => {
  expect(read(file), 'npm run docs:reference').toBe(content);
});

it('every key and option has a type and a meaning', () => {
  const rows = referencePages(schema, commandTree()).flatMap(({ content }) =>
    [...content.matchAll(/^\| key \||^\| `.*\|$/gm)].map(([row]) => row.split(/(?<!\\)\|/).map((cell) => cell.trim())),
  );
  const keys = rows.filter((cells) => cells.length === 6);
  expect(keys.length).toBeGreaterThan(300);
  expect(keys.filter(([, , type, , meaning]) => type === '' || meaning === '')).toEqual([]);
});

it('shapes have a table each, named by what tells them apart, and are shown once', () => {
  const random: Schema = {
    properties: { by: { const: 'random' }, count: { type: 'integer', minimum: 1, default: 4 } },
  };
  const field: Schema = { properties: { by: { const: 'field' }, order: { type: 'array', items: { type: 'string' } } } };
  const versions = { anyOf: [random, field].map((one) => ({ type: 'object', ...one, required: ['by'] })) };
  const text = tablesOf({ properties: { first: versions, second: versions } }, 'keys', '')
    .map((table) => markdownOf(table, 2))
    .join('\n');
  expect(text).toContain('## `first`, `by: random`');
  expect(text).toContain('| `first.count` | integer from 1 | `4` |  |');
  expect(text).toContain('| `first.order` | list of string |  |  |');
  expect(text).toContain('The same keys as in `first`.');
  expect(text).not.toContain('second.count');
});

it.each([
  ['bench exp.yaml --only continual --budget 2usd', undefined],
  ['plan exp.yaml --explain --why --json', undefined],
  ['ledger runs/quick --by strategy,version', undefined],
  ['ledger verify runs/quick', undefined],
  ['plugins', undefined],
  ['bench exp.yaml --budgets 2usd', 'Unknown argument: budgets'],
  ['store gc', 'Not enough non-option arguments'],
  ['store gcc runs/quick', 'there is no command "store gcc"'],
  ['benchmark exp.yaml', 'there is no command "benchmark exp.yaml"'],
])('branchline %s: %s', async (line, problem) => {
  expect(await problemOf(line.split(' '))).toEqual(problem && expect.stringContaining(problem));
});
