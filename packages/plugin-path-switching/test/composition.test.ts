/* eslint-disable @nx/enforce-module-boundaries -- that plugins which never meet compose can only be seen where they meet */
import { continual, fromScratch, replay } from '@branchline/plugin-baselines';
import { curriculum } from '@branchline/plugin-curriculum';
import { modelAveraging } from '@branchline/plugin-model-averaging';
import { describe, expect, it } from 'vitest';
import { pathSwitching } from '../src/index.js';
import { experiment } from './contexts.js';
import { graphOf, planOf } from './plan.js';

/** Four versions of T = 40 steps. */
const even = experiment([400, 400, 400, 400]);
/** Increments that differ and whose batches do not come out even. */
const uneven = experiment([409, 1337, 733, 911]);

const arrival = (decay: number, more: object = {}) =>
  fromScratch({ schedule: 'stable-decay', order: 'arrival', decay, decayOf: 'increment', ...more });

describe('from scratch under a stable rate in order of arrival is path switching', () => {
  it.each([even, uneven])('ends in the same states and shares every step before a decay', async (info) => {
    for (const alpha of [0.1, 0.3, 0.6, 0.8]) {
      for (const curve of ['1-sqrt', 'linear', 'cosine'] as const) {
        const scratch = await planOf(info, 'scratch', [arrival(alpha, { curve })]);
        const switching = await planOf(info, 'switching', [pathSwitching({ alpha, schedule: curve })]);
        const alone = graphOf(info, { switching });
        const both = graphOf(info, { scratch, switching });
        expect(both.releases.scratch).toEqual(both.releases.switching);
        expect(both.steps).toBe(alone.steps);
        expect(graphOf(info, { scratch }).steps).toBe(alone.steps);
      }
    }
  });

  it('costs N·T + (N-1)·alpha·T steps, 58% of from scratch at N = 4 and alpha = 0.6', async () => {
    const switching = await planOf(even, 'switching', [pathSwitching()]);
    const scratch = await planOf(even, 'scratch', [fromScratch()]);
    const apart = graphOf(even, { scratch }).steps;
    expect(apart).toBe(10 * 40);
    expect(graphOf(even, { switching }).steps).toBe(5.8 * 40);
  });

  it('holds when the branch of version 1 leaves during the warm-up at step 0', async () => {
    const scratch = await planOf(even, 'scratch', [arrival(1)]);
    const switching = await planOf(even, 'switching', [pathSwitching({ alpha: 1 })]);
    const { releases } = graphOf(even, { scratch, switching });
    expect(releases.scratch).toEqual(releases.switching);
  });

  it('holds under a curriculum with a moderate decay and averages', async () => {
    const rest = () => [curriculum({ floor: 1 / 3 }), modelAveraging()];
    const scratch = await planOf(uneven, 'scratch', [arrival(0.6), ...rest()]);
    const switching = await planOf(uneven, 'switching', [pathSwitching(), ...rest()]);
    expect([...scratch.problems, ...switching.problems]).toEqual([]);
    const { releases } = graphOf(uneven, { scratch, switching });
    expect(releases.scratch).toEqual(releases.switching);
  });
});

describe('path switching + curriculum + averaging', () => {
  it('settles every field once', async () => {
    const { problems, decided, planned } = await planOf(even, 'all', [
      pathSwitching({ alpha: 0.6 }),
      curriculum({ floor: 1 / 3 }),
      modelAveraging({ last: 6 }),
    ]);
    expect(problems).toEqual([]);
    for (const { version, spec, fields, forks } of decided) {
      expect(spec).toMatchObject({
        start: { from: version.index === 1 ? 'scratch' : 'tip' },
        data: { use: 'new' },
        order: { by: { by: 'ascending' }, scope: 'together' },
        steps: 40,
        lr: { floor: 1 / 3 },
        forks: ['branch'],
        release: { path: 'branch' },
      });
      expect(forks).toMatchObject([{ name: 'branch', spec: { at: 16, steps: 24, lr: { floor: 1 / 3 } } }]);
      const owners = Object.fromEntries([...fields].map(([field, { owner }]) => [field, owner.name]));
      expect(owners).toMatchObject({
        start: 'path-switching',
        data: 'kernel',
        'order.by': 'curriculum',
        'lr.shape': 'path-switching',
        'lr.floor': 'curriculum',
        forks: 'path-switching',
        'release.path': 'path-switching',
        'release.average': 'model-averaging',
      });
    }
    for (const { release } of planned) expect(release).toMatchObject({ path: 'branch', averaged: 6 });
  });

  it('averages on the main path without a branch at the price of the data: N·T', async () => {
    const averaging = await planOf(even, 'averaging', [pathSwitching({ alpha: 0 }), modelAveraging()]);
    expect(averaging.problems).toEqual([]);
    expect(averaging.planned.map(({ release }) => release.averaged)).toEqual([6, 6, 6, 6]);
    expect(graphOf(even, { averaging }).steps).toBe(4 * 40);
  });

  it('costs nothing more beside path switching than its own branches', async () => {
    const switching = await planOf(even, 'switching', [pathSwitching()]);
    const averaging = await planOf(even, 'averaging', [pathSwitching({ alpha: 0 }), modelAveraging()]);
    // Only the tail of the last increment at the peak, which path switching has no use for.
    expect(graphOf(even, { switching, averaging }).steps).toBe(5.8 * 40 + 0.6 * 40);
  });
});

describe('other compositions', () => {
  it.each([
    ['continual + replay + curriculum + averaging', [continual(), replay(), curriculum(), modelAveraging()]],
    ['path switching + replay', [pathSwitching(), replay({ ratio: 0.25 })]],
    ['from scratch + curriculum + averaging', [fromScratch({ order: 'arrival' }), curriculum(), modelAveraging()]],
    ['continual at a low rate', [continual({ rewarm: false, optimizer: 'reset' }), replay()]],
  ])('%s', async (name, plugins) => {
    const { problems, planned } = await planOf(uneven, name, plugins);
    expect(problems).toEqual([]);
    expect(planned).toHaveLength(4);
  });

  it.each([
    ['start', [pathSwitching(), continual()]],
    ['data', [fromScratch(), replay()]],
    ['lr.floor', [pathSwitching({ floor: 0.1 }), curriculum({ floor: 0.3 })]],
  ])('two owners of %s are named', async (field, plugins) => {
    const { problems } = await planOf(even, 'two', plugins);
    const [first, second] = plugins.map(({ plugin }) => plugin.name);
    const message = expect.stringContaining(
      `sets ${field}, which plugin ${first} (strategies.two[0]) sets too`,
    ) as string;
    expect(problems).toContainEqual(expect.objectContaining({ plugin: second, message }));
  });

  it('tells of a misspelt option with what was meant', async () => {
    const { problems } = await planOf(even, 'misspelt', [pathSwitching({ alhpa: 0.6 } as never)]);
    expect(problems[0]).toMatchObject({
      configPath: 'strategies.misspelt[0].options.alhpa',
      remedy: 'Did you mean "alpha"?',
    });
  });

  it('continual and from scratch cost what the paper says, and share version 1', async () => {
    const scratch = await planOf(even, 'scratch', [fromScratch()]);
    const again = await planOf(even, 'again', [continual()]);
    expect(graphOf(even, { again }).steps).toBe(4 * 40);
    const both = graphOf(even, { scratch, again });
    expect(both.releases.scratch![0]).toBe(both.releases.again![0]);
    expect(both.steps).toBe(13 * 40);
  });
});
