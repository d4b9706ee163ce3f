import * as branchline from 'branchline';
import { expect, it } from 'vitest';
import { type Block, blocksOf, pagesWithCode } from './blocks.ts';
import { typeProblems } from './typescript.ts';

/** Blocks with `file=` are run by `tools/walk-guide.mjs`. */
const blocks = pagesWithCode()
  .flatMap((page) => blocksOf(page))
  .filter(({ language, info }) => language === 'ts' && !info.includes('file='));

const broken = (content: string): Block => ({ place: 'broken.md:1', language: 'ts', info: '', content, before: '' });

it('every block of TypeScript compiles, and a wrong option does not', { timeout: 300_000 }, () => {
  expect(blocks.length).toBeGreaterThan(30);
  const wrong = [
    broken('training: { batch: 8, learningRate: 0.1 }'),
    broken("import { pathSwitching } from 'branchline';\n\npathSwitching({ alfa: 0.6 });"),
  ];
  const problems = typeProblems([...blocks, ...wrong], Object.keys(branchline));
  expect(problems.filter((problem) => !problem.startsWith('broken.md'))).toEqual([]);
  expect(problems).toEqual([expect.stringContaining('learningRate'), expect.stringContaining('alfa')]);
});
