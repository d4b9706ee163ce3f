/** Transfer of a tuned experiment to another size, batch and number of tokens. */
import { expect, it } from 'vitest';
import { checkExperiment } from '../src/config/check.js';
import { BranchlineError, type ExperimentConfig, fromScratch, transferExperiment } from '../src/index.js';
import { planRateGrid } from '../src/learning-rate/plan-grid.js';
import type { TransferExperimentOptions, TransferTarget } from '../src/learning-rate/transfer.js';
import { folder, writeTexts } from './corpus.js';

function place(): string {
  const directory = folder();
  writeTexts(directory, 4);
  return directory;
}

const EXPERIMENT: ExperimentConfig = {
  model: { layers: 2, width: 16, heads: 2, hidden: 40, context: 32, tieEmbeddings: false },
  data: { sources: ['texts'], versions: { by: 'random', count: 2, tokens: 4096 }, heldOut: 0.1 },
  training: { batch: 4, lr: { peak: 0.01, warmup: 8 }, optimizer: { beta1: 0.8 } },
  strategies: { scratch: [fromScratch()], other: ['from-scratch'] },
};

const move = (
  to: TransferTarget,
  options: Partial<TransferExperimentOptions> = {},
  experiment: ExperimentConfig = EXPERIMENT,
) => transferExperiment(experiment, to, { rule: 'completed-p', directory: place(), name: 'tiny', ...options });

const problemsOf = async (...args: Parameters<typeof move>) => {
  const error: unknown = await move(...args).catch((thrown: unknown) => thrown);
  if (error instanceof BranchlineError)
    return error.problems.map(({ configPath, message }) => `${configPath}: ${message}`);
  throw error;
};

it('writes a complete experiment that keeps what no rule touches', async () => {
  const { experiment, factors, base, target } = await move({ width: 64, layers: 8, batch: 8, tokens: 65_536 });
  expect([base, target]).toEqual([
    { width: 16, layers: 2, headSize: 8, batch: 4, tokens: 8192 },
    { width: 64, layers: 8, headSize: 8, batch: 8, tokens: 65_536 },
  ]);
  // r = sqrt(2 / 8).
  expect(experiment).toEqual({
    name: 'tiny-64x8',
    model: {
      ...{ layers: 8, width: 64, heads: 8, hidden: 160, context: 32, tieEmbeddings: false },
      // 0.005 is the default of residual matrices at eight layers.
      init: { hidden: 0.01, output: 0.005 },
      multipliers: { residual: 0.25 },
    },
    data: { sources: ['texts'], versions: { by: 'random', count: 2, tokens: 32_768 }, heldOut: 0.1 },
    training: {
      batch: 8,
      lr: { peak: 0.005, warmup: 32 },
      optimizer: {
        ...{ weightDecay: 0.05, epsilon: 2e-8, beta1: 0.95, beta2: 0.9875 },
        groups: {
          embedding: { epsilon: 0.25 },
          hidden: { rate: 0.25, weightDecay: 4, epsilon: 0.0625 },
          norm: { epsilon: 0.0625 },
          output: { rate: 0.25, weightDecay: 4 },
        },
      },
    },
    strategies: { scratch: ['from-scratch'], other: ['from-scratch'] },
  });
  expect(factors.find(({ of }) => of === 'peak rate')).toEqual({ of: 'peak rate', factor: 0.5, from: 0.01, to: 0.005 });
  const checked = await checkExperiment(experiment, { baseDirectory: place(), defaultName: '' });
  expect(checked.spec.optimizer.groups).toMatchObject({ hidden: { rate: 0.25 } });
});

it('continues from a transferred experiment', async () => {
  const middle = await move({ width: 64, layers: 4 });
  const end = await move({ layers: 8, batch: 8, tokens: 65_536 }, {}, middle.experiment as unknown as ExperimentConfig);
  const direct = await move({ width: 64, layers: 8, batch: 8, tokens: 65_536 });
  expect({ ...end.experiment, name: '' }).toEqual({ ...direct.experiment, name: '' });
});

it('moves a mixture of experts over its width, and refuses multipliers that it cannot have', async () => {
  const model = { layers: 2, width: 16, heads: 2, context: 32, tieEmbeddings: false, experts: { count: 4 } };
  const mixture: ExperimentConfig = { ...EXPERIMENT, model };
  const moved = await move({ width: 32 }, {}, mixture);
  expect(moved.experiment.training).toMatchObject({
    optimizer: { groups: { router: { rate: 0.5 }, expert: { rate: 0.5 }, output: { rate: 0.5 } } },
  });
  expect(await problemsOf({ layers: 4 }, {}, mixture)).toEqual([
    'rule: completed-p needs multipliers here (residual), which a mixture of experts cannot have',
  ]);
  const tied = { ...mixture, model: { ...model, tieEmbeddings: true } };
  expect(await problemsOf({ width: 32, layers: 4 }, {}, tied)).toEqual([
    'rule: completed-p needs multipliers here (residual, output), which a mixture of experts cannot have',
  ]);
});

it('reports all problems of experiment, target and rule', async () => {
  const wrong = {
    ...EXPERIMENT,
    data: { sources: ['texts'], versions: { by: 'random', count: 2 } },
    strategies: { a: { plugins: ['from-scratch'], overrides: { 'lr.peak': 0.1 } } },
  } as ExperimentConfig;
  expect(await problemsOf({ width: 20, layers: 1.5, batch: -1, tokens: 9e9 }, { baseTokens: 0 }, wrong)).toEqual([
    'to.layers: 1.5 is not a whole number above 0',
    'to.batch: -1 is not a whole number above 0',
    'strategies.a.overrides["lr.peak"]: an override decides the peak, and a transfer decides it too',
    'baseTokens: 0 is not a number above 0',
  ]);
  expect(await problemsOf({ width: 20, tokens: 9e9 }, {}, { ...wrong, strategies: EXPERIMENT.strategies })).toEqual([
    "to: width 20 is no multiple of the size of the experiment's heads, 8",
    'to.tokens: the tokens of the tuned run are not known',
  ]);
  expect(await problemsOf({ layers: 4, tokens: 9e9 }, { rule: 'mup' })).toEqual([
    'rule: mup cannot transfer this: it is a rule for the width, and the depth changes',
    expect.stringContaining('it says nothing about the tokens'),
  ]);
  expect(await problemsOf({})).toEqual(['to: names nothing that changes']);
  const own = { name: 'own', trainer: { name: 'own' } } as unknown as ExperimentConfig['trainer'];
  expect(await problemsOf({ width: 32 }, {}, { ...EXPERIMENT, trainer: own })).not.toEqual([]);
});

it('is needed for each size of a grid: factors of one size are not those of another', async () => {
  const { experiment } = await move({ width: 32 });
  const grid = { horizons: [40], rates: [1e-3, 2e-3, 4e-3], sizes: [{ width: 64, layers: 2 }] };
  const directory = place();
  const options = { directory, runs: `${directory}/runs`, name: 'tiny' };
  await expect(planRateGrid(experiment as unknown as ExperimentConfig, grid, options)).rejects.toThrow(
    /grid\.sizes\[0\]: the experiment has multipliers, deviations or factors of another size/,
  );
});
