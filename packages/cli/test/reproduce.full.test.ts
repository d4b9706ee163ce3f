/** Reproductions: their claims, the verdicts, and one from end to end on the quadratic trainer. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { folder } from '@branchline/api/test/corpus.js';
import { RandomStream } from '@branchline/core';
import type { DataConfig } from '@branchline/data';
import { PAPERS, paperOf, type Reproduction, reproductionMarkdown, verdictsOf } from '@branchline/reproductions';
import { expect, inject, it } from 'vitest';
import { checkReproduction, gatherFacts, planAll } from '../src/reproduce/bench.js';
import { reproductionText } from '../src/reproduce/show.js';
import { branchline } from './bin.js';

/** Almost a megabyte in texts of about a kilobyte: enough for the quick sizes. */
function writeText(directory: string): string {
  const random = new RandomStream(1, 'reproduce');
  mkdirSync(join(directory, 'texts'), { recursive: true });
  const word = () =>
    Array.from({ length: 2 + random.below(6) }, () => String.fromCharCode(97 + random.below(26))).join('');
  for (let index = 0; index < 900; index++) {
    writeFileSync(join(directory, 'texts', `${index}.txt`), Array.from({ length: 170 }, word).join(' '));
  }
  return join(directory, 'texts');
}

const idsOf = ({ claims }: Reproduction) => claims.map(({ id }) => id);

it.each(PAPERS)(
  '%s, at both sizes: claims are about what is there, and each has its words and its place',
  async (name) => {
    const directory = folder();
    const texts = writeText(directory);
    // Shifting text needs at least two paths, and the curriculum text that scores it and text of that kind.
    const sources = [texts, texts];
    const scored = name === 'curriculum' ? { reference: [texts], target: [texts] } : {};
    for (const size of ['quick', 'full'] as const) {
      const paper = await paperOf(name, { size, sources, ...scored, runs: join(directory, 'runs') });
      const checked = await checkReproduction(paper, { directory, seeds: undefined });
      // Sweeps of the learning-rate paper, which choose factors, and its mixtures of experts have fewer.
      const least = size === 'quick' ? 3 : name === 'learning-rate' ? 4 : 5;
      expect(checked.experiments.every(({ spec }) => spec.seeds.length >= least)).toBe(true);
      expect(new Set(idsOf(paper)).size).toBe(paper.claims.length);
      const judged = checked.experiments.flatMap(({ spec }) => spec.compare!.claims.map(({ id }) => id));
      const bySeeds = paper.claims.flatMap(({ id, test }) => (test.by === 'seeds' ? [id] : []));
      expect(judged.sort()).toEqual([...bySeeds].sort());
      for (const { claim, where, test } of paper.claims) {
        expect(claim).toMatch(/^[A-Z].*[^.]$/);
        expect(where).not.toBe('');
        if (test.by === 'parts') expect(bySeeds).toEqual(expect.arrayContaining([...test.parts]));
      }
    }
  },
);

it('the costs by versions are those of the formula, and the graph finds path switching', async () => {
  const directory = folder();
  const runs = join(directory, 'runs');
  const paper = await paperOf('path-switching', { size: 'quick', sources: [writeText(directory)], runs });
  const checked = await checkReproduction(paper, { directory, seeds: undefined });
  const facts = { plans: await planAll(checked, 'plans', runs), results: {} };
  const counted = paper.claims.filter(({ id, test }) => test.by === 'count' && id !== 'graph-releases');
  const verdicts = verdictsOf(counted, facts);
  expect(verdicts.map(({ verdict }) => verdict)).toEqual(counted.map(() => 'holds'));
  const effectOf = (id: string) => verdicts.find((one) => one.id === id)!.effect!;
  expect([2, 3, 4, 5, 6].map((count) => effectOf(`cost-${count}`).toFixed(3))).toEqual([
    ...['0.867', '0.700', '0.580', '0.493', '0.429'],
  ]);
  expect(effectOf('graph-cost')).toBe(5.8);
});

/** Versions of forty steps. */
const few = (data: DataConfig) => ({ ...data, versions: { ...data.versions, tokens: 40 * 8 * 64 } }) as DataConfig;

