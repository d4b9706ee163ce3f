/** Claims, tables and figures of known losses. */
import { compareSchema, evaluateClaims, resolveRule } from '@branchline/comparison';
import type { ReleaseResult, Results } from '@branchline/evaluation';
import { expect, it } from 'vitest';
import { verdictsOf } from '../paper/verdicts.js';
import { shiftingVersionsPaper } from './paper.js';
import { shiftingText } from './text.js';

const DOMAINS = ['prose', 'code', 'letters'];
const paper = shiftingVersionsPaper('quick', shiftingText('quick', DOMAINS));

/** Losses on each of the three texts, by release. */
type Losses = readonly (readonly [number, number, number])[];

/** Results with these losses for two seeds that agree. */
function resultsOf(name: string, losses: Readonly<Record<string, Losses>>): Results {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const releasesOf = (list: Losses) =>
    list.map((texts, index) => ({
      version: index + 1,
      loss: mean(texts.slice(0, index + 1)),
      lossByDomain: Object.fromEntries(DOMAINS.slice(0, index + 1).map((domain, at) => [domain, texts[at]!])),
      lossByVersion: Object.fromEntries(DOMAINS.map((domain, at) => [domain, texts[at]!])),
      transfer: { forgetting: texts[0] - list[0]![0], backwardTransfer: 0, forwardTransfer: 0 },
    })) as unknown as readonly ReleaseResult[];
  const strategies = Object.entries(losses).flatMap(([strategy, list]) =>
    [1, 2].map((seed) => ({ name: strategy, seed, cost: { ratioToBaseline: 0.5 }, releases: releasesOf(list) })),
  );
  const versions = DOMAINS.map((domain, index) => ({ index: index + 1, name: domain }));
  const rest = { seeds: [1, 2], baseline: 'PTFS', failures: [], data: { versions }, experiment: { name } };
  return { ...rest, strategies } as unknown as Results;
}

const KNOWN: Readonly<Record<string, Losses>> = {
  PTFS: [
    [2, 4, 4],
    [1.9, 2, 4],
    [1.8, 1.9, 2],
  ],
  CPT: [
    [2, 4, 4],
    [3, 1.5, 4],
    [3.5, 3, 1.5],
  ],
  'CPT, replay 1%': [
    [2, 4, 4],
    [3, 1.5, 4],
    [3.4, 2.7, 1.5],
  ],
  'CPT, replay 25%': [
    [2, 4, 4],
    [2, 1.6, 4],
    [1.9, 1.8, 1.75],
  ],
};

it('claims measure what they say, on losses that are known', () => {
  const results = resultsOf('strong-shift', KNOWN);
  const { baseline = '', compare, strategies } = paper.experiments[0]!;
  const { rule } = resolveRule(compareSchema.parse(compare), { baseline, strategies: Object.keys(strategies) });
  const comparison = evaluateClaims(results, rule!);
  const facts = { plans: {}, results: { 'strong-shift': { ...results, comparison } as unknown as Results } };
  const verdicts = new Map(verdictsOf(paper.claims, facts).map((one) => [one.id, one]));
  const told = (id: string) => [verdicts.get(id)!.verdict, Number(verdicts.get(id)!.effect?.toFixed(6))];
  // 3.5 at the end, 2 at best.
  expect(told('forgets')).toEqual(['holds', 1.5]);
  // The mean of 3.4 and 2.7, minus that of 3.5 and 3.
  expect(told('replay-1')).toEqual(['holds', -0.2]);
  expect(told('replay-25-adapts')).toEqual(['fails', 0.25]);
  expect(told('without-replay-ptfs')).toEqual(['holds', 0.766667]);
  expect(told('replay-25-ptfs')).toEqual(['holds', -0.083333]);
  // Some of its parts are not measured.
  expect(verdicts.get('replay-more')!.verdict).toBe('undecided');
});

it('tables and figures show the same losses, and omit failed strategies', () => {
  const facts = { plans: {}, results: { 'strong-shift': resultsOf('strong-shift', KNOWN) } };
  const [strategies, ratios, matrices] = paper.tables(facts);
  expect(strategies!.rows.find(([name]) => name === 'CPT')).toEqual([
    ...['CPT', '50.0%', '3.2500 ±0.0000', '1.5000 ±0.0000', '2.6667 ±0.0000', '1.5000 ±0.0000'],
  ]);
  expect(ratios!.rows.find(([name, ratio]) => name === 'CPT' && ratio === '5%')!.slice(2)).toEqual(['-', '-', '-']);
  expect(matrices!.rows).toContainEqual(['CPT', 'code', '3.000', '1.500', '4.000']);

  const figures = paper.figures!(facts);
  expect(new Set(figures.map(({ id }) => id)).size).toBe(figures.length);
  const panelsOf = (id: string) => {
    const found = figures.find((figure) => figure.id === id)!;
    return found.kind === 'matrix' ? found.panels : [];
  };
  expect(panelsOf('losses').map(({ title }) => title)).toEqual(['PTFS', 'CPT', 'CPT, replay 25%']);
  const [against] = panelsOf('against-scratch');
  expect(against!.values.at(-1)!.map((value) => Number(value!.toFixed(6)))).toEqual([1.7, 1.1, -0.5]);
  const replay = figures.find(({ id }) => id === 'replay')!;
  const [earlier] = replay.kind === 'lines' ? replay.panels : [];
  expect(earlier!.series[0]!.points.map(({ x, y }) => [x, y.value])).toEqual([
    [0, 3.25],
    [0.01, 3.05],
    [0.25, 1.85],
  ]);
});
