import { checkStrategies, type PluginUse } from '@branchline/core';
import { continual, fromScratch, infiniteSchedule, replay, stableOnly, wsdS } from '@branchline/plugin-baselines';
import { curriculum } from '@branchline/plugin-curriculum';
import { lawa, modelAveraging, wsm } from '@branchline/plugin-model-averaging';
import { pathSwitching } from '@branchline/plugin-path-switching';
import { experiment, planOf, specOf } from '@branchline/testing';
import { describe, expect, it } from 'vitest';

/** Four versions of T = 40 steps. */
const even = experiment([400, 400, 400, 400]);
/** Increments of different sizes that are not multiples of the batch. */
const uneven = experiment([409, 1337, 733, 911]);

const arrival = (decay: number, more: { readonly curve?: '1-sqrt' | 'linear' | 'cosine' } = {}) =>
  fromScratch({ schedule: { kind: 'stable-decay', decay, of: 'increment', ...more }, order: 'arrival' });

const problemsOf = async (plugins: readonly PluginUse[]) =>
  (await checkStrategies(specOf(even, { mine: plugins }), even, () => undefined)).problems;

describe('from scratch under a stable rate in order of arrival is path switching', () => {
  it.each([
    ['even', even],
    ['uneven', uneven],
  ])('ends in the same states and shares every step before a decay: %s increments', async (_, info) => {
    for (const alpha of [0.1, 0.3, 0.6, 0.8]) {
      for (const curve of ['1-sqrt', 'linear', 'cosine'] as const) {
        const scratch = [arrival(alpha, { curve })];
        const switching = [pathSwitching({ alpha, schedule: curve })];
        const both = await planOf(info, { scratch, switching });
        expect(both.releases('scratch')).toEqual(both.releases('switching'));
        expect((await planOf(info, { switching })).steps).toBe(both.steps);
        expect((await planOf(info, { scratch })).steps).toBe(both.steps);
      }
    }
  });

  it('costs N·T + (N-1)·alpha·T steps, 58% of from scratch at N = 4 and alpha = 0.6', async () => {
    expect((await planOf(even, { scratch: [fromScratch()] })).steps).toBe(10 * 40);
    expect((await planOf(even, { switching: [pathSwitching()] })).steps).toBe(5.8 * 40);
    expect((await planOf(even, { arrival: [arrival(0.6)] })).steps).toBe(5.8 * 40);
  });

  it('holds when the branch of version 1 leaves before the warm-up', async () => {
    const both = await planOf(even, { scratch: [arrival(1)], switching: [pathSwitching({ alpha: 1 })] });
    expect(both.releases('scratch')).toEqual(both.releases('switching'));
  });

  it('holds under a curriculum with a moderate decay and averages', async () => {
    const rest = [curriculum({ minRatio: 1 / 3 }), modelAveraging()];
    const both = await planOf(uneven, {
      scratch: [arrival(0.6), ...rest],
      switching: [pathSwitching(), ...rest],
    });
    expect(both.releases('scratch')).toEqual(both.releases('switching'));
  });
});

describe('path switching + curriculum + averaging', () => {
  it('sets every field once', async () => {
    const plugins = [pathSwitching({ alpha: 0.6 }), curriculum({ minRatio: 1 / 3 }), modelAveraging({ last: 6 })];
    const plan = await planOf(even, { all: plugins });
    for (const { version, spec, fields, forks } of plan.of('all').decisions) {
      expect(spec).toMatchObject({
        start: { from: version.index === 1 ? 'scratch' : 'tip' },
        data: { use: 'new' },
        order: { by: { by: 'ascending' }, scope: 'together' },
        steps: 40,
        lr: { minRatio: 1 / 3 },
        forks: ['branch'],
        release: { path: 'branch' },
      });
      expect(forks).toMatchObject([{ name: 'branch', spec: { at: 16, steps: 24, lr: { minRatio: 1 / 3 } } }]);
      const owners = Object.fromEntries([...fields].map(([field, { owner }]) => [field, owner.name]));
      expect(owners).toMatchObject({
        start: 'path-switching',
        data: 'kernel',
        'order.by': 'curriculum',
        'lr.schedule': 'path-switching',
        'lr.minRatio': 'curriculum',
        forks: 'path-switching',
        'release.path': 'path-switching',
        'release.average': 'model-averaging',
      });
    }
    for (const { release } of plan.of('all').versions) expect(release).toMatchObject({ path: 'branch', averaged: 6 });
  });

  it('averages on the main path without a branch at the price of the data: N·T', async () => {
    const plan = await planOf(even, { averaging: [pathSwitching({ alpha: 0 }), modelAveraging()] });
    expect(plan.of('averaging').versions.map(({ release }) => release.averaged)).toEqual([6, 6, 6, 6]);
    expect(plan.steps).toBe(4 * 40);
  });

  it('shares the main path with path switching: only the tail that path switching does not need is new', async () => {
    const plan = await planOf(even, {
      switching: [pathSwitching()],
      averaging: [pathSwitching({ alpha: 0 }), modelAveraging()],
    });
    expect(plan.steps).toBe(5.8 * 40 + 0.6 * 40);
  });
});

