import type { Problem } from '@branchline/core';
import { expect, it } from 'vitest';
import { pairsOf } from './arguments.js';

it('reads what a transfer changes, and reports every part that it cannot', () => {
  const problems: Problem[] = [];
  expect(pairsOf('--to', 'width=128, layers=4,tokens=20M,batch=1.5', problems)).toEqual({
    ...{ width: 128, layers: 4, tokens: 20e6 },
    // The API says that it is no whole number.
    batch: 1.5,
  });
  expect(problems).toEqual([]);
  expect(pairsOf('--to', 'width=x,depth=2,layers=2,layers=3,heads,tokens=1=2', problems)).toEqual({ layers: 2 });
  expect(problems.map(({ configPath, message }) => `${configPath}: ${message}`)).toEqual([
    '--to width: "x" is no number',
    '--to: "depth=2" is none of width, layers, heads, batch, tokens with a number',
    '--to: has layers twice',
    '--to: "heads" is none of width, layers, heads, batch, tokens with a number',
    '--to: "tokens=1=2" is none of width, layers, heads, batch, tokens with a number',
  ]);
  pairsOf('--from', 'width=2', problems, ['tokens']);
  expect(problems.at(-1)!.remedy).toBe('Write some of tokens=20M.');
});
