import type { Results, ValidationInfo } from '@branchline/evaluation';
import { expect, it } from 'vitest';
import { styleFor } from './style.js';
import { validationTable } from './validation-table.js';

const style = styleFor({ isTTY: false } as never);
const release = (loss: number, bitsPerByte: number) => ({
  validation: [{ name: 'news', tokens: 1280, loss, bitsPerByte, lossByDomain: {} }],
});
const run = (name: string, seed: number, loss: number) => ({
  ...{ name, seed },
  releases: [release(9, 9), release(loss, loss / 2)],
});
const set = (documents: number): ValidationInfo => ({
  ...{ name: 'news', sequences: 10, tokens: 1280 },
  removed: { documents, bytes: 1500 * documents },
});
const resultsOf = (validation: readonly ValidationInfo[] | undefined, ...strategies: readonly { seed: number }[]) =>
  ({
    seeds: [...new Set(strategies.map(({ seed }) => seed))],
    ...{ strategies, comparison: null, data: { validation } },
  }) as unknown as Results;
const cells = (text: string) => text.split('\n').map((line) => line.trim().split(/ {2,}/));

it('shows the losses of the last releases above bits per byte, and what was removed', () => {
  const text = validationTable(resultsOf([set(2)], run('one', 1, 3), run('two', 1, 2.5)), style)!;
  expect(cells(text)).toEqual([
    ['validation, last release', 'news (1,280 tokens)'],
    ['one', '3.0000'],
    ['1.5000'],
    ['two', '*2.5000'],
    ['1.2500'],
    ['news: 2 documents of the training text (3.00 kB) were removed, in whole or in part, for being in it too.'],
  ]);
});

it('shows means over seeds with their intervals', () => {
  const strategies = [run('one', 1, 3), run('one', 2, 2), run('two', 1, 4), run('two', 2, 4)];
  const text = validationTable(resultsOf([set(0)], ...strategies), style)!;
  expect(cells(text)).toEqual([
    ['validation, last release, means over seeds', 'news (1,280 tokens)'],
    ['one', expect.stringMatching(/^\*2\.5000 ±6\.35/)],
    ['1.2500'],
    ['two', '4.0000 ±0.0000'],
    ['2.0000'],
    ['news: none of it was in the training text.'],
  ]);
});

it('is undefined without validation sets', () => {
  expect(validationTable(resultsOf(undefined, run('one', 1, 3)), style)).toBeUndefined();
});
