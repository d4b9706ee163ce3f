import fc from 'fast-check';
import { describe, expect, inject, it } from 'vitest';
import { bestLoss, bestRate, CURVATURE, losses, ratesAround } from '../../test/grid.js';
import { type Conditions, fitLearningRate, hasSize, type Observation } from './fit.js';
import { predictRate } from './predict.js';
import type { Valley } from './quadratic.js';

const CONDITIONS: Conditions = { batch: 256, cooldown: 0.2, curve: '1-sqrt', minRatio: 0.1 };
const LAW = { constant: 8, parameters: -0.22, tokens: -0.35 };
const SIZES = [10_000, 40_000, 160_000];
const HORIZONS = [100_000, 200_000, 400_000];
const MIDDLE = bestRate(LAW, 40_000, 200_000);
const setting = (parameters: number, tokens: number) => ({ parameters, tokens, batch: 256, cooldown: 0.2 });

describe('without noise', () => {
  it('recovers every constant of a law', () => {
    const constants = fc.record({
      constant: fc.double({ min: 0.1, max: 50, noNaN: true }),
      parameters: fc.double({ min: -0.5, max: 0.1, noNaN: true }),
      tokens: fc.double({ min: -0.6, max: 0.3, noNaN: true }),
    });
    fc.assert(
      fc.property(constants, (law) => {
        const rates = ratesAround(bestRate(law, 40_000, 200_000), 5);
        const fit = fitLearningRate(losses(law, { sizes: SIZES, horizons: HORIZONS, rates }), CONDITIONS, {
          samples: 3,
        });
        expect(fit.law!.exponents.parameters).toBeCloseTo(law.parameters, 6);
        expect(fit.law!.exponents.tokens).toBeCloseTo(law.tokens, 6);
        expect(fit.law!.constant / law.constant).toBeCloseTo(1, 5);
        expect(fit.law!.curvature).toBeCloseTo(CURVATURE, 6);
        // A law that predicts one rate everywhere has no variance to explain.
        if (Math.abs(law.tokens) > 0.01) expect(fit.law!.r2).toBeCloseTo(1, 6);
        expect(fit.regret).toMatchObject({ cells: 9, max: expect.closeTo(0, 9) as number });
        expect(predictRate(fit, setting(80_000, 300_000)).rate / bestRate(law, 80_000, 300_000)).toBeCloseTo(1, 6);
      }),
      { numRuns: inject('full') ? 200 : 30 },
    );
  });

  it('finds the valley of a cell from three rates, and its loss', () => {
    const rates = [0.7, 1.4, 2.8].map((factor) => factor * MIDDLE);
    const fit = fitLearningRate(losses(LAW, { sizes: [40_000], horizons: [200_000], rates }), CONDITIONS);
    const [{ valley }] = fit.cells as [(typeof fit.cells)[number]];
    expect(valley!.optimum / MIDDLE).toBeCloseTo(1, 9);
    expect(valley!.loss).toBeCloseTo(bestLoss(200_000), 9);
    // Three rates and one seed leave nothing to estimate noise from.
    expect(valley).toMatchObject({ r2: null, interval: null });
    expect(fit.law).toMatchObject({ exponents: { parameters: null, tokens: null }, covariance: null, r2: null });
    expect(fit.regret).toBeNull();
  });

  it('fits a power law with a floor to the losses of one size', () => {
    const grid = { sizes: [40_000], horizons: [1e5, 2e5, 4e5, 8e5], rates: ratesAround(MIDDLE) };
    const [size] = fitLearningRate(losses(LAW, grid), CONDITIONS, { samples: 3 }).sizes;
    expect(size!.tokensExponent).toBeCloseTo(LAW.tokens, 6);
    expect(size!.lossLaw!.exponent).toBeCloseTo(0.3, 4);
    expect(size!.lossLaw!.floor).toBeCloseTo(1.5, 4);
    expect(size!.lossLaw!.scale).toBeCloseTo(40, 1);
  });
});

describe('an optimum that the grid does not hold', () => {
  const one = { sizes: [40_000], horizons: [200_000] };
  const noneOf = (rates: readonly number[], change: (one: Observation) => Observation = (same) => same) =>
    fitLearningRate(losses(LAW, { ...one, rates }).map(change), CONDITIONS, { samples: 3 }).cells[0]!.none;

  it('is reported at its edge, wherever the optimum is', () => {
    fc.assert(
      fc.property(fc.integer({ min: 3, max: 7 }), fc.double({ min: 0.01, max: 4, noNaN: true }), (count, beyond) => {
        const above = Array.from({ length: count }, (_, index) => MIDDLE * 2 ** (beyond + index));
        expect(noneOf(above)).toBe('lowest');
        expect(noneOf(above.map((rate) => MIDDLE ** 2 / rate))).toBe('highest');
      }),
      { numRuns: 50 },
    );
  });

  it('is at the edge where the next rate diverged, and missing with two rates', () => {
    const rates = ratesAround(MIDDLE, 2);
    const diverged = (from: number) => (same: Observation) => (same.rate > from ? { ...same, loss: null } : same);
    expect(noneOf(rates)).toBeNull();
    expect(noneOf(rates, diverged(MIDDLE * 1.1))).toBe('highest');
    // With a rate between it and the diverged one, the valley is inside.
    expect(noneOf(rates, diverged(MIDDLE * 2.1))).toBeNull();
    expect(noneOf(rates, diverged(MIDDLE * 0.6))).toBe('few');
    expect(noneOf(rates.slice(2, 4))).toBe('few');
  });

  it('is not moved by a run that became unstable beyond the next rate', () => {
    const rates = ratesAround(MIDDLE * 1.2, 2);
    const unstable = losses(LAW, { ...one, rates }).map((same) =>
      same.rate > 3 * MIDDLE ? { ...same, loss: 5 } : same,
    );
    const [{ valley }] = fitLearningRate(unstable, CONDITIONS, { samples: 3 }).cells as unknown as [{ valley: Valley }];
    expect(valley.optimum / MIDDLE).toBeCloseTo(1, 9);
    expect(valley.rates).toEqual(rates.slice(0, 4));
  });

  it('is no part of the law', () => {
    const rates = ratesAround(bestRate(LAW, 10_000, 200_000), 1);
    const fit = fitLearningRate(losses(LAW, { sizes: [10_000, 1e9], horizons: HORIZONS, rates }), CONDITIONS);
    expect(fit.cells.filter(({ none }) => none === 'lowest').map(({ parameters }) => parameters)).toEqual([
      1e9, 1e9, 1e9,
    ]);
    expect(fit.law).toMatchObject({ exponents: { parameters: null }, range: { parameters: [10_000, 10_000] } });
    expect(fit.law!.exponents.tokens).toBeCloseTo(LAW.tokens, 6);
    expect(hasSize(fit, 1e9)).toBe(true);
    expect(hasSize(fit, 2e9)).toBe(false);
    const none = fitLearningRate(losses(LAW, { sizes: [1e9], horizons: HORIZONS, rates }), CONDITIONS);
    expect(none.law).toBeNull();
    expect(() => predictRate(none, setting(1e9, 1e5))).toThrow('no best rate was found inside of its grid');
  });
});

