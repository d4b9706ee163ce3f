import { expect, test } from 'vitest';
import { check, isChecked, WIDTH } from './check.js';

const long = 'word '.repeat(25).trim();
const messages = (path: string, ...lines: string[]) =>
  check(path, lines.join('\n')).map(({ line, message }) => `${line}: ${message}`);

test('phrases are found in comments and in Markdown, in any case and across lines', () => {
  const code = ['/**', ' * The run goes', ' * on.', ' */', 'const nothing = 1; // Nobody waits.'];
  expect(messages('a.ts', ...code)).toEqual([
    expect.stringMatching(/^2: "goes on": write continue/),
    expect.stringMatching(/^5: "Nobody": write/),
  ]);
  expect(messages('a.md', '# Title', '', 'It is told.')).toEqual([expect.stringMatching(/^3: "is told"/)]);
});

test('phrases are found in strings, templates and names', () => {
  expect(messages('a.ts', "const text = 'It goes on';", 'f(`a', 'nobody`);', 'export interface Beside {}')).toEqual([
    expect.stringMatching(/^1: "goes on"/),
    expect.stringMatching(/^3: "nobody"/),
    expect.stringMatching(/^4: "Beside"/),
  ]);
});

test('regular expressions, inline code, fences and addresses are not prose', () => {
  expect(messages('a.ts', '// See `nobody` of a regex.', 'f(/nobody/);')).toEqual([]);
  expect(
    messages('a.md', '```ts', 'nobody();', '```', 'See [it](nobody.md), `nobody` and https://nobody.org.'),
  ).toEqual([]);
});

test('lines of prose have a maximum width; tables, code, HTML and URLs do not', () => {
  expect(long.length).toBeGreaterThan(WIDTH);
  expect(messages('a.ts', `// ${long}`, `const text = '${long}';`)).toEqual(['1: 127 columns, at most 120']);
  expect(messages('a.md', long, `| ${long} |`, '```', long, '```', `<img alt="${long}">`)).toEqual([
    '1: 124 columns, at most 120',
  ]);
  expect(messages('a.md', `[here](https://example.org/${'x'.repeat(120)})`)).toEqual([]);
  expect(messages('a.ts', `// https://example.org/${'x'.repeat(120)}`)).toEqual([]);
});

test('generated files are not checked', () => {
  expect(['docs/reproductions/curriculum.md', 'packages/core/core.api.md', 'LICENSE', 'a.json'].some(isChecked)).toBe(
    false,
  );
  expect(['README.md', 'packages/core/src/index.ts', 'tools/nx/package-targets.mjs'].every(isChecked)).toBe(true);
});
