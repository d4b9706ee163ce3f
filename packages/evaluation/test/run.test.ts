import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BranchlineError, definePlugin, Ledger, type LedgerEntry, type PluginUse, RunEmitter } from '@branchline/core';
import {
  averaging,
  branching,
  continual,
  hooks,
  model,
  scratch,
  stableDecay,
  stepwise,
  ToyTrainer,
  temporaryDirectory,
  toyData,
  toySpec,
  version,
} from '@branchline/core/fixtures';
import fc from 'fast-check';
import { expect, inject, test } from 'vitest';
import { createExperiment, type Results } from '../src/index.js';

const all = (): Record<string, readonly PluginUse[]> => ({
  scratch: [scratch()],
  continual: [continual()],
  branching: [branching()],
  averaging: [averaging()],
  both: [branching(), averaging(3, 1)],
  'from averages': [continual(), averaging(2, 3)],
});

interface Options {
  readonly directory: string;
  readonly strategies?: Record<string, readonly PluginUse[]>;
  readonly trainer?: ToyTrainer;
  readonly events?: RunEmitter;
  readonly signal?: AbortSignal;
  readonly startAnyway?: boolean;
}

async function run(options: Options) {
  const { directory, strategies = all(), trainer = new ToyTrainer(), events, signal, startAnyway } = options;
  const spec = toySpec(strategies);
  const experiment = createExperiment({ spec, model, data: toyData(), trainer, directory, events });
  const plan = await experiment.plan();
  const outcome = await experiment.run(plan, { command: 'test', signal, startAnyway });
  return { ...outcome, plan, trainer };
}

const digests = ({ strategies }: Results) =>
  strategies.map(({ name, releases }) => [name, ...releases.map(({ weightsDigest }) => weightsDigest)]);

const undisturbed = run({ directory: await temporaryDirectory() });

test('every segment is trained once, no state is left behind, and costs come from the ledger', async () => {
  const { results, trainer } = await undisturbed;
  expect(trainer.alive).toBe(0);
  const steps = results.graph.edges.reduce((sum, edge) => sum + edge.steps, 0);
  expect(trainer.made).toBe(steps);
  expect(results.actual.steps).toBe(steps);
  expect(results.graph.tokensTrained).toBe(steps * 40);
  const cost = (name: string) => results.strategies.find((strategy) => strategy.name === name)!.cost;
  expect(cost('scratch').ratioToBaseline).toBe(1);
  expect(cost('continual').ratioToBaseline).toBe(0.4);
  expect(cost('branching').ratioToBaseline).toBeCloseTo(0.58, 12);
  expect(cost('averaging').ratioToBaseline).toBe(0.4);
  // 58 steps of 40 tokens, and a forward pass over 40 held-out tokens for each of four releases.
  expect(cost('branching').standalone.flops).toBe(58 * 40 * 12_345 + (4 * 40 * 12_345) / 3);
  const attributed = (amount: 'tokens' | 'flops' | 'steps') =>
    results.strategies.reduce((sum, strategy) => sum + strategy.cost.attributed[amount], 0);
  expect(attributed('tokens')).toBe(results.graph.tokensTrained);
  expect([attributed('steps'), attributed('flops')]).toEqual([results.actual.steps, results.actual.flops]);
  expect(results.graph.tokensStandalone).toBeGreaterThan(results.graph.tokensTrained);
});

test('the standalone cost of a strategy is what it trains when it runs alone', async () => {
  const { results } = await undisturbed;
  for (const [name, plugins] of Object.entries(all())) {
    const alone = await run({ directory: await temporaryDirectory(), strategies: { [name]: plugins } });
    const { cost, releases } = results.strategies.find((strategy) => strategy.name === name)!;
    expect(alone.results.actual.tokens).toBe(cost.standalone.tokens);
    expect(alone.results.strategies[0]!.releases.map(({ weightsDigest }) => weightsDigest)).toEqual(
      releases.map(({ weightsDigest }) => weightsDigest),
    );
    expect(releases.at(-1)!.cumulative.tokens).toBe(cost.standalone.tokens);
  }
});

