/**
 * Strategies that decide from losses: planned and trained up to a branch, measured, planned further; bit-identical
 * results however often they are cut.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { definePlugin, type ForkHooks, Ledger, type PluginUse } from '@branchline/core';
import {
  branching,
  continual,
  hooks,
  model,
  ToyTrainer,
  temporaryDirectory,
  toyData,
  toySpec,
  untyped,
} from '@branchline/core/fixtures';
import { expect, test } from 'vitest';
import { createExperiment } from '../src/index.js';
import { digests, names, run } from './run.js';

/** Trains on everything, then on the half with the highest losses, then on everything again. */
const focusing = (share = 0.5): PluginUse =>
  definePlugin({
    name: 'focusing',
    reactive: true,
    onVersion: ({ stepsOfIncrement }) => ({
      steps: stepsOfIncrement - 5,
      forks: ['focus', 'review'],
      release: { path: 'review' },
    }),
    onFork: {
      focus: ({ losses }) => {
        const { sequences, loss } = losses();
        const hardest = [...sequences.keys()].sort((a, b) => loss[b]! - loss[a]!).slice(0, share * sequences.length);
        return { steps: 3, at: 5, data: { use: 'chosen', sequences: hardest.map((index) => sequences[index]!) } };
      },
      review: () => ({ from: 'focus', steps: 2, data: { use: 'new' } }),
    },
  })();

const strategies = () => ({ continual: [continual()], focusing: [focusing()], branching: [branching()] });
const undisturbed = await run(strategies());

test('every version is trained, measured, focused and reviewed; every measurement is booked once', async () => {
  const { results, failures, trainer, directory } = undisturbed;
  expect(failures).toEqual([]);
  expect(names(results)).toEqual(['continual', 'focusing', 'branching']);
  expect(trainer.alive).toBe(0);
  const paths = results.strategies[1]!.paths.map(({ version, name, begin, end }) => [version, name, end - begin]);
  expect(paths.slice(0, 3)).toEqual([
    [1, 'main', 5],
    [1, 'focus', 3],
    [1, 'review', 2],
  ]);
  expect(results.actual.tokens).toBe(results.graph.tokensTrained);
  const entries = await Ledger.read(join(directory, 'ledger.jsonl'));
  const measured = entries.filter(({ note }) => note !== undefined);
  expect(measured.map(({ version, tokens }) => [version, tokens])).toEqual([1, 2, 3, 4].map((index) => [index, 400]));
  // Only its bill has the measurements, and all bills together equal the amount paid.
  const attributed = results.strategies.reduce((sum, { cost }) => sum + cost.attributed.flops, 0);
  expect(attributed).toBe(results.actual.flops);
  const again = await run(strategies(), { directory });
  expect(again.trainer.made).toBe(0);
  expect(again.plan.open).toEqual([]);
  expect(again.results.strategies).toEqual(results.strategies);
});

test('the branch trains on the sequences with the highest losses', async () => {
  const { plan } = await run({ focusing: [focusing()] }, { directory: undisturbed.directory });
  const [focus] = plan.strategies[0]!.decisions[0]!.forks;
  const { sequences } = focus!.spec.data as { sequences: readonly number[] };
  expect(sequences).toHaveLength(20);
  const state = undisturbed.plan.open[0]!;
  const file = join(undisturbed.directory, 'evaluations', `${state.node.key}-${state.question.slice(0, 16)}.json`);
  const { record } = JSON.parse(await readFile(file, 'utf8')) as { record: { results: { nll: number }[] } };
  const chosen = new Set(sequences);
  const loss = (want: boolean) => record.results.flatMap(({ nll }, id) => (chosen.has(id) === want ? [nll] : []));
  expect(Math.min(...loss(true))).toBeGreaterThanOrEqual(Math.max(...loss(false)));
});

test('cut anywhere, it makes the same decisions and ends in the same bits', async () => {
  for (const stops of [[1], [5], [6, 2], [3, 9, 4, 20]]) {
    const directory = await temporaryDirectory();
    for (const stop of stops) {
      const controller = new AbortController();
      const trainer = new ToyTrainer({ beforeStep: (made) => made + 1 === stop && controller.abort() });
      await run(strategies(), { directory, trainer, signal: controller.signal }).catch(() => undefined);
      expect(trainer.alive).toBe(0);
    }
    const { results } = await run(strategies(), { directory });
    expect(digests(results)).toEqual(digests(undisturbed.results));
    expect(results.actual.steps).toBe(undisturbed.results.actual.steps);
    expect(results.strategies.map(({ cost }) => cost.standalone.flops)).toEqual(
      undisturbed.results.strategies.map(({ cost }) => cost.standalone.flops),
    );
  }
});

test('observers receive every release and every segment once, however many rounds there are', async () => {
  const received: string[] = [];
  const watching = hooks('watching', {
    afterRelease: ({ strategy, version }) => void received.push(`${strategy} ${version}`),
    afterSegment: ({ segment }) => void received.push(segment),
  });
  await run({ continual: [continual(), watching], focusing: [focusing(), watching] });
  const releases = received.filter((line) => line.includes(' '));
  expect(releases).toHaveLength(8);
  expect(new Set(releases).size).toBe(8);
});

