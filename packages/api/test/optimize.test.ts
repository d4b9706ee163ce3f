/** Searches on a law for short runs, and what they leave out. */
import { BranchlineError } from '@branchline/core';
import { type LossLaw, PUBLISHED_LAWS } from '@branchline/trainer-simulated';
import { describe, expect, it } from 'vitest';
import {
  continual,
  curriculum,
  fromScratch,
  infiniteSchedule,
  modelAveraging,
  type Optimization,
  type OptimizeOptions,
  optimize,
  parseScale,
  pathSwitching,
  planAtScale,
  replay,
  simulated,
} from '../src/index.js';
import { KNOWN_PLUGINS } from '../src/internal.js';
import { folder, TINY, writeTexts } from './corpus.js';

/** A law for runs of some hundred steps at a peak of 0.001. */
const published = PUBLISHED_LAWS.get('multi-power-100m')!;
const law: LossLaw = {
  ...published,
  name: 'short runs',
  fitted: { ...published.fitted, peaks: [1e-3, 1e-3], steps: [100, 300] },
};
const SCALE = parseScale('model=1M,tokens=300k,versions=3,batch=1k,warmup=10');
const training = { lr: { peak: 1e-3 } };
const strategies = {
  'from scratch': [fromScratch()],
  continual: [continual()],
  'path switching': [pathSwitching()],
};
const search = (options: OptimizeOptions = {}, of: object = strategies) =>
  optimize({ training, strategies: of } as never, { scale: SCALE, law, ...options });

const problemsOf = async (found: Promise<unknown>) => {
  const error: unknown = await found.then(() => undefined).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(BranchlineError);
  const { code, problems } = error as BranchlineError;
  return { code, text: problems.map(({ configPath = '', message }) => `${configPath}: ${message}`).join('\n') };
};

const named = (front: Optimization['fronts']['last']) => front.map(({ candidate }) => candidate.name);

