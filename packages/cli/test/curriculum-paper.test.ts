/**
 * The experiments of the curriculum paper: on the quadratic they do what their names say, and tables and figures
 * include all of them; on text, orders rank all domains together and scores know the target.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { folder } from '@branchline/api/test/corpus.js';
import { RandomStream } from '@branchline/core';
import type { Results } from '@branchline/evaluation';
import { curriculum, type PaperExperiment, verdictsOf } from '@branchline/reproductions';
import { expect, inject, it } from 'vitest';
import { checkReproduction, gatherFacts, planAll } from '../src/reproduce/bench.js';

const { BASELINE, curriculumPaper, curriculumTexts, lettersIn, ORDERS, PHASES, selectedName, SWITCHING, writeLetters } =
  curriculum;

/** Texts of words of three kinds: the reference and the target share their letters, most of the pool has others. */
function writeTexts(directory: string) {
  const random = new RandomStream(1, 'curriculum');
  const words = (first: number) =>
    Array.from({ length: 170 }, () =>
      Array.from({ length: 2 + random.below(6) }, () => String.fromCharCode(first + random.below(13))).join(''),
    ).join(' ');
  const write = (name: string, counts: readonly (readonly [number, number])[]) => {
    mkdirSync(join(directory, name));
    for (const [first, count] of counts) {
      for (let index = 0; index < count; index++)
        writeFileSync(join(directory, name, `${first}-${index}`), words(first));
    }
    return [join(directory, name)];
  };
  const [LIKE, UNLIKE] = [97, 110];
  return {
    sources: write('pool', [
      [LIKE, 180],
      [UNLIKE, 720],
    ]),
    reference: write('reference', [[LIKE, 40]]),
    target: write('target', [[LIKE, 40]]),
  };
}

it('plans its experiments on own text, which a classifier scores', async () => {
  const directory = folder();
  const letters = join(directory, 'letters');
  await writeLetters(letters);
  const texts = curriculumTexts('quick', writeTexts(directory));
  const runs = join(directory, 'runs');
  const paper = curriculumPaper('quick', { texts, letters: lettersIn(letters), cache: join(runs, '.data') });
  // Every corpus takes seconds to prepare.
  const chosen = paper.experiments.filter(({ name }) => inject('full') || ['switching', 'selection'].includes(name));
  const planned = { ...paper, experiments: chosen };
  // Claims about strategies that an experiment does not have are refused.
  const plans = await planAll(await checkReproduction(planned, { directory, seeds: 1 }), 'experiments', runs);
  expect(Object.keys(plans)).toEqual(chosen.map(({ name }) => name));
  const { stepsOf } = plans.switching!;
  const cost = (name: string) => stepsOf[name]! / stepsOf[SWITCHING.scratch]!;
  expect(cost(SWITCHING.best)).toBeCloseTo(0.4, 2);
  expect(cost(SWITCHING.branchBest)).toBeCloseTo(0.58, 2);
  expect(cost(SWITCHING.together)).toBeCloseTo(1, 2);
  const { stepsOf: selected } = plans.selection!;
  expect(selected[selectedName(0.6, 'equal')]).toBe(selected[BASELINE]);
  expect(selected[selectedName(0.6, 'fewer')]! / selected[BASELINE]!).toBeCloseTo(0.4, 2);
}, 120_000);

it('needs all of --data, --reference and --target, or none', () => {
  const one = ['a'];
  expect(curriculum.ownText({ sources: undefined, reference: undefined, target: undefined })).toBeUndefined();
  expect(curriculum.ownText({ sources: one, reference: one, target: one })).toBeDefined();
  const text = curriculum.ownText;
  expect(() => text({ sources: one, reference: one, target: undefined })).toThrow('but --target is missing');
  expect(() => text({ sources: undefined, reference: one, target: undefined })).toThrow('--data and --target are');
});

it.runIf(inject('full'))(
  'on the quadratic, everything is trained, judged, tabulated and drawn',
  async () => {
    const directory = folder();
    const letters = join(directory, 'letters');
    await writeLetters(letters);
    const texts = curriculumTexts('full', { sources: [letters], reference: [letters], target: [letters] });
    const paper = curriculumPaper('full', { texts, letters: lettersIn(letters), cache: join(directory, '.data') });
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
    expect(losses[curriculum.FINISH]).toBeLessThan(losses.shuffled!);
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
      'theory-best-share',
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

it.runIf(inject('full'))(
  'tables and figures of the decoder have all experiments',
  async () => {
    const directory = folder();
    const letters = join(directory, 'letters');
    await writeLetters(letters);
    const runs = join(directory, 'runs');
    const input = { texts: curriculumTexts('quick', writeTexts(directory)), letters: lettersIn(letters) };
    const paper = curriculumPaper('quick', { ...input, cache: join(runs, '.data') });
    const decoder = paper.experiments.filter(({ name }) => !name.startsWith('theory-'));
    // A quadratic in place of the decoder: what is compared is the same, at a fraction of the time.
    const trainer = { trainer: 'quadratic', options: { drift: 0 } } as const;
    // A third of the steps: the paper's distances between checkpoints still are whole numbers of them.
    const short = (training: PaperExperiment['training']) => ({ ...training, batch: 3 * (training?.batch ?? 8) });
    const quickly = {
      ...paper,
      experiments: decoder.map((experiment) => ({ ...experiment, trainer, training: short(experiment.training) })),
    };
    const { facts, failures } = await gatherFacts(await checkReproduction(quickly, { directory, seeds: 1 }), runs);
    expect(failures).toEqual([]);

    const tables = paper.tables(facts);
    const text = JSON.stringify(tables);
    expect(text).not.toMatch(/NaN|undefined/);
    for (const { head, rows } of tables) for (const row of rows) expect(row).toHaveLength(head.length);
    const scores = tables.find(({ title }) => title.startsWith('Scores of what'))!;
    expect(scores.rows.map(([score, agreement]) => [score, agreement === '-'])).toEqual([
      ...[['classifier', false] as const, ['compression', false] as const, ['ngram', false] as const],
      ['known noise', true],
    ]);
    expect(paper.figures!(facts).map(({ id }) => id)).toEqual([
      ...['end-rates', 'decay-lengths', 'averages', 'orders', 'scores', 'switching', 'elsewhere', 'best-share'],
      'selection',
    ]);
    for (const { id, effect } of verdictsOf(paper.claims, facts)) {
      if (!id.startsWith('theory-')) expect(effect).not.toBeNull();
    }
  },
  240_000,
);
