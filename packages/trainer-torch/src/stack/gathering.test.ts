/** Which steps are trained together. Needs no PyTorch. */
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { TorchError } from '../worker/errors.js';
import { Gathering } from './gathering.js';

interface Step {
  readonly group: string;
  readonly name: string;
}

/** A gathering that notes what was trained together. A step called `bad` fails alone, one called `dead` all of them. */
function gathering(most = 4) {
  const trained: string[][] = [];
  const own = new Gathering<Step>(most, async (steps) => {
    trained.push(steps.map(({ name }) => name));
    await sleep(5);
    if (steps.some(({ name }) => name === 'dead')) throw new TorchError('dead', 'the worker ended');
    return steps.map(({ name }) =>
      name === 'bad' ? new TorchError('diverged', 'it diverged') : { loss: name.length, gradNorm: 1 },
    );
  });
  const step = (name: string, group = 'one') => own.step({ group, name });
  return { own, trained, step };
}

describe('steps of lanes', () => {
  it('are trained together when all lanes that train want one', async () => {
    const { own, trained, step } = gathering();
    for (let lane = 0; lane < 3; lane++) own.begin();
    const lane = async (name: string) => {
      for (let at = 0; at < 3; at++) expect(await step(`${name}${at}`)).toEqual({ loss: 2, gradNorm: 1 });
      own.end();
    };
    await Promise.all(['a', 'b', 'c'].map(lane));
    expect(trained).toEqual([0, 1, 2].map((at) => [`a${at}`, `b${at}`, `c${at}`]));
  });

  it('do not wait for lanes that do something else', async () => {
    const { own, trained, step } = gathering();
    own.begin();
    own.begin();
    const waiting = step('a');
    expect(trained).toEqual([]);
    // The other lane begins to save.
    own.end();
    expect(trained).toEqual([['a']]);
    await waiting;
    const next = step('b');
    expect(trained).toEqual([['a'], ['b']]);
    await next;
  });

  it('wait for a lane that lingers between two steps, but not long', async () => {
    const { own, trained, step } = gathering();
    own.begin();
    own.begin();
    await Promise.all([step('a'), step('b')]);
    await step('a');
    expect(trained).toEqual([['a', 'b'], ['a']]);
  });

  it('are trained apart when their shapes differ, or when there are more than fit', async () => {
    const { own, trained, step } = gathering(2);
    for (let lane = 0; lane < 3; lane++) own.begin();
    await Promise.all([step('a'), step('x', 'other'), step('b')]);
    expect(trained).toEqual([['a'], ['x'], ['b']]);
    trained.length = 0;
    await Promise.all([step('a'), step('b'), step('c')]);
    expect(trained).toEqual([['a', 'b'], ['c']]);
  });

  it('fail alone, or all together when the worker ends', async () => {
    const { own, step } = gathering();
    for (let lane = 0; lane < 2; lane++) own.begin();
    const one = await Promise.allSettled([step('bad'), step('good')]);
    expect(one.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
    const all = await Promise.allSettled([step('dead'), step('good')]);
    expect(all.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await Promise.all([step('a'), step('b')])).toHaveLength(2);
  });
});