describe('the baselines next to path switching', () => {
  it('stable-only is its main path: the two share every step', async () => {
    const plan = await planOf(even, { stable: [stableOnly()], alone: [pathSwitching({ alpha: 0 })] });
    expect(plan.releases('stable')).toEqual(plan.releases('alone'));
    expect(plan.steps).toBe(4 * 40);
  });

  it('averages and merges of the stable path add no cost to it: 40% of from scratch', async () => {
    const plan = await planOf(even, {
      lawa: [stableOnly(), lawa()],
      wsm: [stableOnly(), wsm({ decay: '1-sqrt', span: 0.6 })],
      merged: [stableOnly(), wsm({ last: 5 })],
    });
    expect(plan.steps).toBe(4 * 40);
    // A linear decay equals the uniform mean; weights may differ in the last bits, so states are compared
    // approximately.
    const parts = (name: string) =>
      plan.of(name).decisions[3]!.spec.release.average!.map(({ weight: _, ...state }) => state);
    expect(parts('merged')).toEqual(parts('lawa'));
  });

  it('an infinite schedule without cooldown shares its main path when it holds the peak', async () => {
    const plan = await planOf(experiment([400, 400, 400, 400], { lr: { peak: 1, warmup: 5, minRatio: 0.1 } }), {
      switching: [pathSwitching()],
      infinite: [infiniteSchedule({ cooldown: 0, constant: 1, anneal: 0.6 })],
    });
    // The main path once, and four branches of each.
    expect(plan.steps).toBe(4 * 40 - 0.6 * 40 + 2 * 4 * 0.6 * 40);
  });
});

describe('other compositions', () => {
  it.each([
    ['stable-only + curriculum + lawa', [stableOnly(), curriculum(), lawa()]],
    ['wsd-s + replay + moderate decay', [wsdS(), replay({ ratio: 0.25 }), curriculum({ minRatio: 1 / 3 })]],
    ['infinite + replay + moderate anneal', [infiniteSchedule(), replay(), curriculum({ minRatio: 0.2 }), wsm()]],
    ['continual + replay + curriculum + averaging', [continual(), replay(), curriculum(), modelAveraging()]],
    ['path switching + replay', [pathSwitching(), replay({ ratio: 0.25 })]],
    ['from scratch + curriculum + averaging', [fromScratch({ order: 'arrival' }), curriculum(), modelAveraging()]],
    ['continual at a low rate + replay', [continual({ rewarm: false, optimizer: 'reset' }), replay()]],
  ])('%s', async (_, plugins) => {
    expect((await planOf(uneven, { mine: plugins })).releases('mine')).toHaveLength(4);
  });

  it.each([
    ['start', [pathSwitching(), continual()]],
    ['data', [fromScratch(), replay()]],
    ['lr.minRatio', [pathSwitching({ minRatio: 0.1 }), curriculum({ minRatio: 0.3 })]],
    ['lr.minRatio', [infiniteSchedule({ minRatio: 0.1 }), curriculum({ minRatio: 0.3 })]],
    ['release.average', [modelAveraging(), wsm()]],
    ['start', [stableOnly(), wsdS()]],
  ])('two owners of %s are named', async (field, plugins) => {
    const [first, second] = plugins.map(({ plugin }) => plugin.name);
    const clash = new RegExp(`sets .*\\b${field}\\b.*, which plugin ${first} \\(strategies\\.mine\\[0\\]\\) sets too`);
    const message = expect.stringMatching(clash) as string;
    expect(await problemsOf(plugins)).toContainEqual(expect.objectContaining({ plugin: second, message }));
  });

  it('suggests the option that a misspelled one probably meant', async () => {
    expect((await problemsOf([pathSwitching({ alhpa: 0.6 } as never)]))[0]).toMatchObject({
      configPath: 'strategies.mine[0].options.alhpa',
      remedy: 'Did you mean "alpha"?',
    });
  });

  it('continual costs N·T and shares version 1 with from scratch', async () => {
    expect((await planOf(even, { again: [continual()] })).steps).toBe(4 * 40);
    const both = await planOf(even, { scratch: [fromScratch()], again: [continual()] });
    expect(both.releases('scratch')[0]).toBe(both.releases('again')[0]);
    expect(both.steps).toBe(13 * 40);
  });
});
