/** The data settings in docs/data.md are valid. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { parseDataConfig } from './config/schema.js';

const page = readFileSync(path.resolve(import.meta.dirname, '../../../docs/data.md'), 'utf8');
const blocks = [...page.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => code!);
const settings = blocks.filter((code) => /^(data|sources|score):/.test(code));

test.each(settings)('%s', (code) => {
  const read = JSON.parse(JSON.stringify(runInNewContext(`({${code}})`))) as { data?: object };
  expect(() => parseDataConfig({ sources: 'texts', ...(read.data ?? read) })).not.toThrow();
});

test('the page has examples', () => {
  expect(settings.length).toBeGreaterThan(3);
});
