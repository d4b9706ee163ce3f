import { DEFAULT_PRICES } from '@branchline/accounting';
import { BranchlineError } from '@branchline/core';
import { PUBLISHED_LAWS, predictCurve } from '@branchline/trainer-simulated';
import { describe, expect, it } from 'vitest';
import {
  continual,
  curriculum,
  fromScratch,
  learningRate,
  modelAveraging,
  parseScale,
  pathSwitching,
  planAtScale,
  replay,
  SCALE_CONSTANTS,
  type ScalePlan,
  type SourcedConstant,
  stableOnly,
} from '../src/index.js';

const problemsOf = (text: string) => {
  try {
    parseScale(text);
  } catch (error) {
    if (error instanceof BranchlineError) return error.problems.map(({ configPath }) => configPath);
    throw error;
  }
  return [];
};

describe('a scale', () => {
  it('is read with units, and with usual values for the rest', () => {
    expect(parseScale('model=70b, tokens=1.5T, versions=6, devices=1024xh100')).toEqual({
      ...{ parameters: 70e9, tokens: 1.5e12, versions: 6, warmup: 2000, utilization: 0.4 },
      devices: { count: 1024, name: 'h100' },
    });
    expect(parseScale('model=5e6,tokens=100M,batch=64k,warmup=0,utilization=0.55')).toMatchObject({
      ...{ parameters: 5e6, batch: 64_000, versions: 1, warmup: 0, utilization: 0.55 },
    });
  });

  it('that is wrong is refused with all problems', () => {
    expect(problemsOf('model=0,tokns=1T,versions=0,devices=h100,utilization=1.2,batch')).toEqual(
      ['tokns', 'batch', 'model', 'versions', 'devices', 'utilization', 'tokens'].map((key) => `--scale ${key}`),
    );
    expect(problemsOf('model=1b,tokens=1T,model=2b')).toEqual(['--scale model']);
    expect(problemsOf('')).toContain('--scale model');
  });
});

const strategies = {
  'from scratch': [fromScratch()],
  continual: [continual()],
  'path switching': [pathSwitching({ alpha: 0.6 })],
  average: [pathSwitching({ alpha: 0 }), modelAveraging()],
};

const costs = ({ strategies: planned }: ScalePlan) =>
  Object.fromEntries(planned.map(({ name, ratioToBaseline }) => [name, Number(ratioToBaseline.toFixed(4))]));

