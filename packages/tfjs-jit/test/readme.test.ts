import { readFileSync } from 'node:fs';
import { expect, it, vi } from 'vitest';

const read = (name: string) => readFileSync(new URL(name, import.meta.url), 'utf8');
const examples = [...read('../README.md').matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code!);

/** Output of an example. */
async function printed(example: () => Promise<unknown>): Promise<unknown> {
  const log = vi.spyOn(console, 'log').mockReturnValue();
  await example();
  const [[value]] = log.mock.calls as [[unknown]];
  log.mockRestore();
  return value;
}

it.each(['readme-example.ts', 'readme-classifier.ts'])('%s is in the README', (name) => {
  const body = (code: string) => code.replace(/^import .*\n/gm, '').trim();
  expect(examples.map(body)).toContain(body(read(name)));
});

it('the README has no other examples', () => {
  expect(examples).toHaveLength(2);
});

it('the linear model finds its weights', async () => {
  const weights = (await printed(() => import('./readme-example.js'))) as Float32Array;
  expect(weights[0]).toBeCloseTo(3, 1);
  expect(weights[1]).toBeCloseTo(-1, 1);
});

it('the classifier learns', async () => {
  expect(await printed(() => import('./readme-classifier.js'))).toBeGreaterThan(0.95);
});
