/** Steps and weights of LAWA and WSM, and their agreement with the general plugin. */
import { decidersOf, experiment, optionNames, planOf, versionContext } from '@branchline/testing';
import { describe, expect, it } from 'vitest';
import { lawa } from './lawa.js';
import { modelAveraging } from './model-averaging.js';
import { wsm } from './wsm.js';

/** Versions of 400 steps. */
const info = experiment([4000, 4000]);
const average = (plugin: { readonly plugin: unknown }, options?: unknown) =>
  decidersOf(plugin, options).onVersion(versionContext(info, 2))!.release!.average as readonly {
    stepsBack: number;
    weight: number;
  }[];
const stepsBack = (plugin: { readonly plugin: unknown }, options?: unknown) =>
  average(plugin, options).map((part) => part.stepsBack);
const weights = (plugin: { readonly plugin: unknown }, options?: unknown) =>
  average(plugin, options).map(({ weight }) => weight);

describe('lawa', () => {
  it('averages five checkpoints with equal weights over half the increment', () => {
    expect(average(lawa)).toEqual([0, 50, 100, 150, 200].map((back) => ({ stepsBack: back, weight: 1 / 5 })));
    expect(stepsBack(lawa, { last: 3, every: 20 })).toEqual([0, 20, 40]);
  });

  it('releases the same states as the general plugin', async () => {
    const plan = await planOf(info, { lawa: [lawa({ every: 30 })], sma: [modelAveraging({ last: 5, every: 30 })] });
    expect(plan.releases('lawa')).toEqual(plan.releases('sma'));
    expect(plan.steps).toBe(800);
  });

  it('has no option that changes nothing', () => {
    expect(optionNames(lawa)).toEqual(['every', 'last']);
    for (const options of [{ last: 3 }, { every: 7 }]) expect(average(lawa, options)).not.toEqual(average(lawa));
  });
});

describe('wsm', () => {
  it('spans the emulated decay with any number of checkpoints', () => {
    expect(stepsBack(wsm)).toEqual([0, 40, 80, 120, 160, 200]);
    expect(stepsBack(wsm, { span: 1, last: 5 })).toEqual([0, 100, 200, 300, 400]);
    // A span may reach beyond the increment, into earlier versions.
    expect(stepsBack(wsm, { span: 1.5, last: 3 })).toEqual([0, 300, 600]);
  });

  it('weights checkpoints by the fall of the decay', () => {
    for (const weight of weights(wsm)) expect(weight).toBeCloseTo(1 / 6, 12);
    // To half the rate over one interval: w_1 = 0.5 + 0.5 * 0.5.
    expect(weights(wsm, { last: 2, minRatio: 0.5 })).toEqual([0.75, 0.25]);
    const [newest, , oldest] = weights(wsm, { last: 3, decay: 'cosine' });
    // cos(60 degrees) = 0.5: the decay weights are 0.75 and 0.25.
    expect(newest).toBeCloseTo(0.25, 12);
    expect(oldest).toBeCloseTo(0.25, 12);
  });

  it('costs no training', async () => {
    expect((await planOf(info, { plain: [modelAveraging()], merged: [wsm({ decay: '1-sqrt' })] })).steps).toBe(800);
  });

  it('has no option that changes nothing', () => {
    const changes = { decay: { decay: 'cosine' }, minRatio: { minRatio: 0.2 }, last: { last: 3 }, span: { span: 0.2 } };
    expect(Object.keys(changes).sort()).toEqual(optionNames(wsm));
    for (const changed of Object.values(changes)) expect(average(wsm, changed)).not.toEqual(average(wsm));
  });

  it.each([
    [{ decay: 'exponential' }, "decay is 'exponential': Invalid option: expected one of "],
    [{ last: 1 }, 'last is 1: Too small'],
    [{ span: -1 }, 'span is -1: Too small'],
    [{ minRatio: 1 }, 'minRatio is 1: Too big'],
    [{ floor: 0.5 }, 'floor is called minRatio'],
  ])('refuses %o', async (options, message) => {
    await expect(planOf(info, { refused: [{ plugin: wsm.plugin, options }] })).rejects.toThrow(message);
  });
});