describe('a plan at scale', () => {
  it('has the costs of the paper, whatever the size', async () => {
    const experiment = { strategies } as never;
    const large = await planAtScale(experiment, 'model=70b,tokens=15T,versions=4,batch=16M,devices=1024xh100');
    expect(costs(large)).toEqual({ 'from scratch': 1, continual: 0.4, 'path switching': 0.58, average: 0.4 });
    // As path switching and its average share the main path, only the branches come on top of it.
    expect(large.together.tokens).toBeLessThan(large.strategies.reduce((sum, { cost }) => sum + cost.tokens, 0));
    const small = await planAtScale(experiment, 'model=1b,tokens=20B,versions=4,batch=1M');
    expect(costs(small)).toEqual(costs(large));
    expect(small.strategies[0]!.cost).toMatchObject({ seconds: null, deviceHours: null, money: null });
  });

  it('prices what it counts', async () => {
    const experiment = { strategies: { continual: [continual()] } } as never;
    const plan = await planAtScale(experiment, 'model=7b,tokens=2T,versions=2,batch=4M,devices=8xh100,utilization=0.5');
    const [{ cost, lastVersion }] = plan.strategies as [ScalePlan['strategies'][number]];
    expect(cost.tokens).toBe(2e12);
    expect(lastVersion.tokens).toBe(1e12);
    expect(cost.flops).toBe(6 * 7e9 * 2e12);
    expect(cost.seconds).toBeCloseTo((6 * 7e9 * 2e12) / (8 * 989.5e12 * 0.5), 0);
    expect(cost.deviceHours).toBeCloseTo((8 * cost.seconds!) / 3600, 3);
    expect(cost.money! / cost.deviceHours!).toBeGreaterThan(1);
    expect(plan.disk.end).toBe(2 * 12 * 7e9);
    expect(plan.assumptions.join('\n')).toMatch(/6 FLOPs per parameter.*arXiv 2001\.08361/);
  });

  it('predicts losses from the rates, where a law covers the strategy', async () => {
    const experiment = {
      training: { lr: { peak: 3e-4 } },
      strategies: { ...strategies, constant: [stableOnly()] },
    } as never;
    const scale = 'model=400M,tokens=12B,versions=2,batch=1M,warmup=0,law=multi-power-400m';
    const { strategies: planned, predicted } = await planAtScale(experiment, scale);
    expect(predicted!.interval).toBeGreaterThan(0);
    const of = (name: string) => planned.find((strategy) => strategy.name === name)!;
    const rates = new Float64Array(12_000).fill(3e-4);
    const [first, second] = predictCurve(PUBLISHED_LAWS.get('multi-power-400m')!, rates, [6000, 12_000]);
    expect(of('constant').loss).toBeCloseTo(second!, 10);
    expect(of('constant').meanLoss).toBeCloseTo((first! + second!) / 2, 10);
    expect(of('constant').lossInterval![1]).toBeCloseTo(second! * (1 + predicted!.interval), 10);
    expect(of('average')).toMatchObject({ loss: null, onFront: null, uncovered: ['averages of checkpoints'] });
    // A decay gains, so the branch ends lower than the constant rate, at a higher cost.
    expect(of('path switching').loss).toBeLessThan(of('constant').loss!);
    // Continual training decays at the cost of the constant rate.
    expect([of('constant').onFront, of('continual').onFront, of('path switching').onFront]).toEqual([
      false,
      true,
      true,
    ]);
    await expect(planAtScale(experiment, 'model=1b,tokens=8B,law=./none.json')).rejects.toThrow(
      'none.json does not exist',
    );
  });

  it('says why a law does not cover a strategy, and predicts no loss then', async () => {
    const uncovered = async (scale: string, plugins: readonly unknown[], peak = 3e-4) => {
      const experiment = { training: { lr: { peak } }, strategies: { one: plugins } } as never;
      const { strategies: planned } = await planAtScale(
        experiment,
        `model=400M,batch=1M,law=multi-power-400m,${scale}`,
      );
      return planned[0]!;
    };
    const usual = 'tokens=24B,versions=2';
    for (const [plugins, reason] of [
      [[continual(), replay()], 'replay'],
      [[continual({ optimizer: 'reset' })], 'moments that start at zero in trained weights'],
      [[pathSwitching(), curriculum()], 'an order of the data'],
    ] as const) {
      expect(await uncovered(usual, plugins)).toMatchObject({ loss: null, meanLoss: null, uncovered: [reason] });
    }
    expect((await uncovered(usual, [continual()], 2e-3)).uncovered).toEqual([
      'a peak rate of 0.002: the law was fitted at 0.0003',
    ]);
    const long = await uncovered('tokens=100B,versions=2', [continual()]);
    expect(long).toMatchObject({ loss: null, uncovered: ['more than 72000 steps: the longest fitted run has 24000'] });
    // The first release is too short for the law, the last one is not.
    const short = await uncovered('tokens=8B,versions=2', [continual()]);
    expect(short.loss).toBeGreaterThan(0);
    expect(short).toMatchObject({ meanLoss: null, uncovered: [expect.stringContaining('fewer than 5334 steps')] });
    expect(await uncovered(usual, [continual()])).toMatchObject({ uncovered: [] });
  });

  it('has versions of different sizes', async () => {
    const experiment = { strategies: { scratch: [fromScratch()], continual: [continual()] } } as never;
    const plan = await planAtScale(experiment, 'model=1b,tokens=10B+3B+2B,batch=1M');
    expect(plan.stepsOfVersions).toEqual([10_000, 3000, 2000]);
    expect(plan.strategies.map(({ cost }) => cost.steps)).toEqual([10_000 + 13_000 + 15_000, 15_000]);
    expect(problemsOf('model=1b,tokens=1B+2B,versions=3')).toEqual(['--scale versions']);
  });

  it('takes peak rates from a law of the plugin learning-rate', async () => {
    const from = { rate: 1e-3, parameters: 1e8, tokens: 1e9, batch: 1e6, cooldown: 1 };
    const byLaw = learningRate({ from, law: 'paper-c', extrapolate: true });
    const at = async (plugins: readonly unknown[]) => {
      const experiment = { training: { lr: { peak: 3e-4 } }, strategies: { one: plugins } } as never;
      return planAtScale(experiment, 'model=1b,tokens=24B,versions=1,batch=1M,law=multi-power-400m');
    };
    const peak = Number((1e-3 * 10 ** -0.2219 * 24 ** -0.3509).toPrecision(4));
    const { strategies: planned, assumptions } = await at([continual(), byLaw]);
    expect(planned[0]!.uncovered[0]).toContain(`a peak rate of ${peak}`);
    expect(assumptions.join('\n')).toContain('a peak rate of 0.0003, training.lr.peak of the experiment');
  });

  it('names the source of every constant', async () => {
    const isSource = /arXiv \d{4}\.\d{4,5}|https?:\/\/|product brief/;
    for (const { meaning, source } of Object.values<SourcedConstant>(SCALE_CONSTANTS)) {
      expect(meaning).not.toBe('');
      expect(source).toMatch(isSource);
    }
    for (const { match, price, power, peak } of DEFAULT_PRICES.devices) {
      for (const row of [price, power, peak].filter((one) => one !== undefined)) {
        expect(`${match}: ${row.source}`).toMatch(isSource);
        expect(row.date).toMatch(/^20\d\d-\d\d(-\d\d)?$/);
      }
    }
    const experiment = { strategies: { continual: [continual()] } } as never;
    const plan = await planAtScale(experiment, 'model=1b,tokens=10B,devices=8xh100');
    for (const { value, source } of Object.values<SourcedConstant>(SCALE_CONSTANTS)) {
      const line = plan.assumptions.find((one) => one.includes(source));
      expect(line).toContain(String(value));
    }
    const { price, power, peak } = DEFAULT_PRICES.devices.find(({ match }) => match === 'H100')!;
    for (const row of [price!, power!, peak!]) expect(plan.assumptions.join('\n')).toContain(row.source);
    // What the user gives has no source but the user.
    const given = await planAtScale(
      experiment,
      'model=1b,tokens=10B,devices=8xh100,utilization=0.5,warmup=100,batch=1M',
    );
    const lines = given.assumptions.filter((line) => /as given$/.test(line));
    expect(lines).toEqual(['a warm-up of 100 steps, as given', 'a utilization of 0.5, as given']);
  });

  it('takes the batch from a law if none is given, and says so', async () => {
    const plan = await planAtScale({ strategies } as never, 'model=1b,tokens=100B,versions=2');
    expect(plan.batch).toBe(Math.round(0.58 * 100e9 ** 0.571));
    expect(plan.assumptions[0]).toContain('StepLaw');
  });

  it('refuses what cannot be planned before anything else', async () => {
    const at = (scale: string, experiment: object = { strategies }) => planAtScale(experiment as never, scale);
    await expect(at('model=1b,tokens=1T,devices=8xabacus')).rejects.toThrow('no peak in bfloat16 of "abacus"');
    await expect(at('model=1b,tokens=1M,versions=4,batch=1M')).rejects.toThrow('more than the tokens of a version');
    await expect(at('model=1b,tokens=1000T,batch=1k')).rejects.toThrow('at most 20000000 can be planned');
    await expect(at('model=1b,tokens=1T', {})).rejects.toThrow('strategies: is missing');
  });
});
