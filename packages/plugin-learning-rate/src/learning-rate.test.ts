import { cosine, definePlugin, stableDecay } from '@branchline/core';
import { decidersOf, experiment, planOf, versionContext } from '@branchline/testing';
import { describe, expect, it } from 'vitest';
import { FIT } from '../test/example.js';
import { learningRate } from './learning-rate.js';

/** Two versions of 160 tokens of 6 parameters, in batches of 32 tokens. */
const info = experiment([20, 20], { batch: 4, model: { parameters: 10, nonEmbeddingParameters: 6 } });
const peaks = (options: unknown) =>
  [1, 2].map((index) => decidersOf(learningRate, options).onVersion(versionContext(info, index))?.lr?.peak);

const scheduled = (lr: object, more: object = {}) =>
  definePlugin({
    name: 'scheduled',
    onVersion: () => ({ data: { use: 'all' }, start: { from: 'scratch' }, lr, ...more }),
  })();
const planned = (...plugins: Parameters<typeof planOf>[1][string] & readonly unknown[]) =>
  planOf(info, { strategy: plugins });

describe('the peak', () => {
  it('is that of the fit for the tokens of all versions so far, or for those that are given', () => {
    expect(peaks({ fit: FIT })).toEqual([0.02828, 0.02]);
    expect(peaks({ fit: FIT, tokens: 320 })).toEqual([0.02, 0.02]);
  });

  it('is that of a good run, times a ratio', () => {
    const from = { rate: 0.01, parameters: 6, tokens: 640, batch: 32, cooldown: 0.2 };
    expect(peaks({ from, law: 'complete-d-p', extrapolate: true })).toEqual([0.02, 0.01414]);
  });

  it('is refused outside of the fit, with every reason, unless extrapolate is set', () => {
    const far = {
      ...FIT,
      conditions: { ...FIT.conditions, batch: 64 },
      law: { ...FIT.law, range: { parameters: [6, 6], tokens: [1e4, 1e5] } },
    };
    expect(() => peaks({ fit: far, cooldown: 0.6 })).toThrow(
      'the fit is for something else: 160 tokens are less than the least of the fit, 10k; the batch is 32 tokens, and 64 in the fit; the rate decays over 0.6 of the steps, and over 0.2 in the fit; extrapolate: true uses it all the same',
    );
    expect(peaks({ fit: far, cooldown: 0.6, extrapolate: true })).toEqual([0.02828, 0.02]);
  });

  it('is refused for another size if the fit has one size', () => {
    const other = experiment([20], { batch: 4, model: { parameters: 100, nonEmbeddingParameters: 60 } });
    const ask = () => decidersOf(learningRate, { fit: FIT, extrapolate: true }).onVersion(versionContext(other, 1));
    expect(ask).toThrow('it has one size, 6 parameters, and was asked about 60');
  });
});

describe('with other plugins', () => {
  it('leaves everything but the peak to them', async () => {
    const plan = await planned(scheduled({ schedule: stableDecay(0.2), warmup: 0 }), learningRate({ fit: FIT }));
    const [, second] = plan.of('strategy').decisions;
    expect(second!.fields.get('lr.peak')).toMatchObject({ value: 0.02, owner: { name: 'learning-rate' } });
    expect(second!.fields.get('lr.schedule')).toMatchObject({ owner: { name: 'scheduled' } });
  });

  it('gives its peak to branches', async () => {
    const branching = definePlugin({
      name: 'branching',
      onVersion: () => ({ forks: ['cool'], release: { path: 'cool' } }),
      onFork: { cool: () => ({ steps: 1, lr: { schedule: stableDecay(1) } }) },
    });
    const plan = await planned(branching(), learningRate({ fit: FIT }));
    const [first] = plan.of('strategy').decisions;
    expect(first!.forks[0]!.spec.lr.peak).toBe(0.02828);
  });

  it('is the only owner of the peak', async () => {
    const both = planned(scheduled({ peak: 1, schedule: stableDecay(0.2), warmup: 0 }), learningRate({ fit: FIT }));
    await expect(both).rejects.toThrow('sets lr.peak, which plugin scheduled (strategies.strategy[0]) sets too');
  });

  it('refuses a schedule that decays over another share of the steps than the law is for', async () => {
    const refused = planned(scheduled({ schedule: cosine(), warmup: 0 }), learningRate({ fit: FIT }));
    await expect(refused).rejects.toThrow(
      'decays over 1.00 of the steps before its release, and the peak is that of a decay over 0.2',
    );
    await planned(scheduled({ schedule: cosine(), warmup: 0 }), learningRate({ fit: FIT, extrapolate: true }));
  });
});
