import { expect, test } from 'vitest';
import { folder, write } from '../../test/fixtures.js';
import { prepareData } from '../prepare.js';

const text = (word: string) => `${`${word} `.repeat(12)}\n`;
const rows = (month: string, scores: readonly number[]) =>
  scores.map((score) => JSON.stringify({ text: text(`${month}${score}`), month, score })).join('\n');

test('ranks go from 0 to 1 within a version, follow the score, and do not depend on other versions', async () => {
  const base = folder();
  const config = {
    sources: [{ files: 'm/*.jsonl', versionField: 'month', scoreField: 'score' }],
    versions: { by: 'field' as const },
    heldOut: 0.1,
  };
  const prepare = () => prepareData(config, { cacheDirectory: `${base}/cache`, baseDirectory: base, context: 16 });
  const scores = Array.from({ length: 40 }, (_, index) => ((index * 7) % 40) / 10);
  write(base, { 'm/a.jsonl': rows('a', scores) });
  const alone = await prepare();
  const idsOf = (data: typeof alone, version: number) =>
    data.order({ parts: [{ version }], order: { by: 'ascending', domains: 'together' }, seed: 1 }).ids;
  const first = alone.ranks(idsOf(alone, 1));
  expect([first[0], first.at(-1)]).toEqual([0, 1]);
  for (let at = 1; at < first.length; at++) expect(first[at]! - first[at - 1]!).toBeCloseTo(1 / (first.length - 1), 12);
  write(base, {
    'm/b.jsonl': rows(
      'b',
      scores.map((score) => score + 100),
    ),
  });
  const both = await prepare();
  expect(both.ranks(idsOf(both, 1))).toEqual(first);
  expect(both.ranks(idsOf(both, 2))[0]).toBe(0);
  for (const data of [alone, both]) data.close();
});
