/** Claims, tables, figures and the follow-up of the learning-rate paper, on losses that are known. */

import type { Results } from '@branchline/evaluation';
import { expect, it } from 'vitest';
import type { Facts } from '../paper/definition.js';
import type { PaperExperiment } from '../paper/experiment.js';
import { trainAll, withOnly } from '../paper/reproduce.js';
import { verdictsOf } from '../paper/verdicts.js';
import { sharedTokens } from './measures.js';
import { EXPERTS, FITTED, gridName, PREDICTION, runName, TARGET } from './names.js';
import { learningRatePaper } from './paper.js';
import { type Arm, SCALES, type Scale, type SizeGrid, TOKENS } from './scale.js';

const mixture: Arm = {
  prefix: EXPERTS,
  experts: { count: 4, active: 2 },
  fit: SCALES.full.fit.map((grid) => ({ ...grid, horizons: [200, 400] })),
  target: { ...SCALES.full.target, horizons: [200, 400, 800] },
  seeds: 4,
};
const scale: Scale = { ...SCALES.full, mixture };
const paper = learningRatePaper('full', { sources: ['texts'] }, scale);
const SEEDS = [1, 2, 3];
const CURVATURE = 0.08;

/** Twelve times the square of the width for each layer: the size of a decoder, near enough. */
const parametersOf = ({ width, layers }: SizeGrid) => 12 * width ** 2 * layers;
const lossFloor = (tokens: number) => 1 + 60 * tokens ** -0.35;

/** How the best rate and the losses depend on size, tokens and seed. */
interface World {
  readonly exponents: readonly [size: number, tokens: number];
  /** Factor of the best rate outside of the fit. */
  readonly outside?: number;
  /** What the loss of an experiment has in addition. */
  readonly shift?: (experiment: string) => number;
}

const bestRate = ({ exponents: [a, b], outside = 1 }: World, grid: SizeGrid, tokens: number) =>
  0.0105 * (parametersOf(grid) / 38_400) ** a * (tokens / (400 * TOKENS)) ** b * (grid === scale.target ? outside : 1);

/** A seed shifts all losses, and the best rate of each by a percent or so. */
function lossOf(world: World, grid: SizeGrid, steps: number, rate: number, seed: number): number {
  const tokens = steps * TOKENS;
  const distance = Math.log(rate / bestRate(world, grid, tokens)) + 0.01 * (seed - 2);
  return lossFloor(tokens) + CURVATURE * distance ** 2 + 0.02 * seed;
}

interface Run {
  readonly name: string;
  readonly steps: number;
  readonly rate: number;
}

function resultsOf(world: World, grid: SizeGrid, runs: readonly Run[], shift = 0): Results {
  const strategies = runs.flatMap(({ name, steps, rate }) =>
    SEEDS.map((seed) => ({
      name,
      seed,
      releases: [{ version: 1, loss: shift + lossOf(world, grid, steps, rate, seed) }],
    })),
  );
  const model = { parameters: 0, nonEmbeddingParameters: parametersOf(grid), flopsPerToken: 1 };
  const graph = { tokensTrained: sharedTokens(grid, SEEDS.length), tokensStandalone: 2e9 };
  const optimizer = { weightDecay: 0.1, epsilon: 1e-8, beta1: 0.9, beta2: 0.95 };
  const training = { lr: { minRatio: 0.01 }, optimizer };
  return {
    ...{ seeds: SEEDS, strategies, model, graph, training, comparison: null, failures: [] },
    data: { versions: [{ index: 1 }] },
  } as unknown as Results;
}

const runsOf = ({ rates, horizons }: SizeGrid): readonly Run[] =>
  rates.flatMap((rate) => horizons.map((steps) => ({ name: runName(rate, steps), steps, rate })));

/** Trains the paper in a world. */
async function factsOf(world: World, reproduction = paper, seen: PaperExperiment[] = []): Promise<Facts> {
  const grids = new Map<string, SizeGrid>([
    ...scale.fit.map((grid) => [gridName(grid), grid] as const),
    [TARGET, scale.target],
    ...mixture.fit.map((grid) => [gridName(grid, EXPERTS), grid] as const),
    [`${EXPERTS}${TARGET}`, mixture.target],
  ]);
  const trained = await trainAll(
    reproduction.experiments,
    async (experiment) => {
      const { name, strategies } = experiment;
      seen.push(experiment);
      const grid = grids.get(name);
      if (grid !== undefined) return { results: resultsOf(world, grid, runsOf(grid)), failures: [] };
      const [place, steps] = name.startsWith(EXPERTS) ? [mixture.target, 800] : [scale.target, 1600];
      const runs = Object.entries(strategies).map(([strategy, use]) => ({
        name: strategy,
        steps,
        rate: 'overrides' in use ? use.overrides['lr.peak']! : Number.NaN,
      }));
      return { results: resultsOf(world, place, runs, world.shift?.(name)), failures: [] };
    },
    { followUps: reproduction.followUps ?? {} },
  );
  return { plans: {}, results: trained.results };
}

