import { expect, it } from 'vitest';
import { type Block, blocksOf, pagesWithCode, spansOf } from './blocks.ts';
import { blockProblems, spanProblems } from './commands.ts';
import { commandsIn } from './shell.ts';
import { programOf } from './typescript.ts';
import { yamlProblems } from './yaml.ts';

const blocks = pagesWithCode().flatMap((page) => blocksOf(page));

const block = (language: string, content: string): Block => ({
  place: 'page.md:1',
  language,
  info: '',
  content,
  before: '',
});

it('every command of Branchline in a block is one, with its options', async () => {
  const problems = await Promise.all(blocks.map(blockProblems));
  expect(problems.flat()).toEqual([]);
});

it('every command of Branchline in the text is one, with its options', async () => {
  const spans = pagesWithCode().flatMap((page) => spansOf(page));
  expect(spans.filter(({ content }) => content.startsWith('npx branchline ')).length).toBeGreaterThan(20);
  expect((await Promise.all(spans.map(spanProblems))).flat()).toEqual([]);
});

it('every experiment in YAML fits the schema', () => {
  const yaml = blocks.filter(({ language }) => language === 'yaml');
  expect(yaml.length).toBeGreaterThan(5);
  expect(yaml.flatMap(yamlProblems)).toEqual([]);
});

it.each([
  ['npx branchline bench exp.yaml --budgets 2usd', 'Unknown argument: budgets'],
  ['cat a | npx branchline generate runs/a --promt x', 'Unknown argument: promt'],
  ['npx branchline bench a.yaml && npx branchline ledger verfy runs/a b', 'Unknown argument'],
  ['npm run no-such-script', 'no script no-such-script'],
])('finds what is wrong in: %s', async (line, problem) => {
  expect(await blockProblems(block('sh', `${line}\n`))).toEqual([expect.stringContaining(problem)]);
});

it('finds what is wrong in the text and in YAML', async () => {
  const [span] = spansOf('page.md', 'Run\n`npx branchline plan\nexp.yaml --explane`.\n');
  expect(await spanProblems(span!)).toEqual([expect.stringMatching(/^page.md:2: .*--explane[\s\S]*Unknown argument/)]);
  expect(yamlProblems(block('yaml', 'training: { bach: 8 }\n'))).toEqual([expect.stringContaining('bach')]);
});

it('reads quotes, comments, pipes and continued lines', () => {
  const text = 'a \'b c\' "d|e" \\\n  --f   # note; not a command\ng|h && i\n';
  expect(commandsIn(text)).toEqual([['a', 'b c', 'd|e', '--f'], ['g'], ['h'], ['i']]);
});

it('reads blocks with their places and hidden lines', () => {
  const text =
    'Text\n\n<!-- before: import { z } from "zod"; -->\n```ts\nconst a = z.int();\n```\n\n```sh exit=2\nfalse\n```\n';
  const [code, shell] = blocksOf('page.md', text);
  expect(code).toMatchObject({ place: 'page.md:4', language: 'ts', before: 'import { z } from "zod";' });
  expect(programOf(code!)).toBe('import { z } from "zod";\n\nconst a = z.int();\n\nexport {};\n');
  expect(shell).toMatchObject({ place: 'page.md:8', language: 'sh', info: 'exit=2', content: 'false\n' });
});