it.runIf(inject('full'))(
  'path switching from end to end, on a quadratic: what is counted holds, and a second start trains nothing',
  async () => {
    const directory = folder();
    const runs = join(directory, 'runs');
    const paper = await paperOf('path-switching', { size: 'quick', sources: [writeText(directory)], runs });
    const theory = {
      ...paper,
      experiments: paper.experiments.map((config) => ({
        ...config,
        data: few(config.data),
        trainer: { trainer: 'quadratic' as const, options: {} },
      })),
      // These have a separate test.
      plans: [],
      claims: paper.claims.filter(({ id, test }) => test.by !== 'count' || id === 'graph-releases'),
    };
    const checked = await checkReproduction(theory, { directory, seeds: 2 });
    const { facts, failures } = await gatherFacts(checked, runs);
    expect(failures).toEqual([]);
    const verdicts = verdictsOf(theory.claims, facts);
    expect(verdicts.find(({ id }) => id === 'graph-releases')).toMatchObject({ verdict: 'holds', effect: 0 });
    expect(verdicts.find(({ id }) => id === 'average-cost')).toMatchObject({ verdict: 'holds', seeds: [1, 2] });
    expect(verdicts.map(({ id }) => id)).toEqual(theory.claims.map(({ id }) => id));

    // Tables and figures use measurements and plans.
    const plans = await planAll(await checkReproduction(paper, { directory, seeds: 2 }), 'plans', runs);
    const all = { ...facts, plans };
    const tables = paper.tables(all);
    expect(tables.map(({ head, rows }) => rows.every((row) => row.length === head.length))).toEqual(
      tables.map(() => true),
    );
    expect(tables[0]!.rows.map(([, , ours]) => ours)).toEqual(['86.7%', '70.0%', '58.0%', '49.3%', '42.9%']);
    const [front, graph] = paper.figures!(all);
    const floor = front!.kind === 'cost-loss' ? Math.min(...front!.points.map(({ cost }) => cost)) : undefined;
    expect(floor).toBeCloseTo(0.4, 12);
    expect(graph).toMatchObject({ kind: 'graph', id: 'graph-finds-path-switching' });

    const shown = { reproduction: theory, tables: [], verdicts };
    expect(reproductionText(shown)).toMatch(/holds +graph-releases +0 +\[0, 0\] +-/);
    const markdown = reproductionMarkdown(shown, { command: 'branchline x', finishedAt: '2026-01-02T03:04:05Z' });
    expect(markdown).toContain('`branchline x`, finished 2026-01-02.');
    expect(markdown).toMatch(/^\| holds \| average-cost \| .* \| the step beyond \|$/m);

    const again = await gatherFacts(checked, runs);
    expect(again.facts.results.compared!.graph.tokensTrained).toBe(facts.results.compared!.graph.tokensTrained);
    expect(verdictsOf(theory.claims, again.facts)).toEqual(verdicts);
  },
  300_000,
);

it('the two phases of the curriculum, on the quadratic: text of known quality is written, and orders differ', async () => {
  const directory = folder();
  const runs = join(directory, 'runs');
  const texts = [writeText(directory)];
  const paper = await paperOf('curriculum', { size: 'quick', sources: texts, reference: texts, target: texts, runs });
  const phases = { ...paper, experiments: paper.experiments.filter(({ name }) => name === 'theory-phases') };
  const { facts } = await gatherFacts(await checkReproduction(phases, { directory, seeds: 2 }), runs);
  const losses = facts.results['theory-phases']!.strategies.map(({ releases }) => releases.at(-1)!.loss);
  expect(losses).toHaveLength(12);
  expect(new Set(losses).size).toBe(12);
  const of = paper.claims.filter(({ id }) => id.startsWith('theory-') && id.endsWith('phases'));
  expect(verdictsOf(of, facts)).toMatchObject([{ id: 'theory-both-phases', seeds: [1, 2] }]);
  expect(verdictsOf(of, facts)[0]!.effect).toBeLessThan(0);
  expect(paper.tables(facts).map(({ rows }) => rows.length)).toEqual([6]);
});

it('--list shows claims and time and trains nothing; errors are reported', async () => {
  const directory = folder();
  writeText(directory);
  const listed = await branchline(directory, 'reproduce', 'path-switching', '--quick', '--list', '--data', 'texts');
  expect(listed.code).toBe(0);
  // A claim continues on the next line of its column.
  expect(listed.stdout).toMatch(/cost-4 +With 4 versions path switching +abstract\n +costs 58\.0%/);
  expect(listed.stdout).toMatch(/tokens to train: about .* on two idle cores\.\n$/);
  expect(readdirSync(join(directory, 'runs', 'reproduce-path-switching-quick'))).toEqual(['.data']);

  const without = await branchline(directory, 'reproduce', 'path-switching', '--list');
  expect(without.code).toBe(2);
  expect(without.stderr).toContain('package-lock.json');
  expect((await branchline(directory, 'reproduce', 'nothing')).code).toBe(2);

  const curriculum = ['curriculum', '--list', '--data', 'texts'];
  const alone = await branchline(directory, 'reproduce', ...curriculum);
  expect(alone.code).toBe(2);
  expect(alone.stderr).toContain('your own text needs --data, --reference and --target');
  expect(alone.stderr).toContain('--reference and --target are missing');
  const other = await branchline(directory, 'reproduce', 'path-switching', '--list', '--target', 'texts');
  expect(other.code).toBe(2);
  expect(other.stderr).toContain('--target has no meaning for path-switching');
  const both = ['--list', '--out', 'a.md', '--data', 'texts', '--quick'];
  expect((await branchline(directory, 'reproduce', 'path-switching', ...both)).stderr).toContain('--out');
});