const LAWFUL: World = {
  exponents: [-0.35, -0.1],
  shift: (name) => (name.startsWith('transfer-') ? 0.05 : 0),
};

it('all claims hold where losses are parabolas and best rates a power law', async () => {
  const facts = await factsOf(LAWFUL);
  const verdicts = verdictsOf(paper.claims, facts);
  expect(verdicts.filter(({ verdict }) => verdict !== 'holds')).toEqual([]);
  const effectOf = (id: string) => verdicts.find((one) => one.id === id)!.effect!;
  expect(effectOf('law-parameters')).toBeCloseTo(-0.35, 6);
  expect(effectOf('law-tokens')).toBeCloseTo(-0.1, 6);
  expect(effectOf('prediction-rate')).toBeCloseTo(0, 6);
  expect(effectOf('loss-law')).toBeCloseTo(0, 4);
  // 3 sizes x 3 horizons and 4 horizons of the target.
  expect(effectOf('quadratic-inside')).toBe(13);

  const tables = paper.tables(facts);
  expect(tables.flatMap(({ head, rows }) => rows.map((row) => row.length === head.length))).not.toContain(false);
  const [, law, prediction, , transfers, modules] = tables;
  expect(transfers!.rows.map(([name]) => name)).toEqual([
    ...[FITTED, 'mup from 40x2', 'completed-p from 40x2', 'mup from 16x2'],
  ]);
  expect(modules!.rows.map((row) => row.at(-1)!.slice(0, 2))).toEqual(['x1', 'x1', 'x1', 'x1', '1.']);
  expect(law!.rows[0]!.slice(2, 5)).toEqual(['-0.350', '[-0.355, -0.345]', '-0.100']);
  // 0.0105 at 40x2 and 400 steps; 56x2 is 1.96 times the size, 1600 steps four times the tokens.
  expect(prediction!.rows[0]!.slice(0, 3)).toEqual([FITTED, '0.00722', '1.00']);
  expect(paper.figures!(facts).map(({ id }) => id)).toEqual(['law', 'valleys', 'loss', 'experts-law']);
});

it('a law that bends outside of the fit fails the prediction, and its regret is that of the parabola', async () => {
  const facts = await factsOf({ ...LAWFUL, outside: 0.6 });
  const verdicts = new Map(verdictsOf(paper.claims, facts).map((one) => [one.id, one]));
  const rate = verdicts.get('prediction-rate')!;
  expect(rate).toMatchObject({ verdict: 'fails', seeds: SEEDS });
  expect(rate.effect).toBeCloseTo(-Math.log(0.6), 6);
  const lowest = lossFloor(1600 * TOKENS) + 0.04;
  const share = (CURVATURE * Math.log(0.6) ** 2) / lowest;
  for (const [id, expected] of [
    ['prediction-regret', Math.sqrt(share)],
    ['prediction-trained', share],
  ] as const) {
    const regret = verdicts.get(id)!;
    expect(regret.verdict).toBe('fails');
    expect(regret.effect).toBeCloseTo(expected, 3);
  }
  expect(verdicts.get('prediction-trained')!.reason).toMatch(/lies above 0\.0050/);
  expect(verdicts.get('law')!.verdict).toBe('holds');
});

it('rates that rise fail the claims that they fall, and a best rate at the edge is counted', async () => {
  const verdicts = new Map(
    verdictsOf(paper.claims, await factsOf({ exponents: [0.1, 0.2] })).map((one) => [one.id, one]),
  );
  expect(verdicts.get('law-parameters')!.verdict).toBe('fails');
  expect(verdicts.get('law-tokens')!.verdict).toBe('fails');
  const far = verdictsOf(paper.claims, await factsOf({ ...LAWFUL, outside: 5 }));
  expect(far.find(({ id }) => id === 'quadratic-inside')).toMatchObject({ verdict: 'fails', effect: 9 });
  expect(far.find(({ id }) => id === 'prediction-rate')).toMatchObject({
    verdict: 'undecided',
    reason: 'the results do not determine it',
  });
});

