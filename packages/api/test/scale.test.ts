import { BranchlineError } from '@branchline/core';
import { PUBLISHED_LAWS, predictCurve } from '@branchline/trainer-simulated';
import { describe, expect, it } from 'vitest';
import {
  continual,
  fromScratch,
  modelAveraging,
  parseScale,
  pathSwitching,
  planAtScale,
  type ScalePlan,
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
    const scale = 'model=400M,tokens=8B,versions=2,batch=1M,warmup=0,law=multi-power-400m';
    const { strategies: planned, predicted } = await planAtScale(experiment, scale);
    expect(predicted!.interval).toBeGreaterThan(0);
    const of = (name: string) => planned.find((strategy) => strategy.name === name)!;
    const rates = new Float64Array(8000).fill(3e-4);
    const expected = predictCurve(PUBLISHED_LAWS.get('multi-power-400m')!, rates, [8000])[0];
    expect(of('constant').loss).toBeCloseTo(expected!, 10);
    expect(of('average')).toMatchObject({ loss: null, onFront: null });
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
