/** A grid of runs for the learning rate: one stable run for all horizons, and a law from its losses. */
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import {
  BranchlineError,
  bench,
  fromScratch,
  learningRate,
  planRateGrid,
  predictRate,
  quadratic,
  type RateGrid,
  trainRateGrid,
} from '../src/index.js';
import { folder, TINY, writeTexts } from './corpus.js';

const EXPERIMENT = {
  model: { layers: 1, width: 16, heads: 2, context: 32 },
  data: { sources: ['texts'], versions: { by: 'random' as const, count: 3, tokens: 2048 }, heldOut: 0.1 },
  training: { batch: 4, lr: { warmup: 3, minRatio: 0.1 } },
  trainer: quadratic({ condition: 30, drift: 0, variance: { clean: 4, corrupt: 4 } }),
  strategies: { scratch: [fromScratch()] },
};

const GRID: RateGrid = { rates: [0.06, 0.12, 0.24, 0.48, 0.96], horizons: [40, 80, 160], cooldown: 0.25 };

function place(count = 120) {
  const directory = folder();
  writeTexts(directory, count);
  return { runs: join(directory, 'runs'), directory, name: 'tiny' };
}

const failure = async (work: Promise<unknown>): Promise<BranchlineError> => {
  const error: unknown = await work.catch((thrown: unknown) => thrown);
  if (error instanceof BranchlineError) return error;
  throw new Error(`no BranchlineError: ${String(error)}`);
};

it('trains one stable run for all horizons of a rate, and says what that saves', async () => {
  const { cost, missingSteps, sizes } = await planRateGrid(EXPERIMENT, GRID, place());
  const rates = GRID.rates!.length;
  // Each alone: all horizons. Together: the stable run until the longest decay, and every decay.
  expect(cost.separate.steps).toBe(rates * (40 + 80 + 160));
  expect(cost.shared.steps).toBe(rates * (120 + 10 + 20 + 40));
  expect(missingSteps).toBe(cost.shared.steps);
  expect(sizes.map(({ name }) => name)).toEqual(['16x1']);
});

it('fits a law that a plugin uses; a second call costs nothing, and a longer horizon its own steps', async () => {
  const options = place();
  const run = await trainRateGrid(EXPERIMENT, GRID, options);
  expect(run.cost.actual.steps).toBe(run.cost.shared.steps);
  expect(run.cost.added).toEqual(run.cost.actual);
  expect(run.fit.conditions).toEqual({ batch: 128, cooldown: 0.25, curve: '1-sqrt', minRatio: 0.1 });
  expect(run.fit.cells.map(({ none }) => none)).toEqual([null, null, null]);
  expect(run.fit.law!.exponents.tokens).toBeLessThan(0);

  const again = await trainRateGrid(EXPERIMENT, GRID, options);
  expect(again.fit).toEqual(run.fit);
  expect(again.cost.added).toEqual({ steps: 0, tokens: 0, flops: 0, deviceSeconds: 0 });

  const longer = await trainRateGrid(EXPERIMENT, { ...GRID, horizons: [...GRID.horizons, 240] }, options);
  // From the end of the stable run at 120 steps to 180, and a decay over 60.
  expect(longer.cost.added.steps).toBe(GRID.rates!.length * (60 + 60));
  expect(longer.fit.cells.slice(0, 3)).toEqual(run.fit.cells);

  // The file is relative to the experiment, not to the working directory.
  writeFileSync(join(options.directory, 'fit.json'), JSON.stringify(run));
  const versions = { by: 'random' as const, count: 2, tokens: 80 * 128 };
  const { results } = await bench(
    {
      ...EXPERIMENT,
      data: { ...EXPERIMENT.data, versions },
      strategies: {
        fitted: [fromScratch({ schedule: { kind: 'stable-decay', decay: 0.25 } }), learningRate({ fit: './fit.json' })],
      },
    },
    options,
  );
  const [size] = run.sizes;
  const peak = (tokens: number) =>
    predictRate(run.fit, { parameters: size!.parameters, tokens, batch: 128, cooldown: 0.25 }).rate;
  const [first, second] = results.strategies[0]!.paths.map(({ rate }) => Math.max(...rate.map(([, value]) => value)));
  expect(first! / peak(80 * 128)).toBeCloseTo(1, 3);
  expect(second! / peak(160 * 128)).toBeCloseTo(1, 3);
});

