import type { ReleaseResult, Results } from '@branchline/evaluation';
import { expect, it } from 'vitest';
import { smallResults } from '../../test/small.js';
import { parseResults } from '../parse.js';
import { renderReport } from '../report.js';
import { meanOf } from '../seeds.js';

/** The two strategies of the small results, with a loss on a validation set for each of their two releases. */
function withLosses(losses: readonly (readonly number[])[]): Results {
  const small = smallResults();
  const strategies = small.strategies.map((of, index) => ({
    ...of,
    releases: of.releases.map((release, row): ReleaseResult => {
      const loss = losses[index]![row]!;
      const set = { name: 'news', tokens: 50, loss, bitsPerByte: loss / 2, lossByDomain: { prose: loss } };
      return { ...release, validation: [set] };
    }),
  }));
  return { ...small, strategies };
}
const sectionOf = (results: Results) => /<section id="validation">.*?<\/section>/s.exec(renderReport(results))?.[0];

it('has a chart and a table per set, with the lowest marked, and says what was removed', () => {
  const section = sectionOf(
    withLosses([
      [3, 2.5],
      [2, 2.5],
    ]),
  )!;
  const rows = [...section.matchAll(/<tr[^>]*><th scope="row">.*?<\/tr>/gs)].map(([row]) =>
    [...row.matchAll(/<td class="([^"]*)"[^>]*><span>([^<]*)<small>([^<]*)/g)].map(([, kind, loss, bits]) => [
      kind!.includes('best'),
      loss,
      bits,
    ]),
  );
  expect(rows).toEqual([
    [
      [false, '3.000', '1.500'],
      [false, '2.500', '1.250'],
    ],
    [
      [true, '2.000', '1.000'],
      [false, '2.500', '1.250'],
    ],
  ]);
  expect(section).toContain('one: spring 3.000, summer 2.500; two: spring 2.000, summer 2.500');
  expect(section).toContain('50 tokens; removed from the training text');
  expect(section).toContain('1 document, 20 bytes');
});

it('has a sentence and a chart of cost against loss for each set', () => {
  const report = (last: readonly [number, number]) =>
    renderReport(
      withLosses([
        [3, last[0]],
        [2, last[1]],
      ]),
    );
  const lead = (html: string) => /<p class="lead">(.*?)<\/p>/s.exec(html)![1]!.replaceAll(/<[^>]*>/g, '');
  expect(lead(report([2.5, 2.25]))).toContain('On news, the lowest loss is that of two: 2.250 (−0.250) at ');
  expect(lead(report([2.5, 2.75]))).toContain('On news, the lowest loss is that of one.');
  const chart = /<section id="cost-loss">.*?<\/section>/s.exec(report([2.5, 2.25]))![0];
  expect(chart).toContain('<h3><span>On <bdi>news</bdi></span></h3>');
  expect(chart).toMatch(/one: [\d.]+% of the tokens, loss 2\.500; two: [\d.]+% of the tokens, loss 2\.250/);
});

it('is absent without validation sets', () => {
  const { data, ...rest } = smallResults();
  const { validation: _, ...plain } = data;
  expect(sectionOf({ ...rest, data: plain })).toBeUndefined();
});

it('has means over seeds, and parses', () => {
  const [one, two] = [
    withLosses([
      [3, 2],
      [3, 2],
    ]),
    withLosses([
      [4, 2],
      [4, 2],
    ]),
  ];
  const mean = meanOf([one.strategies[0]!, { ...two.strategies[0]!, seed: 2 }]).releases[0]!.validation![0]!;
  expect(mean).toMatchObject({ name: 'news', tokens: 50, loss: 3.5, bitsPerByte: 1.75, lossByDomain: { prose: 3.5 } });
  expect(parseResults(JSON.parse(JSON.stringify(one))).data.validation).toHaveLength(1);
});
