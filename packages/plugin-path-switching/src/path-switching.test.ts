import {
  constant,
  expandSchedule,
  type ForkContext,
  type ForkPart,
  knee,
  multiStep,
  rateAt,
  type VersionSpec,
} from '@branchline/core';
import { type ContextData, decidersOf, experiment, optionNames, planOf, versionContext } from '@branchline/testing';
import { describe, expect, it } from 'vitest';
import { pathSwitching } from './path-switching.js';

const info = experiment([400, 400, 400]);
const askVersion = (options: unknown, version = 2) =>
  decidersOf(pathSwitching, options).onVersion(versionContext(info, version));

/** The context of a fork whose version has `steps` steps. */
function forkContext(version: number, steps: number, fork = 'branch'): ContextData<ForkContext> {
  const carry = { weights: true, optimizer: true, schedule: false, data: true, random: true, plugins: true };
  const spec: VersionSpec = {
    start: { from: version === 1 ? 'scratch' : 'tip' },
    data: { use: 'new' },
    order: { by: { by: 'shuffled' }, scope: 'together' },
    epochs: 1,
    steps,
    lr: { peak: 1, warmup: version === 1 ? 5 : 0, schedule: constant(), minRatio: 0 },
    loss: { distil: null, prefix: 0 },
    carry,
    forks: ['branch'],
    release: { path: 'branch', average: null },
  };
  return { ...versionContext(info, version), fork, spec, forks: [] };
}
const askFork = (options: unknown, version = 2, steps = 40) =>
  decidersOf(pathSwitching, options).onFork(forkContext(version, steps));

