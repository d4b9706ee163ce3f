/**
 * The experiments of the curriculum paper on the quadratic trainer: they do what their names say, and tables and
 * figures include all of them.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { folder } from '@branchline/api/test/corpus.js';
import type { Results } from '@branchline/evaluation';
import { curriculum, verdictsOf } from '@branchline/reproductions';
import { expect, inject, it } from 'vitest';
import { checkReproduction, gatherFacts } from '../src/reproduce/bench.js';

const { curriculumPaper, ORDERS, PHASES, SWITCHING, writeLetters } = curriculum;

it.runIf(inject('full'))(
  'on the quadratic, everything is trained, judged, tabulated and drawn',
  async () => {
    const directory = folder();
    const letters = join(directory, 'letters');
    mkdirSync(letters);
    await writeLetters(letters);
    const text = { sources: [{ files: letters, corrupt: { share: [0, 1] as [number, number] } }] };
    const paper = curriculumPaper('full', { text, letters: text, cache: join(directory, '.data') });
    const theory = { ...paper, experiments: paper.experiments.filter(({ name }) => name.startsWith('theory-')) };
    const { facts, failures } = await gatherFacts(await checkReproduction(theory, { directory, seeds: 2 }), directory);
    expect(failures).toEqual([]);

    const releases = (experiment: string, name: string) =>
      (facts.results[experiment] as Results).strategies.find((one) => one.name === name)!.releases;
    const lossOf = (experiment: string, name: string) => releases(experiment, name).at(-1)!.loss;
    // All orders give different results: what comes last is learned best.
    const losses = Object.fromEntries(ORDERS.map((order) => [order, lossOf('theory-orders', `${order}, constant`)]));
    expect(new Set(Object.values(losses)).size).toBe(ORDERS.length);
    expect(losses.ascending).toBeLessThan(losses['folded ascending']!);
    expect(losses.descending).toBeGreaterThan(losses['folded descending']!);

    // The main path under the last branch is sorted; the branch is not.
    const digests = (name: string) => releases('theory-switching', name).map(({ weightsDigest }) => weightsDigest);
    const [sorted, before] = [digests(SWITCHING.sorted), digests(SWITCHING.sortedBefore)];
    expect(before.slice(0, 3)).toEqual(sorted.slice(0, 3));
    expect(before[3]).not.toBe(sorted[3]);
    expect(before[3]).not.toBe(digests(SWITCHING.baseline)[3]);
    const phases = Object.values(PHASES).map((name) => lossOf('theory-phases', name));
    expect(new Set(phases).size).toBe(phases.length);

    const own = paper.claims.filter(({ id }) => id.startsWith('theory-'));
    for (const { effect, seeds } of verdictsOf(own, facts)) {
      expect(effect).not.toBeNull();
      expect(seeds).toEqual([1, 2]);
    }
    const rows = paper.tables(facts).flatMap((table) => table.rows.map((row) => row.join(' | ')));
    for (const strategy of Object.values(SWITCHING)) expect(rows.some((row) => row.startsWith(strategy))).toBe(true);
    expect(rows.join('\n')).not.toMatch(/NaN|undefined/);
    const figures = paper.figures!(facts);
    expect(figures.map(({ id }) => id)).toEqual([
      ...['theory-end-rates', 'theory-decay-lengths', 'theory-averages', 'theory-orders', 'theory-switching'],
    ]);
    for (const figure of figures) {
      if (figure.kind !== 'lines') continue;
      for (const { points } of figure.panels.flatMap(({ series }) => series)) {
        expect(points.length).toBeGreaterThan(3);
        const at = points.map(({ x }) => x);
        expect(at).toEqual([...at].sort((a, b) => a - b));
      }
    }
  },
  120_000,
);