describe('optimize', () => {
  it('plans and predicts every value of a small space as plan --scale does', async () => {
    const found = await search({ vary: { 'path-switching.alpha': { from: 0.1, to: 0.5, step: 0.1 } } });
    const alphas = [0.1, 0.2, 0.3, 0.4, 0.5];
    expect(found.evaluations).toBe(3 + alphas.length);
    expect(found.searched.map(({ method }) => method)).toEqual(['none', 'none', 'all']);
    const one = { ...strategies, ...Object.fromEntries(alphas.map((alpha) => [alpha, [pathSwitching({ alpha })]])) };
    const planned = await planAtScale({ training, strategies: one } as never, SCALE);
    for (const alpha of alphas) {
      const candidate = found.candidates.find(({ options }) => options['path-switching.alpha'] === alpha)!;
      expect(candidate.name).toBe(`path switching (alpha ${alpha})`);
      expect(candidate.cost).toEqual(planned.strategies.find(({ name }) => name === String(alpha))!.cost);
    }
    // No other candidate has both a lower cost and a lower loss than one of the front.
    for (const { candidate, loss } of found.fronts.last) {
      expect(found.candidates.some((other) => other.cost.steps <= candidate.cost.steps && other.loss < loss)).toBe(
        false,
      );
    }
    expect(found.comparisons.length).toBeGreaterThan(0);
  });

  it('comes as near to the best as all values do, with a sixth of the evaluations', async () => {
    const only = { 'path switching': strategies['path switching'] };
    const vary = {
      'path-switching.alpha': { from: 0.1, to: 0.9, step: 0.04 },
      'path-switching.minRatio': { from: 0, to: 0.3, step: 0.03 },
    };
    const all = await search({ vary, evaluations: 21 * 11 + 1 }, only);
    expect(all.searched[0]!.method).toBe('all');
    const some = await search({ vary, evaluations: 40 }, only);
    expect(some.searched[0]!.method).toBe('sequence');
    expect(some.evaluations).toBeLessThanOrEqual(40);
    const best = ({ fronts }: Optimization) => fronts.last.at(-1)!.loss;
    const worst = Math.max(...all.candidates.map(({ loss }) => loss));
    expect((best(some) - best(all)) / (worst - best(all))).toBeLessThan(0.02);
  });

  it('gives the same result for the same input', async () => {
    expect(await search({ evaluations: 30 })).toEqual(await search({ evaluations: 30 }));
  });

  it('varies what the plugins propose, and their proposals are valid', async () => {
    const found = await search({ evaluations: 20 });
    expect(found.searched.flatMap(({ options }) => options.map(({ name }) => name))).toEqual([
      ...['from-scratch.minRatio', 'continual.minRatio', 'path-switching.alpha', 'path-switching.minRatio'],
    ]);
    for (const { name, vary = {}, options } of KNOWN_PLUGINS.values()) {
      for (const [option, range] of Object.entries(vary)) {
        for (const value of 'from' in range ? [range.from, range.to] : range) {
          const checked = await options!['~standard'].validate({ [option]: value });
          expect(checked.issues, `${name}.${option} = ${value}`).toBeUndefined();
        }
      }
    }
    // A schedule that never decays has no end to vary.
    const constant = await search({ evaluations: 10 }, { constant: [continual({ schedule: 'constant' })] });
    expect(constant.searched[0]!.options).toEqual([]);
  });

  it('leaves out what the law does not cover, with the reasons', async () => {
    const others = {
      ...strategies,
      replay: [continual(), replay()],
      average: [pathSwitching({ alpha: 0 }), modelAveraging()],
      curriculum: [pathSwitching(), curriculum()],
    };
    const found = await search({ evaluations: 12 }, others);
    expect(found.leftOut).toEqual([
      { strategy: 'replay', kind: 'not covered', reason: 'replay', candidates: 1 },
      { strategy: 'average', kind: 'not covered', reason: 'averages of checkpoints', candidates: 1 },
      { strategy: 'curriculum', kind: 'not covered', reason: 'an order of the data', candidates: 1 },
    ]);
    // A user who names an option of such a strategy has it tried: without replay, the law covers it.
    const tried = await search({ vary: { 'replay.ratio': [0, 0.1, 0.2] } }, { replay: others.replay });
    expect(tried.candidates.map(({ name }) => name)).toEqual(['replay (ratio 0)']);
    expect(tried.leftOut).toEqual([{ strategy: 'replay', kind: 'not covered', reason: 'replay', candidates: 3 }]);
    const none = await problemsOf(search({ law: published }));
    expect(none.code).toBe('config');
    expect(none.text).toContain('a peak rate of 0.001: the law was fitted at 0.0003');
  });

  it('leaves out what a plugin refuses, and searches the rest', async () => {
    const found = await search({ evaluations: 40 }, { infinite: [infiniteSchedule({ cooldown: 0.7 })] });
    expect(found.leftOut).toHaveLength(1);
    expect(found.leftOut[0]!.kind).toBe('refused');
    expect(found.leftOut[0]!.reason).toContain('the anneal of version 1');
    expect(found.leftOut[0]!.candidates).toBeGreaterThan(1);
    expect(found.candidates.length).toBeGreaterThan(1);
  });

  it('keeps to a budget, in the terms of the scale', async () => {
    const vary = { 'path-switching.alpha': { from: 0.1, to: 0.9, step: 0.1 } };
    const devices = { count: 8, name: 'h100' };
    const all = await search({ vary, scale: { ...SCALE, devices } });
    const money = all.candidates.map(({ cost }) => cost.money!).sort((a, b) => a - b);
    const limit = money[4]!;
    const some = await search({ vary, scale: { ...SCALE, devices }, budget: { money: limit } });
    expect(some.candidates).toEqual(all.candidates.filter(({ cost }) => cost.money! <= limit));
    expect(some.leftOut.every(({ kind }) => kind === 'budget')).toBe(true);
    expect(await problemsOf(search({ vary, budget: '10k tokens' }))).toMatchObject({ code: 'budget' });
    expect((await problemsOf(search({ budget: '5usd' }))).text).toContain('limits money, which are not known here');
  });

  it('refuses what cannot be varied, all problems at once', async () => {
    const { code, text } = await problemsOf(
      search({
        place: '--',
        vary: {
          'path-switching.alpha': { from: 0.5, to: 1.5 },
          'path-switching.alhpa': [0.1],
          'wsd-s.decay': null,
          'continual.rate': null,
          'from-scratch.schedule': ['cosine', 'zigzag'],
        },
      }),
    );
    expect(code).toBe('config');
    for (const part of [
      /--vary path-switching\.alpha: 1\.5: /,
      '--vary path-switching.alhpa: 0.1: there is no option "alhpa"',
      '--vary wsd-s.decay: no strategy has a plugin with this option',
      '--vary continual.rate: has no range of its own',
      /--vary from-scratch\.schedule: "zigzag": /,
    ]) {
      expect(text).toMatch(part);
    }
    expect((await problemsOf(search({ evaluations: 2 }))).text).toContain('is 2, but there are 3 strategies');
    expect((await problemsOf(optimize({ training, strategies } as never, { scale: SCALE }))).text).toContain(
      'law: is missing',
    );
  });

  it('varies options of options', async () => {
    const schedule = { kind: 'stable-decay', decay: 0.2 } as const;
    const found = await search(
      { vary: { 'from-scratch.schedule.decay': [0.1, 0.5] } },
      { scratch: [fromScratch({ schedule })] },
    );
    const [, short, long] = found.candidates;
    expect([short!.name, long!.name]).toEqual(['scratch (schedule.decay 0.1)', 'scratch (schedule.decay 0.5)']);
    expect(short!.loss).not.toBe(long!.loss);
  });

  it('gives the fronts so far when it is stopped', async () => {
    const controller = new AbortController();
    const found = await search({
      signal: controller.signal,
      onProgress: ({ done }) => done === 8 && controller.abort(),
    });
    expect(found).toMatchObject({ interrupted: true, evaluations: 8 });
    expect(named(found.fronts.last).length).toBeGreaterThan(0);
  });

  it('says how many seeds undecided comparisons need', async () => {
    const found = await search({ evaluations: 60, deviation: 0.01 });
    for (const { seeds, decidedBy } of found.comparisons) {
      const enough = decidedBy.find((one) => one.deviation >= 0.01);
      if (enough !== undefined) expect(seeds).toBeLessThanOrEqual(enough.seeds);
      else expect(seeds ?? Number.POSITIVE_INFINITY).toBeGreaterThan(decidedBy.at(-1)!.seeds);
    }
    expect(found.comparisons.some(({ seeds }) => seeds !== null)).toBe(true);
  });

  it('searches on the text of the experiment with the law of its trainer', async () => {
    const directory = folder();
    writeTexts(directory);
    const own = {
      ...law,
      fitted: { ...law.fitted, peaks: [2e-3, 2e-3] as [number, number], steps: [16, 48] as [number, number] },
    };
    const experiment = { ...TINY, strategies, trainer: simulated({ law: own }) };
    const found = await optimize(experiment, {
      directory,
      runs: `${directory}/runs`,
      vary: { 'path-switching.alpha': [0.25, 0.5] },
    });
    expect(found.scale).toBeNull();
    expect(found.candidates.map(({ cost }) => cost.steps)).toEqual([96, 48, 48 + 2 * 10, 48 + 2 * 4, 48 + 2 * 8]);
    expect(found.assumptions[0]).toContain('the model and the text of the experiment');
  });
});