it('the prediction trains what the law says, and --only adds the grids that it needs', async () => {
  const only = withOnly(paper, [PREDICTION]);
  expect(only.experiments.map(({ name }) => name)).toEqual([
    ...['grid-16x2', 'grid-24x2', 'grid-40x2', 'target', 'prediction'],
  ]);
  const modules = withOnly(paper, ['modules-target']);
  expect(modules.experiments).toHaveLength(5 + 9 + 1);
  expect(modules.claims.map(({ id }) => id)).toContain('modules');
  const fit = withOnly(paper, ['grid-16x2', 'grid-24x2', 'grid-40x2']);
  expect(fit.claims.map(({ id }) => id)).toEqual(['law', 'law-parameters', 'law-tokens']);
  const facts = await factsOf(LAWFUL, fit);
  expect(verdictsOf(fit.claims, facts).map(({ verdict }) => verdict)).toEqual(['holds', 'holds', 'holds']);
  expect(fit.tables(facts)).toHaveLength(2);
  expect(fit.figures!(facts)).toEqual([]);

  const none = { exponents: [2, 0] } as const;
  await expect(factsOf(none)).rejects.toThrow('the grids have too few optima for a law');
});

it('mixtures of experts have the same claims but for costs, as a family of their own', () => {
  const of = (prefix: string) =>
    paper.claims.filter(({ id }) => id.startsWith(prefix)).map(({ id }) => id.slice(prefix.length));
  const dense = of('').filter((id) => !/^(experts|transfer)-|^modules$|^cost$|^loss-law$/.test(id));
  expect(of(EXPERTS)).toEqual(dense);
  const experts = paper.experiments.filter(({ name }) => name.startsWith(EXPERTS));
  expect(experts.map(({ model }) => model.experts)).toEqual(Array(5).fill({ count: 4, active: 2 }));
  expect(withOnly(paper, [`${EXPERTS}prediction`]).experiments).toEqual(experts);
});

it('a transfer changes what its rule says, from the best rate of the small size', async () => {
  const seen: PaperExperiment[] = [];
  await factsOf(LAWFUL, paper, seen);
  const { model, training, strategies } = seen.find(({ name }) => name === 'transfer-mup-40x2')!;
  // 56 over 40; twice the steps.
  const [width, tokens] = [1.4, 2];
  expect(model).toMatchObject({ width: 56, heads: 7, init: { embedding: 0.1, output: 0.1 } });
  expect(model.init!.hidden).toBeCloseTo(0.1 / Math.sqrt(width), 6);
  expect(model.init!.residual).toBeCloseTo(0.05 / Math.sqrt(width), 6);
  expect(model.multipliers!.output).toBeCloseTo(1 / width, 6);
  expect(training!.optimizer!.groups!.hidden!.rate).toBeCloseTo(1 / width, 5);
  expect(training!.optimizer!.weightDecay).toBeCloseTo(0.1 * tokens ** 0.32, 5);
  const [run] = Object.values(strategies);
  const peak = run !== undefined && 'overrides' in run ? run.overrides['lr.peak']! : Number.NaN;
  const best = bestRate(LAWFUL, scale.fit[2]!, 800 * TOKENS);
  expect(peak / (best * tokens ** -0.32)).toBeCloseTo(1, 3);
});

it('factors of modules are the lowest points of parabolas, and are trained together', async () => {
  const seen: PaperExperiment[] = [];
  // Hidden matrices are better at a third of the rate, the output at a rate above: parabolas in log3 of the factor.
  const parabola = (at: number, best: number) => 0.1 * (at - best) ** 2;
  const shifts: Readonly<Record<string, number>> = {
    'modules-hidden-lower': parabola(-1, -2) - parabola(0, -2),
    'modules-hidden-higher': parabola(1, -2) - parabola(0, -2),
    'modules-output-lower': parabola(-1, 0.5) - parabola(0, 0.5),
    'modules-output-higher': parabola(1, 0.5) - parabola(0, 0.5),
    'modules-target': -0.05,
  };
  const facts = await factsOf({ ...LAWFUL, shift: (name) => shifts[name] ?? 0 }, paper, seen);
  const { groups } = seen.find(({ name }) => name === 'modules-target')!.training!.optimizer!;
  const found = Object.fromEntries(Object.entries(groups!).map(([name, { rate }]) => [name, rate!.toFixed(4)]));
  const one = '1.0000';
  expect(found).toEqual({ embedding: one, hidden: '0.3333', norm: one, outputNorm: one, output: '1.7321' });
  // 0.05 of a loss of about 1.5 is more than one percent.
  expect(verdictsOf(paper.claims, facts).find(({ id }) => id === 'modules')!.verdict).toBe('fails');
});
