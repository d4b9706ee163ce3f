/** The tasks in docs/tasks.md are valid. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { parseTasks } from './schema.js';

const page = readFileSync(path.resolve(import.meta.dirname, '../../../../docs/tasks.md'), 'utf8');

test('the schema accepts the tasks of the page', () => {
  const [, code] = /```ts\n(tasks: [\s\S]*?)```/.exec(page)!;
  const { tasks } = JSON.parse(JSON.stringify(runInNewContext(`({${code}})`))) as { tasks: unknown };
  expect(parseTasks(tasks)).toHaveLength(3);
});

test('the defaults of the page are those of the schema', () => {
  const [files, generated] = parseTasks([
    { name: 'a', files: 'a.jsonl' },
    { name: 'b', generate: {} },
  ]);
  expect(files).toMatchObject({ queryField: 'query', choicesField: 'choices', goldField: 'gold', delimiter: ' ' });
  expect(generated).toMatchObject({ generate: { items: 32, choices: 4 } });
  expect(page).toMatch(/`items` .* \| 32 \|/);
  expect(page).toMatch(/`choices` .* \| 4 \|/);
});
