/** Claims, tables, figures and the follow-up of the learning-rate paper, on losses that are known. */

import type { Results } from '@branchline/evaluation';
import { expect, it } from 'vitest';
import type { Facts } from '../paper/definition.js';
import { trainAll, withOnly } from '../paper/reproduce.js';
import { verdictsOf } from '../paper/verdicts.js';
import { sharedTokens } from './measures.js';
import { FITTED, gridName, PREDICTION, runName, TARGET } from './names.js';
import { learningRatePaper } from './paper.js';
import { SCALES, type SizeGrid, TOKENS } from './scale.js';

const scale = SCALES.full;
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

function resultsOf(world: World, grid: SizeGrid, runs: readonly Run[]): Results {
  const strategies = runs.flatMap(({ name, steps, rate }) =>
    SEEDS.map((seed) => ({ name, seed, releases: [{ version: 1, loss: lossOf(world, grid, steps, rate, seed) }] })),
  );
  const model = { parameters: 0, nonEmbeddingParameters: parametersOf(grid), flopsPerToken: 1 };
  const graph = { tokensTrained: sharedTokens(grid, SEEDS.length), tokensStandalone: 2e9 };
  const training = { lr: { minRatio: 0.01 } };
  return {
    ...{ seeds: SEEDS, strategies, model, graph, training, comparison: null, failures: [] },
    data: { versions: [{ index: 1 }] },
  } as unknown as Results;
}

const runsOf = ({ rates, horizons }: SizeGrid): readonly Run[] =>
  rates.flatMap((rate) => horizons.map((steps) => ({ name: runName(rate, steps), steps, rate })));

/** Trains the paper in a world. */
async function factsOf(world: World, reproduction = paper): Promise<Facts> {
  const grids = new Map<string, SizeGrid>([
    ...scale.fit.map((grid) => [gridName(grid), grid] as const),
    [TARGET, scale.target],
  ]);
  const trained = await trainAll(
    reproduction.experiments,
    async ({ name, strategies }) => {
      const grid = grids.get(name);
      if (grid !== undefined) return { results: resultsOf(world, grid, runsOf(grid)), failures: [] };
      const runs = Object.entries(strategies).map(([strategy, use]) => ({
        name: strategy,
        steps: 1600,
        rate: 'overrides' in use ? use.overrides['lr.peak']! : Number.NaN,
      }));
      return { results: resultsOf(world, scale.target, runs), failures: [] };
    },
    { followUps: reproduction.followUps ?? {} },
  );
  return { plans: {}, results: trained.results };
}

const LAWFUL: World = { exponents: [-0.35, -0.1] };

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
  const [, law, prediction] = tables;
  expect(law!.rows[0]!.slice(2, 5)).toEqual(['-0.350', '[-0.355, -0.345]', '-0.100']);
  // 0.0105 at 40x2 and 400 steps; 56x2 is 1.96 times the size, 1600 steps four times the tokens.
  expect(prediction!.rows[0]!.slice(0, 3)).toEqual([FITTED, '0.00722', '1.00']);
  expect(paper.figures!(facts).map(({ id }) => id)).toEqual(['law', 'valleys', 'loss']);
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
  expect(only.experiments.map(({ name }) => name)).toEqual(paper.experiments.map(({ name }) => name));
  const fit = withOnly(paper, ['grid-16x2', 'grid-24x2', 'grid-40x2']);
  expect(fit.claims.map(({ id }) => id)).toEqual(['law', 'law-parameters', 'law-tokens']);
  const facts = await factsOf(LAWFUL, fit);
  expect(verdictsOf(fit.claims, facts).map(({ verdict }) => verdict)).toEqual(['holds', 'holds', 'holds']);
  expect(fit.tables(facts)).toHaveLength(2);
  expect(fit.figures!(facts)).toEqual([]);

  const none = { exponents: [2, 0] } as const;
  await expect(factsOf(none)).rejects.toThrow('the grids have too few optima for a law');
});
