import { cosine, knee } from '@branchline/core';
import { experiment, hooksOf, optionNames, versionContext } from '@branchline/testing';
import { describe, expect, it } from 'vitest';
import { continual } from './continual.js';

const info = experiment([400, 400, 400]);
const ask = (options: unknown, version: number) =>
  hooksOf(continual, options).onVersion!(versionContext(info, version));

describe('continual', () => {
  it('starts from scratch once, then from the previous release with a new warm-up', () => {
    expect(ask(undefined, 1)).toEqual({ start: { from: 'scratch' }, lr: { shape: cosine(), floor: undefined } });
    for (const version of [2, 3]) {
      expect(ask(undefined, version)).toEqual({
        start: { from: 'release' },
        lr: { shape: cosine(), floor: undefined, warmup: 5 },
        carry: { optimizer: undefined },
      });
    }
  });

  it('leaves the data to the kernel, so that replay can own it', () => {
    for (const version of [1, 2]) expect(ask(undefined, version)).not.toHaveProperty('data');
  });

  it('goes on at a low constant rate without re-warming', () => {
    const options = { rewarm: false, schedule: 'knee' };
    expect(ask(options, 1)).toMatchObject({ lr: { shape: knee() } });
    expect(ask(options, 2)!.lr).toEqual({ shape: [{ share: 1, curve: 'constant', to: 0.1 }], floor: undefined });
  });

  it('has no option that changes nothing', () => {
    const stable = { schedule: 'stable-decay' };
    const changes: Record<string, [unknown, unknown]> = {
      schedule: [{}, { schedule: 'constant' }],
      hold: [{ schedule: 'knee' }, { schedule: 'knee', hold: 0.7 }],
      decay: [stable, { ...stable, decay: 0.5 }],
      curve: [stable, { ...stable, curve: 'linear' }],
      floor: [{}, { floor: 0.1 }],
      rewarm: [{}, { rewarm: false }],
      rate: [{ rewarm: false }, { rewarm: false, rate: 0.3 }],
      optimizer: [{}, { optimizer: 'reset' }],
    };
    expect(Object.keys(changes).sort()).toEqual(optionNames(continual));
    for (const [without, having] of Object.values(changes)) expect(ask(having, 2)).not.toEqual(ask(without, 2));
  });

  it.each([
    [{ rate: 0.1 }, 'rate changes nothing while rewarm is true'],
    [{ rewarm: false, rate: 0 }, 'rate is 0: a number above 0, at most 1, the rate of later versions'],
    [{ rewarm: 'yes' }, "rewarm is 'yes': true or false"],
    [{ optimizer: 'keep' }, "optimizer is 'keep': one of carry, reset"],
    [{ schedule: 'knee', curve: 'linear' }, 'it belongs to stable-decay'],
  ])('refuses %o', (options, message) => {
    expect(() => hooksOf(continual, options)).toThrow(message);
  });
});
