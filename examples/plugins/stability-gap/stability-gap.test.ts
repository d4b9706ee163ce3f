import { checkResume, experiment, hooksOf, optionNames, planOf, versionContext } from '@branchline/testing';
import { continual } from 'branchline';
import { describe, expect, it } from 'vitest';
import { stabilityGap } from './stability-gap.js';

/** 40, 80 and 40 steps. */
const info = experiment([400, 800, 400]);
const ask = (options: unknown, version = 3) => hooksOf(stabilityGap, options).onVersion!(versionContext(info, version));

describe('stability-gap', () => {
  it('goes over the best half of an increment twice, at the cost of one pass over all of it', () => {
    expect(ask({})).toEqual({ data: { use: 'subset', of: 'new', by: 'score', share: 0.5 }, steps: 40 });
    expect(ask({}, 2)).toMatchObject({ steps: 80 });
  });

  it('leaves version 1 alone, which has no model before it', () => {
    expect(ask({}, 1)).toBeUndefined();
  });

  it('takes as many sequences from all increments as it takes from one', () => {
    // 200 of 1,600.
    expect(ask({ of: 'all' })).toMatchObject({ data: { of: 'all', share: 0.125 }, steps: 40 });
  });

  it('counts epochs in passes over the subset', () => {
    expect(ask({ epochs: 3 })).toMatchObject({ steps: 60 });
    expect(ask({ share: 0.1, epochs: 0.1 })).toMatchObject({ steps: 1 });
  });

  it('has no option that changes nothing', () => {
    const changes: Record<string, unknown> = {
      share: { share: 0.25 },
      by: { by: 'random' },
      of: { of: 'all' },
      epochs: { epochs: 3 },
    };
    expect(Object.keys(changes).sort()).toEqual(optionNames(stabilityGap));
    for (const options of Object.values(changes)) expect(ask(options)).not.toEqual(ask({}));
  });

  it.each([{ share: 0 }, { share: 1.1 }, { by: 'best' }, { of: 'old' }, { epochs: 0 }, { epoch: 4 }])(
    'refuses %o',
    (options) => {
      expect(() => hooksOf(stabilityGap, options)).toThrow();
    },
  );

  it('costs what continual training costs, with which it shares version 1', async () => {
    const plan = await planOf(info, { continual: [continual()], gap: [continual(), stabilityGap()] });
    expect(plan.steps).toBe(160 + 120);
    const lengths = plan.of('gap').versions.map(({ main }) => main.end - main.begin);
    expect(lengths).toEqual([40, 80, 40]);
    expect(plan.releases('gap')[0]).toBe(plan.releases('continual')[0]);
  });

  it('tells who needs scores when the data has none', async () => {
    const plan = planOf({ ...info, scored: false }, { gap: [continual(), stabilityGap()] });
    await expect(plan).rejects.toThrow(/stability-gap.*takes the sequences with the highest scores/s);
  });

  it('ends in the same bits however a run is cut', async () => {
    const strategies = { best: [continual(), stabilityGap()], mixed: [continual(), stabilityGap({ of: 'all' })] };
    await checkResume({
      strategies,
      cuts: [
        { by: 'stop', after: 13 },
        { by: 'crash', after: 5 },
      ],
    });
  });
});
