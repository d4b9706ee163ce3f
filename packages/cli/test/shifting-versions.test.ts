/** Versions that shift: what is trained for them, and what claims, tables and figures make of known losses. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { folder } from '@branchline/api/test/corpus.js';
import type { ReleaseResult, Results } from '@branchline/core';
import { expect, it } from 'vitest';
import { judge } from '../src/compare/judge.js';
import type { Reproduction } from '../src/reproduce/definition.js';
import { checkReproduction, planFacts } from '../src/reproduce/facts.js';
import { judgeClaims } from '../src/reproduce/judge.js';
import { paperOf } from '../src/reproduce/papers.js';
import { RATIOS } from '../src/reproduce/shift-names.js';
import { branchline } from './bin.js';

const DOMAINS = ['prose', 'code', 'letters'];

/** Three folders with text of their own letters, a megabyte in all. */
function writeDomains(directory: string): readonly string[] {
  return DOMAINS.map((domain, index) => {
    const path = join(directory, domain);
    mkdirSync(path, { recursive: true });
    for (let file = 0; file < 70; file++) {
      const line = (at: number) => String.fromCharCode(97 + 8 * index + ((file * 7 + at * at) % 8)).repeat(20);
      writeFileSync(
        join(path, `${file}.txt`),
        Array.from({ length: 230 }, (_, at) => `${file} ${line(at)}`).join('\n'),
      );
    }
    return path;
  });
}

const paperIn = (directory: string, size: 'quick' | 'full'): Promise<Reproduction> =>
  paperOf('shifting-versions', { size, sources: writeDomains(directory), runs: join(directory, 'runs') });

it('replay costs nothing, averages need the main path alone, and branches cost what they do without a shift', async () => {
  const directory = folder();
  const { experiments } = await checkReproduction(await paperIn(directory, 'quick'), { directory, seeds: 1 });
  const { 'strong-shift': plan } = await planFacts(experiments, join(directory, 'runs'));
  const { stepsOf, increment } = plan!;
  const versions = DOMAINS.length;
  const inIncrements = (name: string) => stepsOf[name]! / increment;
  expect(inIncrements('PTFS')).toBe(1 + 2 + 3);
  for (const ratio of RATIOS) {
    const name = ratio === 0 ? 'CPT' : `CPT, replay ${100 * ratio}%`;
    expect([name, inIncrements(name)]).toEqual([name, versions]);
  }
  for (const name of ['CPT, low constant', 'main path', 'main path, average, replay 25%']) {
    expect([name, inIncrements(name)]).toEqual([name, versions]);
  }
  expect(inIncrements('path switching, replay 25%')).toBe(versions + (versions - 1) * 0.6);
});

/** What the strategies lose on each of the three texts, by release. */
type Losses = readonly (readonly [number, number, number])[];

/** Results with these losses under two seeds that agree. */
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

it('claims measure what they say, on losses that are known', async () => {
  const directory = folder();
  const paper = await paperIn(directory, 'quick');
  const { experiments } = await checkReproduction(paper, { directory, seeds: 2 });
  const results = resultsOf('strong-shift', KNOWN);
  const comparison = judge(results, experiments[0]!.spec.compare!);
  const facts = { plans: {}, results: { 'strong-shift': { ...results, comparison } as unknown as Results } };
  const verdicts = new Map(judgeClaims(paper.claims, facts).map((one) => [one.id, one]));
  const told = (id: string) => [verdicts.get(id)!.verdict, Number(verdicts.get(id)!.effect?.toFixed(6))];
  // 3.5 at the end, 2 at best.
  expect(told('forgets')).toEqual(['holds', 1.5]);
  // The mean of 3.4 and 2.7, less that of 3.5 and 3.
  expect(told('replay-1')).toEqual(['holds', -0.2]);
  expect(told('replay-25-adapts')).toEqual(['fails', 0.25]);
  expect(told('without-replay-ptfs')).toEqual(['holds', 0.766667]);
  expect(told('replay-25-ptfs')).toEqual(['holds', -0.083333]);
  // Some of its parts have not been measured.
  expect(verdicts.get('replay-more')!.verdict).toBe('undecided');
});

it('tables and figures show the same losses, and leave out what failed', async () => {
  const paper = await paperIn(folder(), 'quick');
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

it('text of one kind cannot shift, and folders of one name stay apart', async () => {
  const directory = folder();
  const [prose] = writeDomains(directory);
  const args = ['reproduce', 'shifting-versions', '--quick', '--list'];
  const one = await branchline(directory, ...args, '--data', 'prose');
  expect(one.code).toBe(2);
  expect(one.stderr).toMatch(/text of two kinds[\s\S]*--data books --data letters/);

  const runs = join(directory, 'runs');
  const twice = await paperOf('shifting-versions', { size: 'quick', sources: [prose!, prose!], runs });
  expect(twice.setting).toContain('in this order: prose, prose 2.');
});
