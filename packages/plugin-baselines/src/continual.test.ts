import { cosine, knee } from '@branchline/core';
import { decidersOf, experiment, optionNames, planOf, versionContext } from '@branchline/testing';
import { describe, expect, it } from 'vitest';
import { continual } from './continual.js';

const info = experiment([400, 400, 400]);
const ask = (options: unknown, version: number) =>
  decidersOf(continual, options).onVersion(versionContext(info, version));

describe('continual', () => {
  it('starts from scratch once, then from the previous release with a new warm-up', () => {
    expect(ask(undefined, 1)).toEqual({ start: { from: 'scratch' }, lr: { schedule: cosine(), minRatio: undefined } });
    for (const version of [2, 3]) {
      expect(ask(undefined, version)).toEqual({
        start: { from: 'release' },
        lr: { schedule: cosine(), minRatio: undefined, warmup: 5 },
        carry: { optimizer: undefined },
      });
    }
  });

  it('leaves the data to the kernel, so that replay can own it', () => {
    for (const version of [1, 2]) expect(ask(undefined, version)).not.toHaveProperty('data');
  });

  it('continues at a low constant rate without re-warming', () => {
    const options = { rewarm: false, schedule: 'knee' };
    expect(ask(options, 1)).toMatchObject({ lr: { schedule: knee() } });
    expect(ask(options, 2)!.lr).toEqual({ schedule: [{ share: 1, curve: 'constant', to: 0.1 }], minRatio: undefined });
  });

  it('has no option that changes nothing', () => {
    const changes: Record<string, [unknown, unknown]> = {
      schedule: [{}, { schedule: 'constant' }],
      'schedule.hold': [{ schedule: 'knee' }, { schedule: { kind: 'knee', hold: 0.7 } }],
      'schedule.decay': [{ schedule: 'stable-decay' }, { schedule: { kind: 'stable-decay', decay: 0.5 } }],
      'schedule.curve': [{ schedule: 'stable-decay' }, { schedule: { kind: 'stable-decay', curve: 'linear' } }],
      minRatio: [{}, { minRatio: 0.1 }],
      rewarm: [{}, { rewarm: false }],
      rate: [{ rewarm: false }, { rewarm: false, rate: 0.3 }],
      optimizer: [{}, { optimizer: 'reset' }],
    };
    expect(
      Object.keys(changes)
        .filter((name) => !name.includes('.'))
        .sort(),
    ).toEqual(optionNames(continual));
    for (const [without, having] of Object.values(changes)) expect(ask(having, 2)).not.toEqual(ask(without, 2));
  });

  it.each([
    [{ rate: 0.1 }, 'rate is 0.1: changes nothing while rewarm is true'],
    [{ rewarm: false, rate: 0 }, 'rate is 0: Too small: expected number to be >0'],
    [{ rewarm: 'yes' }, "rewarm is 'yes': Invalid input: expected boolean"],
    [{ optimizer: 'keep' }, "optimizer is 'keep': Invalid option: expected one of "],
    [{ schedule: 'knee', curve: 'linear' }, "curve is called schedule: { kind: 'stable-decay', decay, curve }"],
    [{ schedule: { kind: 'knee', curve: 'linear' } }, 'there is no option "curve"'],
    [{ schedule: 'constant', minRatio: 0.1 }, 'this schedule does not decay to the minimum'],
  ])('refuses %o', async (options, message) => {
    await expect(planOf(info, { refused: [{ plugin: continual.plugin, options }] })).rejects.toThrow(message);
  });
});