it('resumes after an interruption, and ends in the same losses', async () => {
  const [straight, interrupted] = [place(), place()];
  const controller = new AbortController();
  let steps = 0;
  const stopped = trainRateGrid(EXPERIMENT, GRID, {
    ...interrupted,
    signal: controller.signal,
    onEvent: ({ type }) => type === 'step' && ++steps === 100 && controller.abort(),
  });
  expect((await failure(stopped)).code).toBe('interrupted');
  const { fit } = await trainRateGrid(EXPERIMENT, GRID, interrupted);
  expect(fit).toEqual((await trainRateGrid(EXPERIMENT, GRID, straight)).fit);
});

it('counts a run that diverged as one without a loss', async () => {
  const rates = [0.06, 0.12, 0.24, 1e12];
  const { fit } = await trainRateGrid(EXPERIMENT, { ...GRID, rates }, place());
  expect(fit.cells[0]!.rates.map(({ loss }) => loss === null)).toEqual([false, false, false, true]);
});

it('trains the embedded decoder at two sizes, with seeds, in seconds', async () => {
  const { strategies: _, trainer: __, ...experiment } = EXPERIMENT;
  const options = place();
  const run = await trainRateGrid(
    { ...experiment, ...TINY, training: EXPERIMENT.training, seeds: 2, strategies: {} },
    {
      rates: [0.004, 0.016, 0.064],
      horizons: [16, 32],
      sizes: [
        { width: 8, layers: 1 },
        { width: 16, layers: 1 },
      ],
    },
    options,
  );
  expect(readdirSync(join(options.runs, 'tiny-lr')).sort()).toEqual(['.data', '16x1', '8x1']);
  expect(run.fit.cells).toHaveLength(4);
  expect(run.fit.cells.every(({ rates }) => rates.every(({ losses }) => losses.length === 2))).toBe(true);
  expect(run.fit.seeds).toEqual([1, 2]);
  expect(run.cost.actual.steps).toBe(run.cost.shared.steps);
}, 60_000);

it('reports all mistakes of grid and experiment at once, with their places', async () => {
  const grid = { rates: [0.1, 0.1], horizons: [10, 2.5], sizes: [{ width: 9, layers: 1 }], cooldown: 1, tries: 3 };
  const wrong = { ...EXPERIMENT, training: { batch: 0 }, data: { sources: ['nowhere'] } };
  const { code, problems } = await failure(trainRateGrid(wrong, grid, place()));
  expect(code).toBe('config');
  expect(problems.map(({ configPath }) => configPath)).toEqual(
    expect.arrayContaining(['training.batch', 'grid.rates', 'grid.horizons[1]', 'grid.cooldown', 'grid.tries']),
  );
  const short = await failure(trainRateGrid(EXPERIMENT, { horizons: [4], sizes: [{ width: 20, layers: 1 }] }, place()));
  expect(short.problems.map(({ configPath, message }) => `${configPath}: ${message}`)).toEqual([
    'grid.horizons[0]: 4 steps are too few for a warm-up of 3 steps, stable steps and a decay over 1',
    "grid.sizes[0]: width 20 is no multiple of the size of the experiment's heads, 8",
  ]);
  const sizes = [
    { width: 16, layers: 1 },
    { width: 16, layers: 1, heads: 4 },
  ];
  expect((await failure(trainRateGrid(EXPERIMENT, { ...GRID, sizes }, place()))).message).toContain(
    'grid.sizes[1]: has as many parameters as grid.sizes[0]',
  );
  const start = { ...EXPERIMENT, model: { from: './llama' } };
  expect((await failure(trainRateGrid(start, GRID, place()))).problems.map(({ configPath }) => configPath)).toContain(
    'model.from',
  );
});

it('warns where a horizon repeats the text', async () => {
  const { warnings } = await trainRateGrid(EXPERIMENT, GRID, place(20));
  expect(warnings).toEqual([
    expect.stringMatching(/^16x1: the text is enough for \d+ steps, and longer horizons repeat it/),
  ]);
});
