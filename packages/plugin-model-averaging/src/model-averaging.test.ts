import { definePlugin, type OrderBy } from '@branchline/core';
import { decidersOf, experiment, optionNames, planOf, versionContext } from '@branchline/testing';
import { describe, expect, it } from 'vitest';
import { modelAveraging } from './model-averaging.js';

const info = experiment([4000, 4000]);
const inOrder = (by: OrderBy) => definePlugin({ name: 'in-order', onVersion: () => ({ order: { by } }) });
const { spec } = (await planOf(info, { plain: [inOrder({ by: 'shuffled' })()] })).of('plain').decisions[1]!;
const ask = (options?: unknown, of = info, order: OrderBy = { by: 'shuffled' }) =>
  decidersOf(modelAveraging, options).onRelease({ ...versionContext(of, 2), spec, order })!;
const average = (options?: unknown, of = info) =>
  ask(options, of).release!.average as readonly { stepsBack: number; weight: number }[];

describe('model-averaging', () => {
  it('averages six checkpoints over half the increment and sets nothing else', () => {
    expect(ask()).toEqual({
      release: { average: [0, 40, 80, 120, 160, 200].map((stepsBack) => ({ stepsBack, weight: 1 / 6 })) },
    });
  });

  it('spans half the increment with any number of checkpoints', () => {
    expect(average({ last: 3 }).map(({ stepsBack }) => stepsBack)).toEqual([0, 100, 200]);
    expect(average({ last: 3, span: 0.25 }).map(({ stepsBack }) => stepsBack)).toEqual([0, 50, 100]);
    expect(average({}, experiment([70, 70])).map(({ stepsBack }) => stepsBack)).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it.each<[OrderBy, number]>([
    [{ by: 'shuffled' }, 40],
    [{ by: 'ascending' }, 12],
    [{ by: 'finish', best: 0.2 }, 16],
  ])('fits its span to the order that another plugin decides, before or after it: %j', async (by, every) => {
    for (const plugins of [
      [inOrder(by)(), modelAveraging()],
      [modelAveraging(), inOrder(by)()],
    ]) {
      const decided = (await planOf(info, { averaged: plugins })).of('averaged').decisions[1]!;
      const parts = decided.spec.release.average!;
      expect(parts).toMatchObject([0, 1, 2, 3, 4, 5].map((age) => ({ stepsBack: age * every })));
      // What `plan --explain` shows.
      expect(decided.fields.get('release.average')).toMatchObject({ value: parts, owner: { name: 'model-averaging' } });
    }
  });

  it('keeps a span or a distance that is given, in every order', () => {
    for (const options of [{ span: 0.5 }, { every: 7 }])
      expect(ask(options, info, { by: 'ascending' })).toEqual(ask(options));
  });

  it('takes a list of weights, newest first, and scales it to add up to 1', () => {
    expect(average({ weights: [3, 1], every: 10 })).toEqual([
      { stepsBack: 0, weight: 0.75 },
      { stepsBack: 10, weight: 0.25 },
    ]);
    // Extrapolates away from the older checkpoint.
    expect(average({ weights: [1.5, -0.5], every: 10 })[1]).toEqual({ stepsBack: 10, weight: -0.5 });
  });

  it('leaves out checkpoints of weight 0', () => {
    expect(average({ weights: [1, 0, 1], every: 10 }).map(({ stepsBack }) => stepsBack)).toEqual([0, 20]);
  });

  it('has no option that changes nothing', () => {
    const changes: Record<string, [unknown, unknown]> = {
      last: [{}, { last: 4 }],
      every: [{}, { every: 7 }],
      span: [{}, { span: 1 }],
      weights: [{}, { weights: 'wma' }],
      'weights.factor': [{ weights: 'ema' }, { weights: { kind: 'ema', factor: 0.5 } }],
    };
    expect(
      Object.keys(changes)
        .filter((name) => !name.includes('.'))
        .sort(),
    ).toEqual(optionNames(modelAveraging));
    for (const [without, having] of Object.values(changes)) expect(ask(having)).not.toEqual(ask(without));
  });

  it.each([
    [{ last: 1 }, 'last is 1: Too small: expected number to be >=2'],
    [{ every: 0 }, 'every is 0: Too small: expected number to be >=1'],
    [
      { weights: 'mean' },
      "weights is 'mean': one of sma, ema, wma, { kind: 'ema', factor }, or a list of 2 or more numbers, newest first",
    ],
    [{ weights: [1] }, 'weights is [ 1 ]: '],
    [{ weights: [1, 'b'] }, "weights is [ 1, 'b' ]: one of"],
    [{ weights: [1, 2], last: 6 }, 'weights is [ 1, 2 ]: lists 2 checkpoints, but last is 6'],
    [{ weights: [1, -1] }, 'adds up to 0'],
    [{ weights: [0, 0] }, 'adds up to 0'],
    [{ span: 0 }, 'span is 0: Too small: expected number to be >0'],
    [{ span: 0.5, every: 40 }, 'every sets the same distance; leave one of them out'],
    [{ factor: 0.2 }, "factor is called weights: { kind: 'ema', factor }"],
    [{ weights: { kind: 'ema', factor: 1 } }, 'factor is 1: Too big: expected number to be <1'],
  ])('refuses %o', async (options, message) => {
    await expect(planOf(info, { refused: [{ plugin: modelAveraging.plugin, options }] })).rejects.toThrow(message);
  });
});
