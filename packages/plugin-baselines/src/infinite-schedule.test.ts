import { expandSchedule, type ForkContext, rateAt, type Stage, type VersionSpec } from '@branchline/core';
import { type ContextData, decidersOf, experiment, optionNames, planOf, versionContext } from '@branchline/testing';
import { describe, expect, it } from 'vitest';
import { infiniteSchedule } from './infinite-schedule.js';

const info = experiment([120, 120, 120]);
const askVersion = (options: unknown, version: number) =>
  decidersOf(infiniteSchedule, options).onVersion(versionContext(info, version))!;

/** The context of a fork whose version has 12 steps; version 1 has a warm-up of 2 steps. */
function forkContext(
  version: number,
  change: Partial<VersionSpec['lr']> = {},
  fork = 'anneal',
): ContextData<ForkContext> {
  const carry = { weights: true, optimizer: true, schedule: false, data: true, random: true, plugins: true };
  const spec: VersionSpec = {
    start: { from: version === 1 ? 'scratch' : 'tip' },
    data: { use: 'new' },
    order: { by: { by: 'shuffled' }, scope: 'together' },
    epochs: 1,
    steps: 12,
    lr: { peak: 1, warmup: version === 1 ? 2 : 0, schedule: [], minRatio: 0.1, ...change },
    loss: { distil: null, prefix: 0 },
    carry,
    forks: ['anneal'],
    release: { path: 'anneal', average: null },
  };
  return { ...versionContext(info, version), fork, spec, forks: [] };
}
const askFork = (options: unknown, context = forkContext(2)) => decidersOf(infiniteSchedule, options).onFork(context);

function rates(steps: number, warmup: number, base: number, schedule: readonly Stage[]): readonly number[] {
  const pieces = expandSchedule({ steps, warmup, base, min: 0.1, schedule });
  return pieces.flatMap((piece) =>
    Array.from({ length: piece.steps }, (_, index) => Number(rateAt(piece, index).toFixed(4))),
  );
}

describe('infinite-schedule', () => {
  it('warms up, cools down along half a cosine, and stays constant', () => {
    const { schedule } = askVersion({ cooldown: 0.4, constant: 0.5 }, 1).lr!;
    // 2 steps of warm-up, then 0.4 of the other 10 cool down: 0.5 + 0.25·(1 + cos(pi·k/4)).
    expect(rates(12, 2, 1, schedule!)).toEqual([0.5, 1, 0.9268, 0.75, 0.5732, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5]);
  });

  it('continues the constant phase when new data comes', () => {
    const part = askVersion({ constant: 0.5 }, 2);
    expect(part.start).toEqual({ from: 'tip' });
    expect(rates(3, 0, 1, part.lr!.schedule!)).toEqual([0.5, 0.5, 0.5]);
  });

  it('anneals exponentially to the minimum in a branch at the end of the increment', () => {
    const part = askFork({ constant: 0.4, anneal: 1 / 6 });
    expect(part).toMatchObject({ at: 10, steps: 2 });
    // From 0.4 to 0.1 in two steps: each step halves the rate.
    expect(rates(2, 0, 0.4, part!.lr!.schedule!)).toEqual([0.2, 0.1]);
  });

  it("falls to the merged minimum of any plugin, and decides nothing about other plugins' forks", () => {
    const part = askFork({ constant: 0.4, anneal: 1 / 6 }, forkContext(2, { minRatio: 0.025 }));
    expect(rates(2, 0, 0.4, part!.lr!.schedule!)).toEqual([0.1, 0.025]);
    expect(askFork({}, forkContext(2, {}, 'cooldown'))).toBeUndefined();
  });

  it('releases the constant phase, without a branch, at anneal 0', () => {
    expect(askVersion({ anneal: 0 }, 2)).toMatchObject({ forks: [], release: { path: 'main' } });
  });

  it('refuses to anneal before the constant phase, to 0, and upwards', () => {
    expect(() => askFork({ cooldown: 0.5, anneal: 0.5 }, forkContext(1))).toThrow(
      'leaves after 6 of its 12 steps, but the constant phase begins after 7',
    );
    expect(askFork({ cooldown: 0.5, anneal: 0.5 }, forkContext(2))).toMatchObject({ at: 6 });
    expect(() => askFork({}, forkContext(2, { minRatio: 0 }))).toThrow('minRatio must be above 0');
    expect(() => askFork({}, forkContext(2, { minRatio: 0.5 }))).toThrow('minRatio, 0.5 of the peak');
  });

  it('has no option that changes nothing', () => {
    const both = (options: unknown) => [askVersion(options, 1), askFork(options)];
    const changes: Record<string, unknown> = {
      cooldown: { cooldown: 0.1 },
      constant: { constant: 0.6 },
      anneal: { anneal: 0.5 },
      minRatio: { minRatio: 0.2 },
    };
    expect(Object.keys(changes).sort()).toEqual(optionNames(infiniteSchedule));
    for (const changed of Object.values(changes)) expect(both(changed)).not.toEqual(both({}));
  });

  it.each([
    [{ cooldown: 1 }, 'the constant phase must begin within version 1'],
    [{ constant: 0 }, 'constant is 0: Too small: expected number to be >0'],
    [{ anneal: 2 }, 'anneal is 2: Too big: expected number to be <=1'],
    [{ floor: 0.1 }, 'floor is called minRatio'],
    [{ minRatio: 0 }, 'an exponential never reaches 0'],
    [{ minRatio: 0.5 }, 'minRatio is 0.5: above the constant rate'],
    [{ minRatio: 0.1, anneal: 0 }, 'minRatio is 0.1: changes nothing while anneal is 0'],
  ])('refuses %o', async (options, message) => {
    await expect(planOf(info, { refused: [{ plugin: infiniteSchedule.plugin, options }] })).rejects.toThrow(message);
  });
});
