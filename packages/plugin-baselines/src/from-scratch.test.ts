import { cosine, expandSchedule, type Stage, stableDecay } from '@branchline/core';
import { experiment, hooksOf, optionNames, versionContext } from '@branchline/testing';
import { describe, expect, it } from 'vitest';
import { fromScratch } from './from-scratch.js';

const info = experiment([400, 400, 400]);
const ask = (options: unknown, version = 3, of = info) =>
  hooksOf(fromScratch, options).onVersion!(versionContext(of, version));

describe('from-scratch', () => {
  it('starts every version from fresh weights on all data so far, and sets nothing else', () => {
    for (const version of [1, 2, 3]) {
      expect(ask(undefined, version)).toEqual({
        start: { from: 'scratch' },
        data: { use: 'all' },
        order: { scope: undefined },
        lr: { shape: cosine(), floor: undefined },
      });
    }
  });

  it('keeps increments apart in order of arrival', () => {
    expect(ask({ order: 'arrival' })).toMatchObject({ order: { scope: 'by-version' } });
  });

  it('decays over a share of the whole run by default', () => {
    expect(ask({ schedule: 'stable-decay', decay: 0.6 })).toMatchObject({ lr: { shape: stableDecay(0.6) } });
  });

  it('decays over exactly round(decay * T) steps of the newest increment when asked to', () => {
    // Uneven increments whose batches do not come out even, and a warm-up: the cases in which a share rounds wrongly.
    const uneven = experiment([409, 1337, 73, 911]);
    for (const decay of [0.1, 0.3, 0.6, 0.95]) {
      for (const version of [1, 2, 3, 4]) {
        const context = versionContext(uneven, version);
        const part = ask({ schedule: 'stable-decay', order: 'arrival', decay, decayOf: 'increment' }, version, uneven)!;
        const { steps, lr } = part as { steps: number; lr: { warmup: number; shape: readonly Stage[] } };
        expect(steps).toBe([40, 173, 180, 271][version - 1]);
        const pieces = expandSchedule({ steps, warmup: lr.warmup, base: 1, floor: 0, shape: lr.shape });
        const decaySteps = Math.min(Math.round(decay * context.stepsOfIncrement), steps - lr.warmup);
        expect(pieces.at(-1)).toMatchObject({ curve: '1-sqrt', from: 1, to: 0, of: decaySteps, steps: decaySteps });
        const held = steps - lr.warmup - decaySteps;
        expect(pieces.filter(({ curve }) => curve === 'constant')).toEqual(
          held > 0 ? [{ curve: 'constant', from: 1, to: 1, of: 0, offset: 0, steps: held }] : [],
        );
      }
    }
  });

  it('owns steps and warm-up only where the decay depends on them', () => {
    const part = ask({ schedule: 'stable-decay', decayOf: 'increment' });
    expect(part).toMatchObject({ steps: 120, lr: { warmup: 5 } });
    expect(ask({ schedule: 'stable-decay', decayOf: 'run' })).not.toHaveProperty('steps');
    expect(ask({ schedule: 'stable-decay', decayOf: 'run' })?.lr).not.toHaveProperty('warmup');
  });

  it('has no option that changes nothing', () => {
    const stable = { schedule: 'stable-decay' };
    const changes: Record<string, [unknown, unknown]> = {
      schedule: [{}, { schedule: 'constant' }],
      hold: [{ schedule: 'knee' }, { schedule: 'knee', hold: 0.7 }],
      decay: [stable, { ...stable, decay: 0.5 }],
      curve: [stable, { ...stable, curve: 'linear' }],
      floor: [{}, { floor: 0.1 }],
      order: [{}, { order: 'arrival' }],
      decayOf: [stable, { ...stable, decayOf: 'increment' }],
    };
    expect(Object.keys(changes).sort()).toEqual(optionNames(fromScratch));
    for (const [without, having] of Object.values(changes)) expect(ask(having)).not.toEqual(ask(without));
  });

  it.each([
    [{ schedule: 'linear' }, "schedule is 'linear': one of cosine, knee, multi-step, stable-decay, constant"],
    [{ hold: 0.5 }, "hold changes nothing under schedule 'cosine'; it belongs to knee"],
    [{ schedule: 'knee', decay: 0.5 }, "decay changes nothing under schedule 'knee'; it belongs to stable-decay"],
    [{ schedule: 'knee', hold: 1 }, 'hold is 1: a number from 0 to below 1'],
    [{ schedule: 'stable-decay', decay: 0 }, "use schedule 'constant' for no decay"],
    [{ schedule: 'multi-step', floor: 0 }, 'which ends at 10% of the peak'],
    [{ schedule: 'constant', floor: 0 }, 'it belongs to cosine, knee, stable-decay'],
    [{ floor: 1.5 }, 'floor is 1.5: a number from 0 to 1, the rate at the end of the decay as a share of the peak'],
    [{ order: 'random' }, "order is 'random': one of shuffled, arrival"],
    [{ decayOf: 'increment' }, "decayOf changes nothing under schedule 'cosine'; it belongs to stable-decay"],
    [{ shedule: 'cosine' }, 'shedule'],
  ])('refuses %o', (options, message) => {
    expect(() => hooksOf(fromScratch, options)).toThrow(message);
  });
});
