/** Whatever a reactive strategy measures, and where: every step is trained once, is on a bill, and is observed once. */

import { join } from 'node:path';
import { definePlugin, Ledger, type PluginUse } from '@branchline/core';
import { branching, continual, hooks, ToyTrainer, toyData } from '@branchline/core/fixtures';
import { describe, expect, inject, it, test } from 'vitest';
import { digests, run } from './run.js';

const mean = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Decides the data of a branch that another plugin decides. */
const hardExamples = definePlugin({
  name: 'hard-examples',
  reactive: true,
  onFork: {
    branch: ({ losses }) => {
      const { sequences, loss } = losses();
      const order = [...sequences.keys()].sort((a, b) => loss[b]! - loss[a]!);
      return { data: { use: 'chosen', sequences: order.slice(0, 20).map((index) => sequences[index]!) } };
    },
  },
})();

/** Leaves before the end of the main path, as path switching does. */
const leaves = (at: number, steps = 4): PluginUse =>
  hooks('leaves', {
    onVersion: () => ({ forks: ['branch'], release: { path: 'branch' } }),
    onFork: { branch: () => ({ at, steps, lr: { schedule: [{ share: 1, curve: 'linear', to: 'min' }] } }) },
  });

/** Decays once the loss no longer falls by `least`, measured every second step. */
const patient = (least: number): PluginUse =>
  definePlugin({
    name: 'patient',
    reactive: true,
    onVersion: () => ({ forks: ['decay'], release: { path: 'decay' } }),
    onFork: {
      decay: ({ losses, spec }) => {
        let at = 2;
        let before = mean(losses({ path: 'main', at }).loss);
        for (; at + 2 <= spec.steps; at += 2) {
          const loss = mean(losses({ path: 'main', at: at + 2 }).loss);
          if (before - loss < least) break;
          before = loss;
        }
        return { at, steps: 3, lr: { schedule: [{ share: 1, curve: 'linear', to: 'min' }] } };
      },
    },
  })();

/** Looks at the end of the main path, then leaves where it was expected to, with a length that the losses decide. */
const lookingAhead: PluginUse = definePlugin({
  name: 'looking-ahead',
  reactive: true,
  onVersion: () => ({ forks: ['side', 'branch'], release: { path: 'branch' } }),
  onFork: {
    side: ({ losses }) => ({ at: 3, steps: mean(losses({ path: 'main' }).loss) > 1e9 ? 1 : 2 }),
    branch: () => ({ at: 7, steps: 3 }),
  },
})();

/** Decides its data by held-out text of all versions so far. */
const byHeldOut: PluginUse = definePlugin({
  name: 'by-held-out',
  reactive: true,
  heldOut: true,
  onFork: {
    branch: ({ losses, version }) => {
      const all = losses({ on: 'held-out' });
      const some = losses({ on: 'held-out', sample: 2 });
      if (some.loss.length !== Math.min(2, all.loss.length)) throw new Error('not the sample');
      return {
        data: { use: 'subset', of: 'new', by: 'random', share: mean(all.loss) > version.index ? 0.5 : 1 },
      };
    },
  },
})();

const forking: PluginUse = hooks('forking', {
  onVersion: () => ({ forks: ['branch'], release: { path: 'branch' } }),
});

const averaged = (...stepsBack: number[]): PluginUse =>
  hooks('averaged', {
    onRelease: () => ({
      release: { average: stepsBack.map((back) => ({ stepsBack: back, weight: 1 / stepsBack.length })) },
    }),
  });

const capturing: PluginUse = hooks('capturing', {
  onStep: ({ path, step }: { path: string; step: number }) => (path === 'main' && step === 2 ? { capture: true } : {}),
});