test('a second run trains nothing and has the same results', async () => {
  const directory = await temporaryDirectory();
  const first = await run({ directory });
  const second = await run({ directory });
  expect(second.trainer.made).toBe(0);
  const { experiment: _, ...a } = first.results;
  const { experiment: __, ...b } = second.results;
  expect(b).toEqual(a);
});

test('an additional strategy costs only what is new, even when it splits existing segments', async () => {
  const directory = await temporaryDirectory();
  await run({ directory, strategies: { averaging: [averaging()] } });
  const more = await run({ directory, strategies: { averaging: [averaging()], branching: [branching(0.5)] } });
  const alone = await run({ directory: await temporaryDirectory(), strategies: { branching: [branching(0.5)] } });
  expect(digests(more.results)[1]).toEqual(digests(alone.results)[0]);
  // Nothing is stored at the forks, so the training up to each is repeated and booked again.
  expect(more.results.strategies[1]!.cost.standalone.tokens).toBe(alone.results.actual.tokens);
  expect(more.results.actual.steps).toBe(40 + more.trainer.made);
});

test('stopped at any step, any number of times, a run ends in the same bits and the ledger adds up', async () => {
  const { results } = await undisturbed;
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 6 }), async (stops) => {
      const directory = await temporaryDirectory();
      let made = 0;
      for (const stop of stops) {
        const controller = new AbortController();
        const trainer = new ToyTrainer({ beforeStep: (count) => count + 1 === stop && controller.abort() });
        const stopped = await run({ directory, trainer, signal: controller.signal }).catch((error: unknown) => error);
        made += trainer.made;
        expect(trainer.alive).toBe(0);
        if (stopped instanceof BranchlineError) expect(stopped.code).toBe('interrupted');
      }
      const last = await run({ directory });
      expect(digests(last.results)).toEqual(digests(results));
      expect(made + last.trainer.made).toBe(results.actual.steps);
      expect(last.results.actual.steps).toBe(results.actual.steps);
      expect(last.results.strategies.map(({ cost }) => cost.standalone.tokens)).toEqual(
        results.strategies.map(({ cost }) => cost.standalone.tokens),
      );
    }),
    { numRuns: inject('full') ? 12 : 4 },
  );
});

test('killed between two checkpoints, a run loses only the steps since the last one', async () => {
  const { results } = await undisturbed;
  const directory = await temporaryDirectory();
  const trainer = new ToyTrainer({
    beforeStep: (made) => {
      if (made === 50) throw new BranchlineError('store', { message: 'the machine went away' });
    },
  });
  await expect(run({ directory, trainer })).rejects.toThrow('went away');
  const last = await run({ directory });
  expect(digests(last.results)).toEqual(digests(results));
  expect(last.results.actual.steps).toBe(results.actual.steps);
  expect(trainer.made + last.trainer.made - results.actual.steps).toBeLessThan(3);
});

test('a damaged checkpoint is reported, set aside and recomputed; the cost of that is booked', async () => {
  const directory = await temporaryDirectory();
  const strategies = { branching: [branching()] };
  const first = await run({ directory, strategies });
  const key = first.results.strategies[0]!.releases[1]!.checkpoint;
  const path = join(directory, 'checkpoints', key, 'model.safetensors');
  const bytes = await readFile(path);
  bytes[bytes.length - 1]! ^= 1;
  await writeFile(path, bytes);
  await rm(join(directory, 'evaluations'), { recursive: true });
  const warnings: string[] = [];
  const events = new RunEmitter();
  events.on('warning', (message) => warnings.push(message));
  const second = await run({ directory, strategies, events });
  expect(warnings.join()).toContain(path);
  expect(digests(second.results)).toEqual(digests(first.results));
  expect(second.trainer.made).toBe(6);
  expect(second.results.actual.steps).toBe(first.results.actual.steps + 6);
  expect(second.results.strategies[0]!.cost.standalone).toEqual(first.results.strategies[0]!.cost.standalone);
});

