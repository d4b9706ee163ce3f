import { readFileSync } from 'node:fs';
import { expect, it, vi } from 'vitest';

it("the README's example is readme-example.ts, and prints what it says", async () => {
  const read = (name: string) => readFileSync(new URL(name, import.meta.url), 'utf8');
  const [, example] = /```ts\n(.*?)```/s.exec(read('../README.md'))!;
  const body = (code: string) => code.replace(/^import .*\n/gm, '').trim();
  expect(body(example!)).toBe(body(read('readme-example.ts')));

  const log = vi.spyOn(console, 'log').mockReturnValue();
  await import('./readme-example.js');
  const [[weights]] = log.mock.calls as [[Float32Array]];
  log.mockRestore();
  expect(weights[0]).toBeCloseTo(3, 1);
  expect(weights[1]).toBeCloseTo(-1, 1);
});
