import type { PlanSummary } from '@branchline/api';
import { expect, test } from 'vitest';
import { planText } from './plan-text.js';
import { styleFor } from './style.js';

/** The lines of a plan that say what its text is. */
function textLines(names: readonly string[], account: Partial<PlanSummary['data']['account']>): string[] {
  const cost = { steps: 1, tokens: 1, flops: 1 };
  const summary = {
    experiment: { name: 'e', seeds: [1], baseline: 's' },
    compare: null,
    model: { parameters: 1, context: 1, flopsPerToken: 1 },
    training: { batch: 1, lr: {} },
    data: {
      versions: names.map((name) => ({ name, tokens: 2000 })),
      heldOut: { sequences: [400], parts: 1, standardError: { loss: 1, difference: 1, needed: 1 } },
      validation: [],
      account: { documents: 9, read: 0, duplicate: 0, repeated: 0, heldOut: 0, train: 0, inSequences: 0, ...account },
    },
    tasks: [],
    stored: null,
    strategies: [],
    open: [],
    graph: { ...cost, segments: 1, shared: 0, tokensStandalone: 1, saved: 0 },
    disk: { checkpoints: 1, bytes: 1 },
    time: null,
    budget: [],
    failures: [],
    warnings: [],
  } as unknown as PlanSummary;
  const lines = planText(summary, styleFor({ isTTY: false } as NodeJS.WriteStream)).split('\n');
  return lines.filter((line) => /^(text|read) /.test(line));
}

test('versions have their names in order of arrival, unless these only count; many are shortened', () => {
  const [months] = textLines(['2024-10', '2024-9'], { read: 1 });
  expect(months).toBe('text     2 versions of 2024-10 2.00k, 2024-9 2.00k tokens');
  expect(textLines(['1', '2'], { read: 1 })[0]).toBe('text     2 versions of 2.00k, 2.00k tokens');
  const many = textLines(
    Array.from({ length: 500 }, (_, index) => `site ${index}`),
    { read: 1 },
  )[0]!;
  expect(many).toMatch(/^text {5}500 versions of site 0 2\.00k, .*site 9 2\.00k \.\.\. site 499 2\.00k tokens$/);
});

test('every part of the text that was read is named, and no other', () => {
  const all = { read: 1000, duplicate: 300, repeated: 3, heldOut: 97, train: 600, inSequences: 500 };
  expect(textLines(['1'], all)[1]).toBe(
    'read     9 documents, 1.00 kB: 50% to train on, 10% held out, 30% duplicates, under 1% also held out, ' +
      '10% left over (beyond tokens, or too short)',
  );
  const plain = { read: 1000, heldOut: 80, train: 920, inSequences: 920 };
  expect(textLines(['1'], plain)[1]).toBe('read     9 documents, 1.00 kB: 92% to train on, 8% held out');
  expect(textLines(['1'], { ...plain, dropped: 1 })[1]).toMatch(
    / 8% held out; the tokenizer drops 1 character that it has no token for$/,
  );
});
