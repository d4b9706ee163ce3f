import type { Results } from '@branchline/evaluation';
import { expect, it } from 'vitest';
import { styleFor } from './style.js';
import { tasksTable } from './tasks-table.js';

const style = styleFor({ isTTY: false } as never);
const run = (name: string, seed: number, acc?: number) => ({
  ...{ name, seed },
  releases: [
    { tasks: [{ name: 'facts', items: 4, acc: 0, acc_norm: 0, chance: 0.25, parts: [] }] },
    { tasks: acc === undefined ? undefined : [{ name: 'facts', items: 8, acc, acc_norm: 0, chance: 0.25, parts: [] }] },
  ],
});
const resultsOf = (seeds: readonly number[], ...strategies: readonly object[]) =>
  ({ seeds, strategies }) as unknown as Results;

it('shows the accuracy of the last releases, as means over seeds, next to chance', () => {
  const text = tasksTable(
    resultsOf([1, 2], run('one', 1, 0.5), run('two', 1, 0.25), run('one', 2, 0.75), run('two', 2, 0.25)),
    style,
  );
  expect(text!.split('\n').map((line) => line.trim().split(/ {2,}/))).toEqual([
    ['right answers of the last release, means over seeds', 'facts (8)'],
    ['one', '63%'],
    ['two', '25%'],
    ['guessing', '25%'],
  ]);
});

it('is undefined without tasks', () => {
  expect(tasksTable(resultsOf([1], run('one', 1)), style)).toBeUndefined();
});
