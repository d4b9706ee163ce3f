import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { continual, plan, quadratic } from '@branchline/api';
import { folder, TINY, writeTexts } from '@branchline/api/test/corpus.js';
import { expect, it } from 'vitest';
import { planText } from './plan-text.js';
import { styleFor } from './style.js';

/** The lines of a plan about the text that releases are evaluated on. */
async function linesOf(
  data: object,
  files: Readonly<Record<string, readonly object[]>> = {},
): Promise<readonly string[]> {
  const directory = folder();
  writeTexts(directory);
  const own = Array.from({ length: 500 }, (_, index) => ({ text: `${index} of ${index ** 2} `.repeat(12) }));
  for (const [name, rows] of Object.entries({ 'own.jsonl': own, ...files }))
    writeFileSync(join(directory, name), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  const experiment = {
    ...TINY,
    data: { ...TINY.data, ...data },
    trainer: quadratic(),
    strategies: { one: [continual()] },
  };
  const summary = await plan(experiment, { directory, runs: join(directory, 'runs') });
  return planText(summary, styleFor({ isTTY: false } as never))
    .split('\n')
    .filter((line) => /^(score|held-out|set {2}| {9}(too few|on unseen|reference in|almost))/.test(line));
}

it('shows how much text releases are evaluated on, and warns if it is too little for small differences', async () => {
  expect(await linesOf({ heldOut: { share: 0.2, sequences: 16 } })).toEqual([
    'held-out 48 sequences in 3 versions (16 each); last release: expected standard error of a loss 0.1, of a difference between strategies 0.014',
    '         too few: differences of 0.01 are below two standard errors; they need about 400 sequences: set data.heldOut.sequences to 134, with share high enough for them',
  ]);
});

it('shows validation sets with what they removed', async () => {
  const evaluation = [
    { name: 'own', files: 'own.jsonl' },
    { name: 'shared', files: 'texts/7.txt' },
  ];
  const [, , own, shared, few] = await linesOf({ evaluation });
  expect(own).toMatch(/^set {6}own: 2,\d{3} sequences, \d{2}\.\dk tokens for each release; none of it was in the/);
  expect(own).toMatch(/training text; expected standard error of a loss 0\.01\d, of a difference .* 0\.00\d+$/);
  expect(shared).toMatch(
    /^set {6}shared: 1\d sequences, \d+ tokens .*; 1 document of the training text \(\d+ B\) was removed/,
  );
  expect(few).toMatch(/need about 400 sequences: add text to the set, or raise its sequences$/);
});

it('shows how well a classifier tells the reference from the text, and whether to sort by its score', async () => {
  const legal = Array.from({ length: 60 }, (_, index) => ({ text: `whereas ${index} the party shall `.repeat(12) }));
  const lines = await linesOf({ score: { by: 'classifier', reference: 'legal.jsonl' } }, { 'legal.jsonl': legal });
  expect(lines.slice(0, 4)).toEqual([
    'score    classifier: 60 documents (19.3 kB) of the reference against 60 documents (31.7 kB)',
    '         on unseen text: AUC 1.000 +- 0.000, accuracy 100%; under 1% of the text scores like the upper nine tenths of the reference',
    expect.stringMatching(/^ {9}reference in each fifth of the ranks: 0, 0, 50, 100, 100% \(predicted \d/) as string,
    expect.stringMatching(
      /^ {9}almost no training text is like the reference, so the ranks say little: look/,
    ) as string,
  ]);
});