test('an altered ledger is set aside, the bad line is reported, and entries are booked again from the records', async () => {
  const directory = await temporaryDirectory();
  const strategies = { continual: [continual()], averaged: [continual(), averaging()] };
  const { results } = await run({ directory, strategies });
  const path = join(directory, 'ledger.jsonl');
  const text = await readFile(path, 'utf8');
  const lines = text.trimEnd().split('\n');
  const [first, second, ...rest] = lines as [string, string, ...string[]];
  const damaged: readonly (readonly [readonly string[], RegExp])[] = [
    [[first, second.replace(/"steps":\d+/, '"steps":9'), ...rest], /line 2: was altered/],
    [[first, ...rest], /line 2: does not follow/],
    [[...lines, lines.at(-1)!], /does not follow/],
    [['{}', ...lines.slice(1)], /line 1: has no valid "kind"/],
    [['\u0000'], /line 1: is not JSON/],
  ];
  for (const [changed, message] of damaged) {
    await writeFile(path, `${changed.join('\n')}\n`);
    await expect(Ledger.read(path)).rejects.toThrow(message);
    const warnings: string[] = [];
    const events = new RunEmitter();
    events.on('warning', (warning) => warnings.push(warning));
    const again = await run({ directory, strategies, events });
    expect(warnings.join()).toMatch(message);
    expect(again.trainer.made).toBe(0);
    expect(again.results.actual).toEqual(results.actual);
    expect(again.results.strategies).toEqual(results.strategies);
    const booked = (entries: readonly LedgerEntry[]) => entries.map((entry) => JSON.stringify(entry)).sort();
    const before = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as LedgerEntry & Record<string, unknown>);
    const original = before.map(({ previous: _previous, digest: _digest, ...entry }) => entry as LedgerEntry);
    expect(booked(await Ledger.read(path))).toEqual(booked(original));
  }
  expect(await readdir(join(directory, 'damaged'))).toHaveLength(damaged.length);
  // A line cut off at the end is detected too, and booked again.
  await writeFile(path, `${lines.slice(0, -1).join('\n')}\n${lines.at(-1)!.slice(0, 20)}`);
  expect((await run({ directory, strategies })).results.actual).toEqual(results.actual);
});

test('a second writer waits and is then refused', async () => {
  const directory = await temporaryDirectory();
  let inside: Promise<unknown> | undefined;
  const trainer = new ToyTrainer({
    beforeStep: (made) => {
      if (made === 1)
        inside = run({ directory, strategies: { continual: [continual()] } }).catch((error: unknown) => error);
    },
  });
  const results = await run({ directory, strategies: { continual: [continual()] }, trainer });
  // The first run finished before the second stopped waiting, so the second finds everything trained.
  const second = (await inside) as typeof results;
  expect(second.trainer.made).toBe(0);
  expect(digests(second.results)).toEqual(digests(results.results));
});

test('from scratch with stable-decay in order of arrival releases the bits of branching', async () => {
  const a = await run({ directory: await temporaryDirectory(), strategies: { branching: [branching()] } });
  const b = await run({ directory: await temporaryDirectory(), strategies: { scratch: [stableDecay()] } });
  expect(digests(b.results)[0]!.slice(1)).toEqual(digests(a.results)[0]!.slice(1));
});

test('with startAnyway, a strategy whose decider throws is left out with an attributed error', async () => {
  const broken = hooks('broken', {
    onVersion() {
      throw new TypeError('no such thing');
    },
  });
  const { results, failures } = await run({
    directory: await temporaryDirectory(),
    strategies: { continual: [continual()], broken: [broken] },
    startAnyway: true,
  });
  expect(results.strategies.map(({ name }) => name)).toEqual(['continual']);
  expect(failures).toHaveLength(1);
  const { error } = failures[0]!;
  expect(error.problems[0]).toMatchObject({
    plugin: 'broken',
    strategy: 'broken',
    version: 1,
    hook: 'onVersion',
    configPath: 'strategies.broken[0]',
  });
  expect(error.cause).toBeInstanceOf(TypeError);
});

