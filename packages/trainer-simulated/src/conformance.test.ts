import { BranchlineError, constant, definePlugin, linear } from '@branchline/core';
import { checkResume, createTrainerTester, syntheticData } from '@branchline/testing';
import { describe, expect, it } from 'vitest';
import type { LossLaw } from './law/law.js';
import { simulated } from './trainer.js';

const LAW: LossLaw = {
  format: 1,
  form: 'sublinear-annealing',
  constants: { L0: 0.4, A: 0.5, alpha: 0.4, C: 0.5, lambda: 0.9, power: 0.7 },
  warmup: 'actual',
  fitted: {
    curves: ['a', 'b'],
    peaks: [0.01, 0.02],
    steps: [100, 100],
    errors: { mean: 0.001, max: 0.01, end: 0.002, p95: 0.004, points: 200 },
  },
};
const data = syntheticData();
const model = { spec: { simulated: true }, parameters: 1, context: data.context, flopsPerToken: 6 };
const trainer = () => simulated({ law: LAW }).create({ model, optimizer: {} as never, data });

/** What the kit checks and a law has no answer to: loss weights, and averages. */
const NOT_COVERED = [
  'applies the loss weights of sequences',
  'combines checkpoints in weighted sums',
  'resumes after a stop or crash in a run',
];

describe('the conformance kit', () => {
  const { checks } = createTrainerTester(simulated({ law: LAW }), { model, data });

  it('has the checks that are left out', () => {
    const names = checks.map(({ name }) => name);
    expect(NOT_COVERED.filter((name) => !names.includes(name))).toEqual([]);
  });

  it.each(checks.filter(({ name }) => !NOT_COVERED.includes(name)).map(({ name, run }) => [name, run] as const))(
    '%s',
    async (_, run) => run(),
  );

  it('resumes after a stop or crash in a run without averages', async () => {
    const branching = definePlugin({
      name: 'branching',
      onVersion: () => ({
        ...{ steps: 5, lr: { schedule: constant(), warmup: 2 }, forks: ['branch'], release: { path: 'branch' } },
      }),
      onFork: { branch: () => ({ at: 3, steps: 3, lr: { schedule: linear() }, carry: { optimizer: false } }) },
    });
    const cuts = [
      { by: 'stop', after: 2 },
      { by: 'crash', after: 4 },
      { by: 'crash-in-save', after: 2 },
      { by: 'crash-in-evaluation', after: 1 },
    ] as const;
    await checkResume({ strategies: { branching: [branching()] }, data, model, trainer: await trainer(), cuts });
  });
});

describe('what no law covers', () => {
  it('is an average', async () => {
    const checkpoint = { key: 'x', step: 0, groups: [], read: async () => [] };
    const own = await trainer();
    const error = await own
      .combine([0.5, 0.5].map((weight) => ({ checkpoint, weight })))
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(BranchlineError);
    expect((error as BranchlineError).code).toBe('trainer');
    expect((error as BranchlineError).message).toContain('no loss law predicts the loss of an average');
  });

  it('is a rate far above those of the fit', async () => {
    const own = await trainer();
    const state = await own.initialize(1);
    const steps = own.train(state, { lr: Float64Array.of(0.3), sequences: [Uint32Array.of(1)] });
    await expect(steps.next()).rejects.toThrow(
      'a learning rate of 0.3 cannot be predicted: the law was fitted at peaks up to 0.02',
    );
    expect(state.step).toBe(0);
  });

  it('is a weight of a sequence', async () => {
    const own = await trainer();
    const batch = { lr: Float64Array.of(0.01), sequences: [Uint32Array.of(1, 2)] };
    const weighted = own.train(await own.initialize(1), { ...batch, weights: [Float32Array.of(1, 2)] });
    await expect(weighted.next()).rejects.toThrow('no loss law predicts what their weights change');
  });
});

describe('predicted losses', () => {
  it('begin at the loss of a uniform guess, and are those of the law', async () => {
    const own = await trainer();
    const state = await own.initialize(1);
    const losses: number[] = [];
    const lr = new Float64Array(50).fill(0.01);
    for await (const { loss } of own.train(state, { lr, sequences: Array.from(lr, () => Uint32Array.of(0)) }))
      losses.push(loss);
    expect(losses[0]).toBe(Math.log(data.vocabulary));
    expect(losses.at(-1)).toBeLessThan(losses[0]!);
    const parts = [1, 2].map((version) => ({ version, domain: 'text', sequences: Uint32Array.of(0, 1), bytes: 9 }));
    const results = await own.evaluate(state, { digest: '', parts });
    expect(new Set(results.map(({ nll, tokens }) => nll / tokens)).size).toBe(1);
  });

  it('are marked, with their interval', async () => {
    const own = await trainer();
    expect(own.describe()).toMatchObject({ predicted: { law: 'sublinear-annealing', interval: 0.004 } });
  });
});

describe('options', () => {
  const context = { model, optimizer: {} as never, data, directory: '/nowhere' };
  it.each([
    ['multi-power-10m', /no law is called "multi-power-10m"\. .*multi-power-100m/],
    [
      './law.json',
      /the law \/nowhere\/law\.json does not exist\. Write one: branchline fit-loss .* --out \.\/law\.json/,
    ],
    [{ ...LAW, form: 'cubic' } as never, /options\.law: is not a loss law: form/],
    [{ ...LAW, constants: { ...LAW.constants, lambda: 1 } } as never, /constants\.lambda/],
  ])('%j is refused', async (law, message) => {
    await expect(simulated({ law }).create(context)).rejects.toThrow(message);
  });

  it('take a published law by name', async () => {
    const own = await simulated({ law: 'multi-power-400m' }).create(context);
    expect(own.describe().engine).toBe('predicted by the law multi-power-400m');
  });
});
