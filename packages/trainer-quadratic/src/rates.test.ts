/**
 * How the error falls with the number M of samples, of rising quality. The theory of Luo et al. (ICLR 2026, arXiv
 * 2511.18903) has M^(-2/3) for an average at a constant rate, and no fall at all for a deep decay. Why: k steps before
 * the end the drift is k/M. A schedule that ends in the mean of the last n samples has a bias of the order n/M, squared
 * n²/M², and a variance of the order 1/n. An average over n = M^(2/3) iterates balances them. A decay to 0 in a
 * straight line, over a fixed share of the training, looks back over n = M^(1/2): too few for the noise. The decay 1/t,
 * which is best where all samples are alike, looks back over all.
 */
import { describe, expect, it } from 'vitest';
import { lossOf, saved, single, train, trainerOf } from '../test/corpus.js';

const RATE = 0.5;
const theory = { dimension: 1, variance: { clean: 1, corrupt: 1 }, drift: 1 } as const;
// Qualities are hundredths, which is fine enough here: their mean over a window rises as it should.
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

/** Exponent of M between two sizes. */
const exponent = async (error: (count: number) => Promise<number>) =>
  Math.log((await error(4096)) / (await error(512))) / Math.log(4096 / 512);

describe('data of rising quality', () => {
  it('is used at the rate M^(-2/3) by an average at a constant rate', async () => {
    expect(await exponent(averaged)).toBeCloseTo(-2 / 3, 1);
  });

  it('is used less well by a decay to 0 in a straight line: M^(-1/2)', async () => {
    expect(await exponent(linear)).toBeCloseTo(-1 / 2, 1);
    expect(await linear(4096)).toBeGreaterThan(await averaged(4096));
  });

  it('is wasted by the decay 1/t, whose error does not fall: it is the drift of the mean sample', async () => {
    expect(await exponent(harmonic)).toBeCloseTo(0, 1);
    expect(await harmonic(4096)).toBeCloseTo(0.5 ** 2 / 2, 2);
  });
});