describe('path-switching', () => {
  it('continues the main path at the peak and releases the branch', () => {
    expect(askVersion(undefined, 1)).toEqual({
      start: { from: 'scratch' },
      lr: { schedule: constant(), minRatio: undefined },
      forks: ['branch'],
      release: { path: 'branch' },
    });
    expect(askVersion(undefined, 2)).toMatchObject({ start: { from: 'tip' } });
  });

  it('branches over the last alpha of the increment, with a fast decay to the minimum', () => {
    expect(askFork(undefined)).toEqual({
      at: 16,
      steps: 24,
      lr: { schedule: [{ share: 1, curve: '1-sqrt', to: 'min' }] },
      carry: undefined,
    });
  });

  it('rounds any share to steps that end with the increment', () => {
    for (const alpha of [0.001, 0.1, 0.25, 0.333, 0.6, 0.999, 1]) {
      for (const increment of [1, 2, 7, 40, 41, 999]) {
        const { at, steps } = askFork({ alpha }, 2, increment) as { at: number; steps: number };
        expect(at + steps).toBe(increment);
        expect(steps).toBe(Math.max(1, Math.round(alpha * increment)));
      }
    }
  });

  it('leaves earlier if fork is given', () => {
    expect(askFork({ alpha: 0.3, fork: 0.5 })).toMatchObject({ at: 20, steps: 12 });
    // Both shares round up here; the branch must not reach into the next increment.
    expect(askFork({ alpha: 0.5, fork: 0.5 }, 2, 41)).toMatchObject({ at: 20, steps: 21 });
  });

  it('has no branch at alpha 0: the main path releases', () => {
    expect(askVersion({ alpha: 0 })).toMatchObject({ forks: [], release: { path: 'main' } });
  });

  it('has the schedules of the paper', () => {
    expect(askFork({ schedule: { kind: 'knee', hold: 0.2 } })).toMatchObject({ lr: { schedule: knee(0.2) } });
    expect(askFork({ schedule: 'multi-step' })).toMatchObject({ lr: { schedule: multiStep() } });
  });

  it('takes over the parts given in carry', () => {
    expect(askFork({ carry: { optimizer: false } })).toMatchObject({ carry: { optimizer: false } });
  });

  it('sets the minimum once, on the version, whose branch inherits it', () => {
    expect(askVersion({ minRatio: 0.1 })).toMatchObject({ lr: { minRatio: 0.1 } });
    expect(askFork({ minRatio: 0.1 })!.lr).not.toHaveProperty('minRatio');
  });

  it("decides nothing about other plugins' forks", () => {
    expect(decidersOf(pathSwitching).onFork(forkContext(2, 40, 'cooldown'))).toBeUndefined();
  });

  describe('a fork inside the warm-up of version 1', () => {
    /** Rates of a branch of 40 - at steps whose main path has reached at / 5 of the peak. */
    function rates(part: ForkPart): readonly number[] {
      const { at, steps, lr, carry } = part as Required<ForkPart>;
      const pieces = expandSchedule({
        steps,
        warmup: carry?.schedule === false ? lr.warmup! : 0,
        base: carry?.schedule === false ? 1 : at / 5,
        min: 0,
        schedule: lr.schedule!,
      });
      return pieces.flatMap((piece) => Array.from({ length: piece.steps }, (_, index) => rateAt(piece, index)));
    }
    const close = (values: readonly number[]) => values.map((value) => expect.closeTo(value, 9) as number);
    const decay = (steps: number) => Array.from({ length: steps }, (_, index) => 1 - Math.sqrt((index + 1) / steps));

    it('warms up with the main path when it leaves at step 0', () => {
      const part = askFork({ alpha: 1 }, 1)!;
      expect(part).toMatchObject({ at: 0, steps: 40, lr: { warmup: 5 }, carry: { schedule: false } });
      expect(rates(part)).toEqual(close([0.2, 0.4, 0.6, 0.8, 1, ...decay(35)]));
    });

    it('finishes the warm-up before it decays', () => {
      const part = askFork({ alpha: 0.95 }, 1)!;
      expect(part).toMatchObject({ at: 2, steps: 38 });
      expect(rates(part)).toEqual(close([0.6, 0.8, 1, ...decay(35)]));
      const stepped = askFork({ alpha: 0.95, schedule: 'multi-step' }, 1)!;
      expect(rates(stepped)).toEqual(
        close([
          0.6,
          0.8,
          1,
          ...new Array<number>(28).fill(1),
          ...[4, 3].flatMap((n, k) => new Array<number>(n).fill([0.316, 0.1][k]!)),
        ]),
      );
    });

    it('only warms up when it has no steps left to decay', () => {
      expect(rates(askFork({ alpha: 0.05, fork: 0.05 }, 1)!)).toEqual(close([0.6, 0.8]));
    });

    it('changes nothing without a warm-up, or if the branch has its own', () => {
      expect(askFork({ alpha: 1 }, 2)).toMatchObject({ lr: { schedule: [{ share: 1 }] }, carry: undefined });
      expect(askFork({ alpha: 0.95, carry: { schedule: false } }, 1)!.lr!.schedule).toHaveLength(1);
    });
  });

  it('has no option that changes nothing', () => {
    const both = (options: unknown) => [askVersion(options), askFork(options)];
    const changes: Record<string, [unknown, unknown]> = {
      alpha: [{}, { alpha: 0.3 }],
      schedule: [{}, { schedule: 'linear' }],
      'schedule.hold': [{ schedule: 'knee' }, { schedule: { kind: 'knee', hold: 0.3 } }],
      minRatio: [{}, { minRatio: 0.1 }],
      fork: [{}, { fork: 0.1 }],
      carry: [{}, { carry: { optimizer: false } }],
    };
    expect(
      Object.keys(changes)
        .filter((name) => !name.includes('.'))
        .sort(),
    ).toEqual(optionNames(pathSwitching));
    for (const [without, having] of Object.values(changes)) expect(both(having)).not.toEqual(both(without));
    for (const part of ['weights', 'optimizer', 'schedule', 'data', 'random', 'plugins']) {
      expect(askFork({ carry: { [part]: false } })).toMatchObject({ carry: { [part]: false } });
    }
  });

  it.each([
    [{ alpha: 1.5 }, 'alpha is 1.5: Too big: expected number to be <=1'],
    [{ alpha: '0.6' }, "alpha is '0.6': Invalid input: expected number"],
    [{ alpha: Number.NaN }, 'alpha is NaN: Invalid input: expected number'],
    [{ alpha: 0.6, fork: 0.5 }, 'fork is 0.5: the branch would end after its increment; at most 1 - alpha, 0.4'],
    [{ alpha: 0, schedule: 'linear' }, "schedule is 'linear': changes nothing while alpha is 0: there is no branch"],
    [{ hold: 0.5 }, "hold is called schedule: { kind: 'knee', hold }"],
    [{ floor: 0.5 }, 'floor is called minRatio'],
    [{ schedule: { kind: 'knee', hold: 1 } }, 'hold is 1: Too big: expected number to be <1'],
    [{ schedule: 'multi-step', minRatio: 0.2 }, 'this schedule does not decay to the minimum'],
    [{ schedule: 'step' }, "schedule is 'step': one of constant, cosine, linear, 1-sqrt, multi-step, knee"],
    [{ carry: { optimiser: false } }, 'optimiser'],
    [{ carry: { optimizer: 'no' } }, "optimizer is 'no': Invalid input: expected boolean"],
  ])('refuses %o', async (options, message) => {
    await expect(planOf(info, { refused: [{ plugin: pathSwitching.plugin, options }] })).rejects.toThrow(message);
  });

  it('tolerates rounding when fork and alpha add up to 1', () => {
    for (let tenth = 1; tenth < 10; tenth++) {
      expect(() => askFork({ alpha: tenth / 10, fork: 1 - tenth / 10 })).not.toThrow();
    }
  });
});