test('every mistake of a plan is reported in one error before the first step', async () => {
  const throwing = hooks('throwing', {
    onVersion: ({ version: { index } }) => {
      if (index === 3) throw new Error('not the third');
      return undefined;
    },
  });
  const directory = await temporaryDirectory();
  const trainer = new ToyTrainer();
  const strategies = {
    fine: [continual()],
    throwing: [throwing],
    // A version has 10 steps.
    'too far': [version('fresh', { start: { from: 'scratch' }, steps: 10 }), averaging(12, 1)],
    'into another version': [continual(), averaging(3, 6)],
  };
  await expect(run({ directory, strategies, trainer })).rejects.toMatchObject({
    code: 'config',
    problems: [
      { strategy: 'throwing', version: 3, message: 'not the third' },
      {
        strategy: 'too far',
        version: 1,
        message: expect.stringMatching(/11 steps before the end,.* only 10 in this version/) as string,
      },
      {
        strategy: 'into another version',
        version: 1,
        message: expect.stringContaining('12 steps before the end') as string,
      },
    ],
  });
  expect(trainer.made).toBe(0);
  expect(await readdir(directory)).not.toContain('results.json');
});

test('an average may begin at the state that its version starts from, but not before it', async () => {
  const reaching = (every: number) =>
    hooks('reaching', {
      onVersion: ({ version: { index } }) => ({
        ...(index === 2 && {
          release: {
            average: [
              { stepsBack: 0, weight: 0.5 },
              { stepsBack: every, weight: 0.5 },
            ],
          },
        }),
      }),
    });
  const attempt = async (every: number) =>
    run({ directory: await temporaryDirectory(), strategies: { s: [continual(), reaching(every)] } });
  expect((await attempt(10)).failures).toEqual([]);
  await expect(attempt(11)).rejects.toThrow(/have only 10 in this version, so it would reach into another/);
});

test('a segment that cannot be trained stops the strategies that need it; the others continue', async () => {
  const { results, failures } = await run({
    directory: await temporaryDirectory(),
    trainer: new ToyTrainer({
      beforeStep: (made) => {
        if (made === 60) throw new RangeError('loss is NaN');
      },
    }),
  });
  expect(failures.length).toBeGreaterThan(0);
  const lost = new Set(failures.flatMap(({ strategies }) => strategies));
  expect(results.strategies.map(({ name }) => name)).toEqual(Object.keys(all()).filter((name) => !lost.has(name)));
  expect(failures[0]!.error.message).toContain('loss is NaN');
  // Sharing is that of the strategies in the results.
  const left = Object.fromEntries(Object.entries(all()).filter(([name]) => !lost.has(name)));
  const alone = await run({ directory: await temporaryDirectory(), strategies: left });
  const { tokensTrained, tokensStandalone } = results.graph;
  expect(alone.results.graph).toMatchObject({ tokensTrained, tokensStandalone });
});

test('observers see everything and change nothing, even when they throw', async () => {
  const seen: string[] = [];
  const watching = hooks('watching', {
    afterStep: ({ position }) => void seen.push(`step ${position}`),
    afterSegment: ({ steps, reused }) => void seen.push(`segment ${steps} ${reused}`),
    afterRelease: ({ version: index }) => {
      seen.push(`release ${index}`);
      throw new Error('observer down');
    },
    afterVersion: ({ version: index }) => void seen.push(`version ${index}`),
  });
  const warnings: string[] = [];
  const events = new RunEmitter();
  events.on('warning', (message) => warnings.push(message));
  const strategies = { watched: [continual(), watching], other: [scratch()] };
  const { results } = await run({ directory: await temporaryDirectory(), strategies, events });
  expect(seen.filter((line) => line.startsWith('step'))).toHaveLength(40);
  expect(seen.filter((line) => line.startsWith('release'))).toHaveLength(4);
  expect(seen.filter((line) => line.startsWith('version'))).toHaveLength(4);
  expect(warnings.filter((line) => line.includes('observer down'))).toHaveLength(1);
  const plain = await run({ directory: await temporaryDirectory(), strategies: { watched: [continual()] } });
  expect(digests(results)[0]).toEqual(digests(plain.results)[0]);
});

