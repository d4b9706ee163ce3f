/** Events of a run, and the observers of plugins that receive them. */
import { definePlugin, type PluginUse, RunEmitter, type RunEvents } from '@branchline/core';
import {
  branching,
  continual,
  model,
  ToyTrainer,
  temporaryDirectory,
  toyData,
  toySpec,
  untyped,
} from '@branchline/core/fixtures';
import { expect, test } from 'vitest';
import { createExperiment } from '../src/index.js';

type Seen = readonly (readonly [hook: string, event: Readonly<Record<string, unknown>>])[];

/** A plugin that decides nothing and writes down what it observes. */
function watching(): { readonly plugin: PluginUse; readonly seen: Seen } {
  const seen: (readonly [string, Readonly<Record<string, unknown>>])[] = [];
  const note = (hook: string) => (event: object) => void seen.push([hook, { ...event }]);
  const plugin = definePlugin({
    name: 'watching',
    observe: () => ({
      beforeRun: note('beforeRun'),
      afterStep: note('afterStep'),
      afterSegment: note('afterSegment'),
      afterRelease: note('afterRelease'),
      afterVersion: note('afterVersion'),
      afterRun: note('afterRun'),
    }),
  })();
  return { plugin, seen };
}

async function start(plugins: readonly PluginUse[], trainer = new ToyTrainer(), directory?: string) {
  const events = new RunEmitter();
  const heard: string[] = [];
  const names: readonly (keyof RunEvents)[] = ['runStart', 'replan', 'release', 'version', 'runEnd'];
  for (const name of names) events.on(name, () => void heard.push(name));
  const data = toyData({ versions: 2 });
  const spec = toySpec({ s: plugins });
  const parts = { spec, model, data, trainer, events, directory: directory ?? (await temporaryDirectory()) };
  const experiment = createExperiment(parts);
  const run = experiment.plan().then((plan) => experiment.run(plan, { command: 'test' }));
  await run.catch(() => undefined);
  return { heard, run, directory: parts.directory };
}

test('a run begins and ends once, with its releases between', async () => {
  const { heard } = await start([continual()]);
  expect(heard).toEqual(['runStart', 'release', 'version', 'release', 'version', 'runEnd']);
});

test('observers know strategy, version, path, step and tokens', async () => {
  const { plugin, seen } = watching();
  const { run } = await start([branching(), plugin]);
  const { results } = await run;
  const tokens = 4 * model.context;
  expect(seen[0]).toEqual(['beforeRun', { strategy: 's', seed: 7, versions: 2, steps: results.actual.steps }]);
  expect(seen.at(-1)).toEqual(['afterRun', { strategy: 's', seed: 7, outcome: 'completed' }]);

  const steps = seen.filter(([hook]) => hook === 'afterStep').map(([, event]) => event);
  expect(steps).toHaveLength(results.actual.steps);
  for (const { position, tokens: trained } of steps) expect(trained).toBe((position as number) * tokens);
  const { paths } = results.strategies[0]!;
  for (const { version, name, begin, end } of paths) {
    const own = steps.filter((event) => event.version === version && event.path === name);
    expect(own.map(({ step }) => step)).toEqual(own.map((_, index) => index));
    expect(own.map(({ position }) => position)).toEqual(own.map((_, index) => begin + index + 1));
    expect(own).toHaveLength(end - begin);
  }

  const releases = seen.filter(([hook]) => hook === 'afterRelease').map(([, event]) => event);
  expect(releases).toMatchObject([
    { strategy: 's', version: 1, path: 'branch', reused: false },
    { strategy: 's', version: 2, path: 'branch', reused: false },
  ]);
});

test('a run that is stopped says so, and one that is refused before its first step has no events', async () => {
  const { plugin, seen } = watching();
  const crashing = new ToyTrainer({
    beforeStep: () => {
      throw new Error('no more');
    },
  });
  const failed = await start([continual(), plugin], crashing);
  await expect(failed.run).rejects.toThrow('no more');
  expect(failed.heard).toEqual(['runStart', 'runEnd']);
  expect(seen.at(-1)).toEqual(['afterRun', { strategy: 's', seed: 7, outcome: 'stopped' }]);

  const refused = await start([untyped({ name: 'odd', onVersoin: () => ({}) })]);
  await expect(refused.run).rejects.toThrow('onVersoin');
  expect(refused.heard).toEqual([]);
});
