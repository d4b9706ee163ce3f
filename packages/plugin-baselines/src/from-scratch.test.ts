import { cosine, expandSchedule, type Stage, stableDecay } from '@branchline/core';
import { decidersOf, experiment, optionNames, planOf, versionContext } from '@branchline/testing';
import { describe, expect, it } from 'vitest';
import { fromScratch } from './from-scratch.js';

const info = experiment([400, 400, 400]);
const ask = (options: unknown, version = 3, of = info) =>
  decidersOf(fromScratch, options).onVersion(versionContext(of, version));

describe('from-scratch', () => {
  it('starts every version from fresh weights on all data so far, and sets nothing else', () => {
    for (const version of [1, 2, 3]) {
      expect(ask(undefined, version)).toEqual({
        start: { from: 'scratch' },
        data: { use: 'all' },
        order: { scope: undefined },
        lr: { schedule: cosine(), minRatio: undefined },
      });
    }
  });

  it('keeps increments apart in order of arrival', () => {
    expect(ask({ order: 'arrival' })).toMatchObject({ order: { scope: 'by-version' } });
  });

  it('decays over a share of the whole run by default', () => {
    expect(ask({ schedule: { kind: 'stable-decay', decay: 0.6 } })).toMatchObject({
      lr: { schedule: stableDecay(0.6) },
    });
  });

  it('decays over exactly round(decay * T) steps of the newest increment with of: increment', () => {
    // Uneven increments with partial batches, and a warm-up: cases in which shares could round wrongly.
    const uneven = experiment([409, 1337, 73, 911]);
    for (const decay of [0.1, 0.3, 0.6, 0.95]) {
      for (const version of [1, 2, 3, 4]) {
        const context = versionContext(uneven, version);
        const schedule = { kind: 'stable-decay', decay, of: 'increment' };
        const part = ask({ schedule, order: 'arrival' }, version, uneven)!;
        const { steps, lr } = part as { steps: number; lr: { warmup: number; schedule: readonly Stage[] } };
        expect(steps).toBe([40, 173, 180, 271][version - 1]);
        const pieces = expandSchedule({ steps, warmup: lr.warmup, base: 1, min: 0, schedule: lr.schedule });
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
    const part = ask({ schedule: { kind: 'stable-decay', decay: 0.2, of: 'increment' } });
    expect(part).toMatchObject({ steps: 120, lr: { warmup: 5 } });
    const ofRun = ask({ schedule: { kind: 'stable-decay', decay: 0.2 } });
    expect(ofRun).not.toHaveProperty('steps');
    expect(ofRun?.lr).not.toHaveProperty('warmup');
  });

  it('has no option that changes nothing', () => {
    const stable = { kind: 'stable-decay', decay: 0.2 };
    const changes: Record<string, [unknown, unknown]> = {
      schedule: [{}, { schedule: 'constant' }],
      'schedule.hold': [{ schedule: 'knee' }, { schedule: { kind: 'knee', hold: 0.7 } }],
      'schedule.decay': [{ schedule: stable }, { schedule: { ...stable, decay: 0.5 } }],
      'schedule.curve': [{ schedule: stable }, { schedule: { ...stable, curve: 'linear' } }],
      'schedule.of': [{ schedule: stable }, { schedule: { ...stable, of: 'increment' } }],
      minRatio: [{}, { minRatio: 0.1 }],
      order: [{}, { order: 'arrival' }],
    };
    expect(
      Object.keys(changes)
        .filter((name) => !name.includes('.'))
        .sort(),
    ).toEqual(optionNames(fromScratch));
    for (const [without, having] of Object.values(changes)) expect(ask(having)).not.toEqual(ask(without));
  });

  it.each([
    [
      { schedule: 'step' },
      "schedule is 'step': one of constant, cosine, linear, 1-sqrt, multi-step, knee, stable-decay",
    ],
    [{ hold: 0.5 }, "hold is called schedule: { kind: 'knee', hold }"],
    [{ schedule: 'knee', decay: 0.5 }, "decay is called schedule: { kind: 'stable-decay', decay }"],
    [{ schedule: { kind: 'knee', hold: 1 } }, 'hold is 1: Too big: expected number to be <1'],
    [{ schedule: { kind: 'stable-decay', decay: 0 } }, 'decay is 0: Too small: expected number to be >0'],
    [{ schedule: { kind: 'stable-decay', decay: 0, of: 'increment' } }, "decay: 0, of: 'increment' }: one of constant"],
    [{ schedule: 'multi-step', minRatio: 0 }, 'this schedule does not decay to the minimum'],
    [{ schedule: 'constant', minRatio: 0 }, 'this schedule does not decay to the minimum'],
    [{ minRatio: 1.5 }, 'minRatio is 1.5: Too big: expected number to be <=1'],
    [{ floor: 0.5 }, 'floor is called minRatio'],
    [{ order: 'random' }, "order is 'random': Invalid option: expected one of "],
    [{ decayOf: 'increment' }, "decayOf is called schedule: { kind: 'stable-decay', decay, of: 'increment' }"],
    [{ schedule: { kind: 'knee', of: 'increment' } }, 'there is no option "of"'],
    [{ shedule: 'cosine' }, 'shedule'],
  ])('refuses %o', async (options, message) => {
    await expect(planOf(info, { refused: [{ plugin: fromScratch.plugin, options }] })).rejects.toThrow(message);
  });
});