describe('with noise', () => {
  const grid = { sizes: SIZES, horizons: HORIZONS, rates: ratesAround(MIDDLE, 3), seeds: [1, 2, 3], noise: 0.004 };
  const covers = (interval: readonly [number, number] | null, value: number) =>
    Number(interval !== null && interval[0] <= value && value <= interval[1]);

  it('has intervals that cover the constants, the optima and the predictions as often as they say', () => {
    const runs = inject('full') ? 200 : 25;
    const counts = { parameters: 0, tokens: 0, optimum: 0, prediction: 0 };
    for (let stream = 1; stream <= runs; stream++) {
      const fit = fitLearningRate(losses(LAW, { ...grid, stream }), CONDITIONS, { samples: 100 });
      counts.parameters += covers(fit.law!.intervals.parameters, LAW.parameters);
      counts.tokens += covers(fit.law!.intervals.tokens, LAW.tokens);
      counts.optimum += covers(fit.cells[4]!.valley!.interval, MIDDLE);
      counts.prediction += covers(predictRate(fit, setting(160_000, 4e5)).interval, bestRate(LAW, 160_000, 4e5));
    }
    // 95%, less three standard deviations of a count. The intervals of the law are wider: they hold cells and losses.
    const least = 0.95 - 3 * Math.sqrt((0.95 * 0.05) / runs);
    for (const [name, count] of Object.entries(counts)) expect(count / runs, name).toBeGreaterThan(least);
  });

  it('gives the same fit again, whatever the order of the losses', () => {
    const observed = losses(LAW, grid);
    const fit = fitLearningRate(observed, CONDITIONS, { samples: 50 });
    expect(fitLearningRate(observed, CONDITIONS, { samples: 50 })).toEqual(fit);
    expect(fitLearningRate([...observed].reverse(), CONDITIONS, { samples: 50 })).toEqual(fit);
    expect(JSON.parse(JSON.stringify(fit))).toEqual(fit);
    expect(fitLearningRate(observed, CONDITIONS, { samples: 50, seed: 2 }).law!.covariance).not.toEqual(
      fit.law!.covariance,
    );
  });

  it('has wider intervals with more noise, and regrets that grow', () => {
    const width = (noise: number) => {
      const fit = fitLearningRate(losses(LAW, { ...grid, noise }), CONDITIONS, { samples: 200 });
      const [low, high] = fit.law!.intervals.tokens!;
      return { width: high - low, regret: fit.regret!.mean };
    };
    const [little, much] = [width(0.001), width(0.008)];
    expect(much.width).toBeGreaterThan(2 * little.width);
    expect(much.regret).toBeGreaterThan(little.regret);
  });

  it('takes sizes with other seeds', () => {
    const other = losses(LAW, { ...grid, sizes: [80_000], seeds: [4, 5] });
    const fit = fitLearningRate([...losses(LAW, grid), ...other], CONDITIONS, { samples: 50 });
    expect(fit.seeds).toEqual([1, 2, 3, 4, 5]);
    expect(fit.cells.map(({ none }) => none)).toEqual(new Array(12).fill(null));
  });

  it('ignores what a seed adds to all of its losses', () => {
    const observed = losses(LAW, grid);
    const shifted = observed.map((one) => ({ ...one, loss: one.loss! + one.seed }));
    const [plain, moved] = [observed, shifted].map((list) => fitLearningRate(list, CONDITIONS, { samples: 50 }).law!);
    expect(moved!.exponents.tokens).toBeCloseTo(plain!.exponents.tokens!, 9);
    expect(moved!.covariance![0]![0]!).toBeCloseTo(plain!.covariance![0]![0]!, 9);
  });
});

it('refuses observations without a rate, and two of one run', () => {
  const [one] = losses(LAW, { sizes: [1e4], horizons: [1e5], rates: [0.01] }) as [Observation];
  expect(() => fitLearningRate([{ ...one, rate: 0 }], CONDITIONS)).toThrow(RangeError);
  expect(() => fitLearningRate([one, one], CONDITIONS)).toThrow('two losses of one run');
  expect(fitLearningRate([], CONDITIONS)).toMatchObject({ cells: [], law: null, regret: null });
});
