import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

test('the strategy in the README is the one in examples/', () => {
  const [, code] = /```ts\n(.*?)```/s.exec(read('README.md'))!;
  expect(code).toBe(read('examples/compose.config.ts'));
});

test('every file that the README and the docs link to exists', () => {
  const pages = [
    'README.md',
    'CONTRIBUTING.md',
    'docs/architecture.md',
    'docs/quick-experiment.md',
    'docs/benchmarks.md',
  ];
  let links = 0;
  for (const page of pages) {
    const folder = page.includes('/') ? page.slice(0, page.lastIndexOf('/') + 1) : '';
    const targets = [...read(page).matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, target]) => target!);
    links += targets.length;
    for (const target of targets) {
      expect(
        () => readFileSync(new URL(`../../${folder}${target}`, import.meta.url)),
        `${page}: ${target}`,
      ).not.toThrow();
    }
  }
  expect(links).toBeGreaterThan(10);
});
