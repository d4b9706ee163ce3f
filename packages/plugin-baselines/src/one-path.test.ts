/** Strategies with a single path: stable-only and WSD-S. */
import { expandSchedule, rateAt, type Stage } from '@branchline/core';
import { decidersOf, experiment, optionNames, planOf, versionContext } from '@branchline/testing';
import { describe, expect, it } from 'vitest';
import { stableOnly } from './stable-only.js';
import { wsdS } from './wsd-s.js';

const info = experiment([100, 100, 100]);
const stable = decidersOf(stableOnly);
const ask = (options: unknown, version: number) => decidersOf(wsdS, options).onVersion(versionContext(info, version))!;

/** Rates of the 10 steps of a version at peak 1 and minRatio 0. */
function rates(schedule: readonly Stage[], warmup: number): readonly number[] {
  const pieces = expandSchedule({ steps: 10, warmup, base: 1, min: 0, schedule });
  return pieces.flatMap((piece) =>
    Array.from({ length: piece.steps }, (_, index) => Number(rateAt(piece, index).toFixed(3))),
  );
}

describe('stable-only', () => {
  it('stays at the peak through all versions and releases its state', () => {
    for (const version of [1, 2, 3]) {
      const part = stable.onVersion(versionContext(info, version))!;
      expect(part.start).toEqual({ from: version === 1 ? 'scratch' : 'tip' });
      expect(part.release).toEqual({ path: 'main' });
      expect(rates(part.lr!.schedule!, version === 1 ? 2 : 0)).toEqual([
        ...(version === 1 ? [0.5, 1] : [1, 1]),
        ...new Array<number>(8).fill(1),
      ]);
    }
  });
});

describe('wsd-s', () => {
  it('decays at the end of a version and is back at the peak in the first step of the next', () => {
    const scheduleOf = (version: number) => ask({ decay: 0.4 }, version).lr!.schedule!;
    expect(rates(scheduleOf(1), 2)).toEqual([0.5, 1, 1, 1, 1, 1, 1, 0.667, 0.333, 0]);
    expect(rates(scheduleOf(2), 0)).toEqual([1, 1, 1, 1, 1, 1, 0.75, 0.5, 0.25, 0]);
  });

  it('releases the decayed end of the path and continues from it', () => {
    expect(ask({}, 1).start).toEqual({ from: 'scratch' });
    for (const version of [2, 3]) {
      expect(ask({}, version)).toMatchObject({ start: { from: 'tip' }, release: { path: 'main' } });
      expect(ask({}, version)).not.toHaveProperty('forks');
      expect(ask({}, version).lr).not.toHaveProperty('warmup');
    }
  });

  it('has no option that changes nothing', () => {
    const changes: Record<string, unknown> = {
      decay: { decay: 0.3 },
      curve: { curve: 'cosine' },
      minRatio: { minRatio: 0.2 },
    };
    expect(Object.keys(changes).sort()).toEqual(optionNames(wsdS));
    for (const changed of Object.values(changes)) expect(ask(changed, 2)).not.toEqual(ask({}, 2));
  });

  it.each([
    [{ decay: 0 }, 'use stable-only to train without a decay'],
    [{ curve: 'inverse' }, "curve is 'inverse': Invalid option: expected one of "],
    [{ minRatio: -1 }, 'minRatio is -1: Too small: expected number to be >=0'],
    [{ floor: 0.2 }, 'floor is called minRatio'],
  ])('refuses %o', async (options, message) => {
    await expect(planOf(info, { refused: [{ plugin: wsdS.plugin, options }] })).rejects.toThrow(message);
  });
});