test('observers of a reactive strategy receive every step', async () => {
  let steps = 0;
  const counting = hooks('counting', { afterStep: () => void steps++ });
  const { results } = await run({ focusing: [focusing(), counting] });
  expect(steps).toBe(results.actual.steps);
});

test('a plan shows how far it is decided, and nothing is written', async () => {
  const directory = await temporaryDirectory();
  const parts = { spec: toySpec(strategies()), model, data: toyData(), trainer: new ToyTrainer(), directory };
  const plan = await createExperiment(parts).plan();
  expect(plan.strategies.map(({ strategy }) => strategy.name)).toEqual(['continual', 'branching']);
  expect(plan.open).toMatchObject([{ version: 1, fork: 'focus', plugins: ['focusing'] }]);
  expect(plan.open[0]!.sequences).toHaveLength(40);
});

const readsLosses = ({ losses }: { readonly losses: () => unknown }) => void losses();

test.each([
  [
    'a plugin that does not say reactive',
    { onVersion: () => ({ forks: ['b'], release: { path: 'b' } }), onFork: readsLosses },
    /only a plugin with reactive: true/,
  ],
  ['losses in onVersion', { reactive: true, onVersion: readsLosses }, /losses are available in onFork only/],
])('%s gets an attributed error', async (_, plugin, message) => {
  const asking = untyped({ name: 'asking', ...plugin });
  const { failures } = await run({ s: [continual()], asking: [asking] }, { startAnyway: true });
  expect(failures[0]!.error.message).toMatch(message);
});

test('a branch that measured losses make impossible fails its strategy alone, in this run and the next', async () => {
  const late = definePlugin({
    name: 'late',
    reactive: true,
    onVersion: () => ({ forks: ['b'], release: { path: 'b' } }),
    onFork: ({ losses, version: { index } }) => {
      losses();
      if (index === 2) throw new Error('these losses do not suit me');
      return { steps: 2 };
    },
  });
  const directory = await temporaryDirectory();
  for (let start = 0; start < 2; start++) {
    const { results, failures } = await run({ s: [continual()], late: [late()] }, { directory });
    expect(names(results)).toEqual(['s']);
    expect(failures).toMatchObject([
      { strategies: ['late'], error: { problems: [{ message: 'these losses do not suit me', version: 2 }] } },
    ]);
  }
});

test('a plugin that swallows the error of pending losses still waits', async () => {
  const { plugin } = focusing();
  const { focus, ...others } = plugin.onFork as ForkHooks<never>;
  const swallowing = untyped({
    ...plugin,
    onFork: {
      ...others,
      focus: (context: never) => {
        try {
          return focus!(context);
        } catch {
          return { steps: 1 };
        }
      },
    },
  });
  const { results } = await run({ ...strategies(), focusing: [swallowing] });
  expect(digests(results)).toEqual(digests(undisturbed.results));
});

test('sequences that are held out, or from later versions, are refused', async () => {
  const choosing = (sequences: readonly number[]) =>
    hooks('choosing', { onVersion: () => ({ data: { use: 'chosen', sequences } }) });
  const trainer = new ToyTrainer();
  const outcome = run(
    {
      s: [continual()],
      'held out': [choosing([0, 1, 2, 3, 1001])],
      later: [choosing([0, 1, 2, 40])],
    },
    { trainer },
  );
  await expect(outcome).rejects.toMatchObject({
    problems: [
      { message: expect.stringContaining('sequence 1001 is not a training sequence of versions 1 to 1') as string },
      { message: expect.stringContaining('sequence 40 is not a training sequence of versions 1 to 1') as string },
    ],
  });
  expect(trainer.made).toBe(0);
});

test('a subset takes the best scores or random sequences, and repeats them', async () => {
  const subset = (by: 'score' | 'random') =>
    hooks('subset', { onVersion: () => ({ steps: 10, data: { use: 'subset', of: 'new', by, share: 0.25 } }) });
  const { results, plan } = await run({ best: [subset('score')], any: [subset('random')] });
  expect(names(results)).toEqual(['best', 'any']);
  const ids = (index: number) => {
    const [segment] = plan.strategies[index]!.versions[0]!.main.lineage.ranges;
    return [...plan.orders.get(segment!.order)!].sort((a, b) => a - b);
  };
  // The score of a sequence is its id.
  expect(ids(0)).toEqual([30, 31, 32, 33, 34, 35, 36, 37, 38, 39]);
  expect(ids(1)).toHaveLength(10);
  expect(ids(1)).not.toEqual(ids(0));
});

test('a subset by score ranks domains as it says, and a random one has no ranks', async () => {
  const subset = (data: { by: 'score' | 'random'; domains?: 'together' }) =>
    hooks('subset', {
      onVersion: () => ({ steps: 10, data: { use: 'subset', of: 'new', share: 0.25, ...data } }),
    });
  const asked: unknown[] = [];
  const data = toyData();
  const watched = {
    ...data,
    order: (request: Parameters<typeof data.order>[0]) => {
      asked.push(request.order);
      return data.order(request);
    },
  };
  await run(
    { together: [subset({ by: 'score', domains: 'together' })], each: [subset({ by: 'score' })] },
    { data: watched },
  );
  expect(asked).toContainEqual({ by: 'descending', domains: 'together' });
  expect(asked).toContainEqual({ by: 'descending' });
  await expect(run({ any: [subset({ by: 'random', domains: 'together' })] })).rejects.toThrow('Leave out domains');
});