test('every part of a carry policy changes the release independently', async () => {
  const drawing = hooks('drawing', {});
  const stateful = (seen: number[]) => {
    return definePlugin({
      name: 'stateful',
      initialState: 0,
      onStep: ({ state, random }) => {
        const count = state.get() as number;
        state.set(count + 1);
        seen.push(count);
        return { lr: { factor: 1 + count / 1000 + random('jitter').uniform() / 100 } };
      },
    })();
  };
  const release = async (carry: object) => {
    const fork = hooks('fork', { onFork: () => ({ carry }) });
    const { results } = await run({
      directory: await temporaryDirectory(),
      strategies: { s: [branching(), fork, stateful([]), drawing] },
    });
    return results.strategies[0]!.releases[1]!.weightsDigest;
  };
  const parts = ['weights', 'optimizer', 'schedule', 'data', 'random', 'plugins'];
  const found = [await release({})];
  for (const part of parts) found.push(await release({ [part]: false }));
  expect(new Set(found).size).toBe(parts.length + 1);
  expect(await release({ weights: true })).toBe(found[0]);
});

test('onStep sets factors, weights, captures and stops, and equal steps are still merged', async () => {
  const strategies = {
    plain: [continual()],
    same: [continual(), stepwise('idle', () => ({}))],
    captured: [continual(), stepwise('keeper', (step) => ({ capture: step === 4 }))],
    slower: [continual(), stepwise('slower', (step) => (step >= 5 ? { lr: { factor: 0.5 } } : undefined))],
    shorter: [continual(), stepwise('stopper', (step) => ({ stop: step === 6 }))],
    weighted: [continual(), stepwise('weigher', () => ({ weights: [1, 2, 1, 2] }))],
  };
  const { results, plan } = await run({ directory: await temporaryDirectory(), strategies });
  const [plain, same, captured, slower, shorter, weighted] = digests(results).map((row) => row.slice(1));
  expect(same).toEqual(plain);
  expect(captured).toEqual(plain);
  expect(plan.strategies[2]!.captures).toHaveLength(4);
  expect(slower![0]).not.toBe(plain![0]);
  expect(weighted![0]).not.toBe(plain![0]);
  expect(shorter![0]).not.toBe(plain![0]);
  expect(results.strategies[4]!.cost.standalone.steps).toBe(28);
  const spent = plan.graph.roots[0]!.outgoing.reduce((sum, { steps }) => sum + steps, 0);
  expect(spent).toBeLessThan(20);
});

test('overrides resolve fields that two plugins set', async () => {
  const spec = toySpec({ s: [version('a', { lr: { minRatio: 0.5 } }), version('b', { lr: { minRatio: 0.2 } })] });
  const conflicting = createExperiment({
    spec,
    model,
    data: toyData(),
    trainer: new ToyTrainer(),
    directory: 'unused',
  });
  await expect(conflicting.plan()).rejects.toMatchObject({
    code: 'config',
    problems: [{ plugin: 'b', configPath: 'strategies.s[1]' }],
  });
  const settled = { ...spec, strategies: [{ ...spec.strategies[0]!, overrides: { 'lr.minRatio': 0.3 } }] };
  const plan = await createExperiment({
    spec: settled,
    model,
    data: toyData(),
    trainer: new ToyTrainer(),
    directory: 'unused',
  }).plan();
  expect(plan.strategies[0]!.decisions[0]!.fields.get('lr.minRatio')).toMatchObject({
    value: 0.3,
    owner: { kind: 'override' },
  });
});

test('a sorted order without scores is a problem that names the plugin', async () => {
  const spec = toySpec({ s: [version('sorter', { order: { by: { by: 'ascending' } } })] });
  const experiment = createExperiment({
    spec,
    model,
    data: toyData({ scored: false }),
    trainer: new ToyTrainer(),
    directory: 'unused',
  });
  await expect(experiment.plan()).rejects.toMatchObject({
    problems: [{ plugin: 'sorter', configPath: 'strategies.s[0]' }],
  });
});
