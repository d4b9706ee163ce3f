/**
 * How the error falls with the number M of samples of rising quality. The theory of Luo et al. (ICLR 2026, arXiv
 * 2511.18903) gives M^(-2/3) for an average at a constant rate, and no decrease for a deep decay. The reason: k steps
 * before the end the drift is k/M. A schedule whose result is the mean of the last n samples has a squared bias of
 * order n²/M² and a variance of order 1/n. An average over n = M^(2/3) iterates balances them. A linear decay to 0 over
 * a fixed share of the training averages over n = M^(1/2): too few for the noise. The decay 1/t, which is optimal for
 * samples of equal quality, averages over all.
 */
import { describe, expect, it } from 'vitest';
import { lossOf, saved, single, train, trainerOf } from '../test/corpus.js';

const RATE = 0.5;
const theory = { dimension: 1, variance: { clean: 1, corrupt: 1 }, drift: 1 } as const;
// Qualities are rounded to hundredths, which is precise enough for means over windows.
const ascending = (count: number) => (id: number) => (id + 0.5) / count;

async function averaged(count: number): Promise<number> {
  const trainer = await trainerOf(theory, ascending(count));
  const window = Math.round(count ** (2 / 3));
  let state = await trainer.initialize(1);
  await train(trainer, state, single(new Array<number>(count - window).fill(RATE)));
  let average = await saved(trainer, state);
  for (let done = 1; done <= window; done++) {
    await train(trainer, state, single([RATE], count - window + done - 1));
    const parts = [
      { checkpoint: average, weight: 1 - 1 / done },
      { checkpoint: await saved(trainer, state), weight: 1 / done },
    ];
    average = await saved(trainer, await trainer.combine(parts));
  }
  state = await trainer.restore(average);
  return lossOf(trainer, state);
}

async function scheduled(count: number, rateOf: (step: number) => number): Promise<number> {
  const trainer = await trainerOf(theory, ascending(count));
  const state = await trainer.initialize(1);
  await train(trainer, state, single(Array.from({ length: count }, (_, step) => rateOf(step))));
  return lossOf(trainer, state);
}
const linear = (count: number) => scheduled(count, (step) => RATE * Math.min(1, (count - step) / (0.37 * count)));
const harmonic = (count: number) => scheduled(count, (step) => 1 / (step + 1));

/** Exponent of M, from the errors at two sizes. */
const exponent = async (error: (count: number) => Promise<number>) =>
  Math.log((await error(4096)) / (await error(512))) / Math.log(4096 / 512);

describe('data of rising quality', () => {
  it('gives an error of M^(-2/3) with an average at a constant rate', async () => {
    expect(await exponent(averaged)).toBeCloseTo(-2 / 3, 1);
  });

  it('gives an error of M^(-1/2) with a linear decay to 0', async () => {
    expect(await exponent(linear)).toBeCloseTo(-1 / 2, 1);
    expect(await linear(4096)).toBeGreaterThan(await averaged(4096));
  });

  it('gives a constant error with the decay 1/t: the drift of the mean sample', async () => {
    expect(await exponent(harmonic)).toBeCloseTo(0, 1);
    expect(await harmonic(4096)).toBeCloseTo(0.5 ** 2 / 2, 2);
  });
});
