import { decidersOf, experiment, optionNames, planOf, versionContext } from '@branchline/testing';
import { describe, expect, it } from 'vitest';
import { replay } from './replay.js';

const info = experiment([400, 400]);
const ask = (options: unknown, version: number) => decidersOf(replay, options).onVersion(versionContext(info, version));

describe('replay', () => {
  it('mixes old data into every version after the first', () => {
    expect(ask(undefined, 1)).toBeUndefined();
    expect(ask(undefined, 2)).toEqual({ data: { use: 'mixture', replay: 0.05 } });
  });

  it('uses only new data at ratio 0, to share steps, and still owns the field', () => {
    expect(ask({ ratio: 0 }, 2)).toEqual({ data: { use: 'new' } });
  });

  it('has no option that changes nothing', () => {
    expect(optionNames(replay)).toEqual(['ratio']);
    expect(ask({ ratio: 0.25 }, 2)).not.toEqual(ask({}, 2));
  });

  it.each([
    [{ ratio: 1 }, '1'],
    [{ ratio: -0.1 }, '-0.1'],
    [{ ratio: '5%' }, "'5%'"],
  ])('refuses %o', async (options, quoted) => {
    const message = `ratio is ${quoted}: `;
    await expect(planOf(info, { refused: [{ plugin: replay.plugin, options }] })).rejects.toThrow(message);
  });
});