const cases: Readonly<Record<string, Readonly<Record<string, readonly PluginUse[]>>>> = {
  'a branch that leaves before the end of the main path': { hard: [leaves(6), hardExamples] },
  'the reactive plugin first': { hard: [hardExamples, leaves(6)] },
  'a branch that leaves when the loss stops falling': { early: [patient(1e9)], late: [patient(-1e9)] },
  'a measurement behind where branches leave': { ahead: [lookingAhead] },
  'held-out text': { held: [leaves(6), byHeldOut] },
  'an average that reaches behind the measurement': { hard: [leaves(6), hardExamples, averaged(0, 2, 6, 9)] },
  'captures before the measurement': { hard: [capturing, leaves(6), hardExamples] },
  'versions that start from releases': {
    hard: [
      hooks('chained', {
        onVersion: ({ version }: { version: { index: number } }) => ({
          start: { from: version.index === 1 ? 'scratch' : 'release' },
        }),
      }),
      leaves(6),
      hardExamples,
    ],
  },
  'several that wait at different states': {
    six: [leaves(6), hardExamples],
    three: [leaves(3), hardExamples],
    patient: [patient(0.001)],
  },
};

/** What an observer receives. */
function watching() {
  const steps: string[] = [];
  const segments: string[] = [];
  const plugin = hooks('watching', {
    afterStep: ({ segment, step, path, version }) => void steps.push([version, path, step, segment].join(' ')),
    afterSegment: ({ segment, steps: of, path, version }) => void segments.push([version, path, of, segment].join(' ')),
  });
  return { plugin, steps, segments: () => [...segments].sort() };
}

/** The others run in full mode. */
const SHORT = 3;

describe.each(Object.entries(cases).slice(0, inject('full') ? undefined : SHORT))('%s', (_, reactive) => {
  const ordinary = { continual: [continual()], branching: [branching()] };
  const observed = watching();
  const [name, [...plugins]] = Object.entries(reactive)[0]!;
  const strategies = { ...ordinary, ...reactive, [name]: [...plugins, observed.plugin] };
  const first = run(strategies);

  it('trains every step once, and every step is on a bill', async () => {
    const { results, trainer, failures, warnings, directory } = await first;
    expect(failures).toEqual([]);
    expect(warnings.filter((warning) => !warning.includes('decides by losses on held-out text'))).toEqual([]);
    const entries = await Ledger.read(join(directory, 'ledger.jsonl'));
    const trained = entries.filter(({ kind }) => kind === 'train');
    expect(trainer.made).toBe(trained.reduce((sum, { steps }) => sum + steps, 0));
    expect(results.actual.steps).toBe(trainer.made);
    expect(results.graph.tokensTrained).toBe(results.actual.tokens);
    const attributed = results.strategies.reduce((sum, { cost }) => sum + cost.attributed.flops, 0);
    expect(attributed).toBe(results.actual.flops);
  });

  it('is observed alike in the first run and in one that reuses everything', async () => {
    const { directory, results } = await first;
    expect(new Set(observed.steps).size).toBe(observed.steps.length);
    const again = watching();
    const rerun = await run({ ...strategies, [name]: [...plugins, again.plugin] }, { directory });
    expect(rerun.trainer.made).toBe(0);
    expect(again.steps).toEqual([]);
    expect(again.segments()).toEqual(observed.segments());
    expect(rerun.results.strategies).toEqual(results.strategies);
  });

  it('gives the same bits alone', async () => {
    const alone = await run(reactive);
    expect(digests(alone.results)).toEqual(digests((await first).results).slice(2));
  });
});

test('several lanes train nothing twice either', async () => {
  const strategies = {
    continual: [continual()],
    branching: [branching()],
    ...cases['several that wait at different states'],
  };
  const { results, trainer } = await run(strategies, { lanes: 2 });
  expect(trainer.made).toBe(results.actual.steps);
  expect(results.graph.tokensTrained).toBe(results.actual.tokens);
});

test('a branch that depends on losses and leaves before the measured state is refused', async () => {
  const late = definePlugin({
    name: 'late',
    reactive: true,
    onVersion: () => ({ forks: ['b'], release: { path: 'b' } }),
    onFork: { b: ({ losses }) => ({ at: losses({ path: 'main' }).loss[0] === 2 ? 5 : 3, steps: 2 }) },
  });
  const { failures } = await run({ s: [continual()], late: [late()] });
  expect(failures.map(({ strategies }) => strategies)).toEqual([['late']]);
  expect(failures[0]!.error.problems[0]).toMatchObject({ version: 1, path: 'b' });
  expect(failures[0]!.error.message).toMatch(/would be trained twice.*losses\(\{ at \}\)/s);
});

