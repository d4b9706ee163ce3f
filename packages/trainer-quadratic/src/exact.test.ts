/** Mode `exact` agrees with closed forms, and with the mean of samples. */
import { RandomStream } from '@branchline/core';
import { describe, expect, it } from 'vitest';
import { lossOf, saved, single, train, trainerOf } from '../test/corpus.js';
import { fillNormal } from './normal.js';

/** Tolerance for rounding to float32 at every step. */
const DIGITS = 5;
const flat = (rate: number, steps: number) => new Array<number>(steps).fill(rate);
const one = { dimension: 1, variance: { clean: 2, corrupt: 2 } } as const;

describe('one direction at a constant rate', () => {
  const [rate, steps] = [0.3, 12];
  const kept = 1 - rate;
  /** Variance after a number of steps: rate² · variance · sum of kept^(2j). */
  const varianceAfter = (count: number) => (rate ** 2 * 2 * (1 - kept ** (2 * count))) / (1 - kept ** 2);

  it('has the mean and the variance of an autoregression', async () => {
    const trainer = await trainerOf(one, () => 1);
    const state = await trainer.initialize(1);
    const start = state.mean[0]!;
    await train(trainer, state, single(flat(rate, steps)));
    expect(state.mean[0]).toBeCloseTo(start * kept ** steps, DIGITS);
    expect(state.variances()[0]).toBeCloseTo(varianceAfter(steps), DIGITS);
    expect(await lossOf(trainer, state)).toBeCloseTo(((start * kept ** steps) ** 2 + varianceAfter(steps)) / 2, DIGITS);
  });

  it('converges between the optima of text and noise, by the pull of the noise', async () => {
    // Half noise, with pull 0.5 and drift 3: the equilibrium 0.5·w + 0.5·0.5·(w - 3) = 0 is w = 1.
    const trainer = await trainerOf({ ...one, pull: 0.5, drift: 3 }, () => 0.5);
    const state = await trainer.initialize(1);
    await train(trainer, state, single(flat(0.5, 60)));
    expect(state.mean[0]).toBeCloseTo(1, DIGITS);
    const silent = await trainerOf({ ...one, pull: 0 }, () => 0.75);
    const slow = await silent.initialize(1);
    const start = slow.mean[0]!;
    await train(silent, slow, single(flat(0.4, 5)));
    expect(slow.mean[0]).toBeCloseTo(start * (1 - 0.4 * 0.75) ** 5, DIGITS);
  });

  it('averages with the covariances between steps', async () => {
    const trainer = await trainerOf(one, () => 1);
    const state = await trainer.initialize(1);
    await train(trainer, state, single(flat(rate, 6)));
    const early = await saved(trainer, state);
    await train(trainer, state, single(flat(rate, 3), 6));
    const late = await saved(trainer, state);
    const average = await trainer.combine([
      { checkpoint: early, weight: 0.25 },
      { checkpoint: late, weight: 0.75 },
    ]);
    const covariance = kept ** 3 * varianceAfter(6);
    const expected = 0.0625 * varianceAfter(6) + 0.5625 * varianceAfter(9) + 2 * 0.25 * 0.75 * covariance;
    expect(average.variances()[0]).toBeCloseTo(expected, DIGITS);
  });

  it('keeps the covariance of branches, without the noise of different data', async () => {
    const trainer = await trainerOf(one, () => 1);
    const trunk = await trainer.initialize(1);
    await train(trainer, trunk, single(flat(rate, 5)));
    const fork = await saved(trainer, trunk);
    const ends = [];
    for (const first of [5, 100]) {
      const branch = await trainer.restore(fork);
      await train(trainer, branch, single(flat(rate, 2), first));
      ends.push({ checkpoint: await saved(trainer, branch), weight: 0.5 });
    }
    const own = varianceAfter(2);
    const common = kept ** 4 * varianceAfter(5);
    expect((await trainer.combine(ends)).variances()[0]).toBeCloseTo(common + own / 2, DIGITS);
  });

  it('gives a repeated sequence the same noise', async () => {
    const trainer = await trainerOf(one, () => 1);
    const twice = await trainer.initialize(1);
    await train(trainer, twice, { lr: Float64Array.of(rate, rate), sequences: [Uint32Array.of(7), Uint32Array.of(7)] });
    // The noise of one sequence: new in the second step, and kept from the first.
    expect(twice.variances()[0]).toBeCloseTo(2 * rate ** 2 * (1 + kept) ** 2, DIGITS);
  });

  it('divides noise by the batch size, and applies loss weights', async () => {
    const varianceOf = async (weights?: readonly number[]) => {
      const trainer = await trainerOf(one, () => 1);
      const state = await trainer.initialize(1);
      const steps = { lr: Float64Array.of(rate), sequences: [Uint32Array.of(1, 2, 3, 4)] };
      await train(trainer, state, { ...steps, ...(weights && { weights: [Float32Array.from(weights)] }) });
      return state.variances()[0];
    };
    expect(await varianceOf()).toBeCloseTo((rate ** 2 * 2) / 4, DIGITS);
    expect(await varianceOf([3, 1, 0, 0])).toBeCloseTo(rate ** 2 * 2 * (0.75 ** 2 + 0.25 ** 2), DIGITS);
  });
});

describe('samples', () => {
  const options = { dimension: 4, condition: 30, pull: 0.6, drift: 1.5 } as const;
  const qualityOf = (id: number) => (id % 11) / 10;
  const steps = {
    lr: Float64Array.from({ length: 40 }, (_, step) => 0.4 / (1 + step / 10)),
    sequences: Array.from({ length: 40 }, (_, step) => Uint32Array.of(step, 2 * step, 40 + step)),
  };

  it('equal the exact state with numbers for the noise', async () => {
    const exact = await trainerOf(options, qualityOf);
    const sampled = await trainerOf({ ...options, mode: 'sampled', seed: 9 }, qualityOf);
    const [state, draw] = [await exact.initialize(3), await sampled.initialize(3)];
    await train(exact, state, steps);
    await train(sampled, draw, steps);
    const expected = Array.from(state.mean);
    for (let id = 0; id < 80; id++) {
      const noise = fillNormal(new Float64Array(4), new RandomStream(9, `noise/${id}`));
      for (let i = 0; i < 4; i++) expected[i]! += state.noise![id * 4 + i]! * noise[i]!;
    }
    for (let i = 0; i < 4; i++) expect(draw.mean[i]).toBeCloseTo(expected[i]!, DIGITS);
  });

  it('have the exact loss in the mean', async () => {
    const exact = await trainerOf(options, qualityOf);
    const state = await exact.initialize(3);
    await train(exact, state, steps);
    const losses = [];
    for (let seed = 0; seed < 300; seed++) {
      const sampled = await trainerOf({ ...options, mode: 'sampled', seed }, qualityOf);
      const draw = await sampled.initialize(3);
      await train(sampled, draw, steps);
      losses.push(await lossOf(sampled, draw));
    }
    const mean = losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
    const deviation = Math.sqrt(losses.reduce((sum, loss) => sum + (loss - mean) ** 2, 0) / (losses.length - 1));
    expect(Math.abs(mean - (await lossOf(exact, state)))).toBeLessThan((3 * deviation) / Math.sqrt(losses.length));
    expect(deviation).toBeGreaterThan(0.05 * mean);
  });
});