test('a strategy whose losses cannot be measured holds back no other', async () => {
  /** Measures all sequences of a version in vain. */
  class Failing extends ToyTrainer {
    override evaluate(...[state, set]: Parameters<ToyTrainer['evaluate']>) {
      if (set.parts.length === 40) throw new Error('out of memory');
      return super.evaluate(state, set);
    }
  }
  const sampling = definePlugin({
    name: 'sampling',
    reactive: true,
    onFork: { branch: ({ losses }) => ({ data: { use: 'chosen', sequences: losses({ sample: 10 }).sequences } }) },
  })();
  const strategies = { continual: [continual()], all: [leaves(3), hardExamples], some: [leaves(6), sampling] };
  const { results, failures, trainer } = await run(strategies, { trainer: new Failing() });
  expect(results.strategies.map(({ name }) => name)).toEqual(['continual', 'some']);
  expect(failures).toMatchObject([{ strategies: ['all'] }]);
  expect(failures[0]!.error.message).toContain('out of memory');
  expect(trainer.made).toBe(results.actual.steps);
});

test('a branch that waits and leaves a path that does not exist is refused before anything is trained', async () => {
  const astray = hooks('astray', { onFork: { branch: () => ({ from: 'mian' }) } });
  const trainer = new ToyTrainer();
  const outcome = run({ s: [continual()], hard: [forking, astray, hardExamples] }, { trainer });
  await expect(outcome).rejects.toThrow('leaves the path "mian", which is neither the main path nor a fork before it');
  expect(trainer.made).toBe(0);
});

test.each([
  [{ path: 'mian' }, 'losses asks for the path mian'],
  [{ at: 99 }, 'losses asks for the state after 99 steps'],
  [{ sample: 0 }, 'sample must be a whole number, 1 or more'],
  [{ steps: 2 }, 'losses has no option steps'],
  [{ on: 'held-in' }, "on must be 'data' or 'held-out', not \"held-in\""],
  [{ on: 'held-out' }, 'losses on held-out text are for plugins with heldOut: true'],
])('%o is refused before anything is trained', async (request, message) => {
  const asking = definePlugin({
    name: 'asking',
    reactive: true,
    onVersion: () => ({ forks: ['b'], release: { path: 'b' } }),
    onFork: { b: ({ losses }) => ({ steps: losses(request as never).loss.length }) },
  });
  await expect(run({ s: [continual()], asking: [asking()] })).rejects.toThrow(message);
});

test('who decides by held-out text is named in the plan and in the results', async () => {
  const { results, plan } = await run({ plain: [leaves(6), hardExamples], held: [leaves(6), byHeldOut] });
  const said = 'plugin by-held-out: decides by losses on held-out text';
  expect(plan.warnings.map(({ plugin, strategies, refuses }) => [plugin, strategies, refuses])).toEqual([
    ['by-held-out', ['held'], false],
  ]);
  expect(results.warnings!.map(({ strategies }) => strategies)).toEqual([['held']]);
  expect(results.warnings![0]!.message).toContain(said);
  // It measures the held-out text of version 1, then of both.
  expect(results.strategies.find(({ name }) => name === 'held')!.cost.measured!.flops).toBeGreaterThan(0);
});

test('a sample measures fewer sequences, and costs less', async () => {
  const asked: number[] = [];
  const sampling = (sample?: number) =>
    definePlugin({
      name: 'sampling',
      reactive: true,
      onFork: {
        branch: ({ losses }) => {
          const { sequences } = losses(sample === undefined ? {} : { sample });
          asked.push(sequences.length);
          return { data: { use: 'chosen', sequences } };
        },
      },
    })();
  const { results } = await run({ all: [leaves(6), sampling()], some: [leaves(6), sampling(10)] }, { data: toyData() });
  expect(asked).toContain(40);
  expect(asked).toContain(10);
  const [all, some] = results.strategies.map(({ cost }) => cost.standalone.flops);
  expect(some).toBeLessThan(all!);
});
