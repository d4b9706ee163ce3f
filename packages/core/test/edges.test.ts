/** Corners of plans, runs and plugins that went wrong once. */
import { readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  BranchlineError,
  createExperiment,
  type EvaluationSet,
  type ExperimentSpec,
  type PluginUse,
  type Results,
  RunEmitter,
} from '../src/index.js';
import { averaging, branching, continual, hooks, stepwise, version } from './plugins.js';
import { model, ToyTrainer, temporaryDirectory, toyData, toySpec } from './toy.js';

interface Options {
  readonly directory?: string;
  readonly trainer?: ToyTrainer;
  readonly data?: ReturnType<typeof toyData>;
  readonly change?: Partial<ExperimentSpec>;
  readonly signal?: AbortSignal;
}

async function run(strategies: Readonly<Record<string, readonly PluginUse[]>>, options: Options = {}) {
  const { directory = await temporaryDirectory(), trainer = new ToyTrainer(), data = toyData() } = options;
  const warnings: string[] = [];
  const events = new RunEmitter();
  events.on('warning', (message) => warnings.push(message));
  const spec = toySpec(strategies, options.change);
  const experiment = createExperiment({ spec, model, data, trainer, directory, events });
  const plan = await experiment.plan();
  const outcome = await experiment.run(plan, { command: 'test', signal: options.signal });
  return { ...outcome, plan, trainer, warnings, directory };
}

const names = ({ strategies }: Results) => strategies.map(({ name }) => name);
const digests = ({ strategies }: Results) =>
  strategies.map(({ releases }) => releases.map(({ weightsDigest }) => weightsDigest));

test('roots made from roots: a branch at step 0 of a path that dropped its moments', async () => {
  const nested = hooks('nested', {
    onVersion: () => ({ carry: { optimizer: false }, forks: ['b'], release: { path: 'b' } }),
    onFork: () => ({ at: 0, steps: 5, carry: { optimizer: false } }),
  });
  const { results, failures } = await run({ nested: [nested], other: [continual()] });
  expect(failures).toEqual([]);
  expect(names(results)).toEqual(['nested', 'other']);
});

test('an average may reach back to the fresh weights, and to a state without its moments', async () => {
  const dropped = version('dropped', { carry: { optimizer: false } });
  const { results, failures, directory } = await run({ whole: [averaging(2, 10)], both: [dropped, averaging(2, 10)] });
  expect(failures).toEqual([]);
  expect(names(results)).toEqual(['whole', 'both']);
  const again = await run({ whole: [averaging(2, 10)], both: [dropped, averaging(2, 10)] }, { directory });
  expect(again.trainer.made).toBe(0);
});

test('a run with other strategies deletes nobody’s release', async () => {
  const directory = await temporaryDirectory();
  const data = toyData({ versions: 1 });
  const short = { short: [version('x', { steps: 5 })] };
  await run(short, { directory, data });
  await run({ long: [version('x', { steps: 10 })] }, { directory, data });
  expect((await run(short, { directory, data })).trainer.made).toBe(0);
});

test('a checkpoint for resuming that becomes a release stays', async () => {
  const directory = await temporaryDirectory();
  const data = toyData({ versions: 1 });
  const controller = new AbortController();
  const trainer = new ToyTrainer({ beforeStep: (made) => made + 1 === 5 && controller.abort() });
  const long = { long: [version('x', { steps: 10 })] };
  await expect(run(long, { directory, data, trainer, signal: controller.signal })).rejects.toMatchObject({
    code: 'interrupted',
  });
  expect((await run({ short: [version('x', { steps: 5 })] }, { directory, data })).trainer.made).toBe(0);
  expect((await run(long, { directory, data })).trainer.made).toBe(5);
  expect((await run({ short: [version('x', { steps: 5 })] }, { directory, data })).trainer.made).toBe(0);
});

test('a model that diverges in evaluation fails alone, now and at the next start', async () => {
  class Diverging extends ToyTrainer {
    override async evaluate(state: Parameters<ToyTrainer['evaluate']>[0], set: EvaluationSet) {
      const results = await super.evaluate(state, set);
      return results.map((result) => (result.nll > 1e6 ? { ...result, nll: Number.NaN } : result));
    }
  }
  const wild = version('wild', { lr: { peak: 1e5 } });
  const directory = await temporaryDirectory();
  for (let start = 0; start < 2; start++) {
    const { results, failures, trainer } = await run(
      { tame: [continual()], wild: [wild] },
      { directory, trainer: new Diverging() },
    );
    expect(names(results)).toEqual(['tame']);
    expect(failures.map(({ strategies, error }) => [strategies, error.code])).toContainEqual([['wild'], 'trainer']);
    expect(trainer.alive).toBe(0);
  }
});

test.each(['evaluate', 'combine', 'restore', 'save'] as const)(
  'a trainer that fails in %s leaves no state behind and names it',
  async (call) => {
    class Failing extends ToyTrainer {}
    Failing.prototype[call] = async () => {
      throw new TypeError(`${call} is down`);
    };
    const trainer = new Failing();
    const strategies = { plain: [branching()], averaged: [averaging()] };
    const outcome = await run(strategies, { trainer }).catch((error: unknown) => error);
    expect(trainer.alive).toBe(0);
    const text =
      outcome instanceof BranchlineError
        ? outcome.message
        : (outcome as Awaited<ReturnType<typeof run>>).failures.map(({ error }) => error.message).join();
    expect(text).toContain(`${call} is down`);
    if (call === 'combine') expect(names((outcome as Awaited<ReturnType<typeof run>>).results)).toEqual(['plain']);
  },
);

test('a lock that was lost stops the run before it writes', async () => {
  const directory = await temporaryDirectory();
  const { lockDirectory } = await import('../src/store/lock.js');
  const lock = await lockDirectory(directory);
  lock.assertHeld();
  const old = new Date(Date.now() - 3_600_000);
  await utimes(join(directory, '.lock'), old, old);
  await rm(join(directory, '.lock'), { recursive: true });
  await new Promise((resolve) => setTimeout(resolve, 11_000));
  expect(() => lock.assertHeld()).toThrow(/was lost/);
  await lock.release();
}, 20_000);

test('a lock whose holder was killed is taken over at once', async () => {
  const directory = await temporaryDirectory();
  const { lockDirectory } = await import('../src/store/lock.js');
  const { mkdir } = await import('node:fs/promises');
  const { hostname } = await import('node:os');
  await mkdir(join(directory, '.lock'));
  // A process id that cannot be alive: beyond the largest that Linux gives out.
  await writeFile(join(directory, '.lock-owner.json'), JSON.stringify({ pid: 2 ** 22 + 1, host: hostname() }));
  let waited = false;
  const lock = await lockDirectory(directory, () => {
    waited = true;
  });
  expect(waited).toBe(false);
  await lock.release();
});

test('an asynchronous observer that rejects is a warning', async () => {
  const watching = hooks('watching', {
    afterRelease: (): unknown => Promise.reject(new Error('async down')),
  });
  const { warnings } = await run({ s: [continual(), watching] });
  expect(warnings.filter((line) => line.includes('async down'))).toHaveLength(1);
});

test('paths in the results are what was trained, no more and no less', async () => {
  const { results } = await run({ s: [branching()] });
  const last = results.strategies[0]!.paths.filter((path) => path.version === 4);
  expect(last.map(({ name, begin, end }) => [name, begin, end])).toEqual([
    ['main', 30, 34],
    ['branch', 34, 40],
  ]);
  expect(last[0]!.loss).toHaveLength(4);

  const same = hooks('same', {
    onVersion: () => ({ forks: ['b'], release: { path: 'b' } }),
    onFork: () => ({ at: 10, steps: 3 }),
  });
  const alone = await run({ same: [same] }, { data: toyData({ versions: 1 }) });
  expect(alone.results.strategies[0]!.paths.map(({ name, begin, end }) => [name, begin, end])).toEqual([
    ['main', 0, 10],
    ['b', 10, 13],
  ]);
});

test.each([
  [
    'an asynchronous setup',
    async () => ({ onVersion: () => ({ steps: 3 }) }),
    /setup must return a plain object of hooks, not a promise/,
  ],
  ['a setup without hooks', () => undefined, /not a undefined|not an? undefined/],
  ['a hook that is no function', () => ({ onVersion: 5 }), /hook onVersion must be a function/],
  ['a hook that does not exist', () => ({ onVersoin: () => ({}) }), /does not exist: onVersoin/],
])('%s is refused', async (_, setup, message) => {
  const plugin = {
    plugin: { name: 'odd', version: '1.0.0', kernel: '^1', setup },
    options: undefined,
  } as unknown as PluginUse;
  await expect(run({ s: [plugin] })).rejects.toThrow(message);
});

test.each([
  ['a bigint', { steps: 10n }, /steps must be a whole number/],
  [
    'a circle',
    (() => {
      const part: Record<string, unknown> = {};
      part.start = part;
      return part;
    })(),
    /start/,
  ],
  ['a map', new Map([['steps', 3]]), /must return a plain object/],
  ['a function', { steps: () => 3 }, /not data/],
])('a decider that returns %s stops its strategy alone, with a message', async (_, part, message) => {
  const odd = hooks('odd', { onVersion: () => part as never });
  const outcome = await run({ s: [continual()], odd: [odd] }).catch((error: unknown) => error);
  const text =
    outcome instanceof Error
      ? outcome.message
      : (outcome as Awaited<ReturnType<typeof run>>).failures[0]!.error.message;
  expect(text).toMatch(message);
  expect(text).toContain('odd');
});

test('a decider that answers differently the second time is caught and named', async () => {
  let calls = 0;
  const fickle = hooks('fickle', { onVersion: () => ({ steps: 5 + (calls++ % 2) }) });
  const { failures } = await run({ s: [continual()], fickle: [fickle] });
  expect(failures[0]!.error.problems[0]).toMatchObject({ plugin: 'fickle', hook: 'onVersion', version: 1 });
  expect(failures[0]!.error.message).toContain('two answers to the same question');
});

test('what a plugin throws is told, whatever it is', async () => {
  const odd = hooks('odd', {
    onVersion: () => {
      throw Object.create(null);
    },
  });
  const { failures } = await run({ s: [continual()], odd: [odd] });
  expect(failures[0]!.error.problems[0]).toMatchObject({ plugin: 'odd', hook: 'onVersion' });
});

test('a charge that is no cost is refused when it is made; real ones are booked once and are no tokens trained', async () => {
  const charging = (flops: number) =>
    ({
      plugin: {
        name: 'charging',
        version: '1.0.0',
        kernel: '^1',
        setup: (_: never, { account }: { account: { charge(charge: object): void } }) => ({
          onVersion: () => void account.charge({ what: 'scoring', tokens: 100, flops }),
        }),
      },
      options: undefined,
    }) as unknown as PluginUse;
  const broken = await run({ s: [continual()], c: [continual(), charging(Number.NaN)] });
  expect(broken.failures[0]!.error.message).toContain('charge "scoring": flops must be a number of 0 or more');
  const directory = await temporaryDirectory();
  await run({ s: [continual()], c: [continual(), charging(5)] }, { directory });
  const { results } = await run({ s: [continual()], c: [continual(), charging(5)] }, { directory });
  const [plain, charged] = results.strategies;
  expect(charged!.cost.standalone.tokens).toBe(plain!.cost.standalone.tokens + 400);
  expect(results.graph.tokensStandalone).toBe(2 * plain!.cost.standalone.tokens);
  expect(results.actual.tokens).toBe(results.graph.tokensTrained + 400);
});

test('overrides are checked where they stand, and those that change nothing are problems', async () => {
  const planned = (overrides: object) => {
    const spec = toySpec({ s: [continual()] });
    const strategies = [{ ...spec.strategies[0]!, overrides: overrides as Record<string, unknown> }];
    const parts = {
      spec: { ...spec, strategies },
      model,
      data: toyData(),
      trainer: new ToyTrainer(),
      directory: 'unused',
    };
    return createExperiment(parts).plan();
  };
  await expect(planned({ 'fork.steps': -7 })).rejects.toThrow(/fork\.steps must be a whole number/);
  await expect(planned({ 'fork.steps': 7 })).rejects.toThrow(/no version of this strategy has a fork/);
  await expect(planned({ stesp: 7 })).rejects.toThrow(/Did you mean "steps"/);
});

test('two strategies of one name, and batches larger than the data, are problems', async () => {
  const spec = toySpec({ s: [continual()] });
  const twice = { ...spec, strategies: [spec.strategies[0]!, spec.strategies[0]!] };
  const parts = { model, data: toyData(), trainer: new ToyTrainer(), directory: 'unused' };
  await expect(createExperiment({ ...parts, spec: twice }).plan()).rejects.toThrow(/two strategies are called "s"/);
  await expect(createExperiment({ ...parts, spec: { ...spec, batch: 41 } }).plan()).rejects.toThrow(/v1 has 40/);
  await expect(createExperiment({ ...parts, spec: { ...spec, checkpointEvery: 0 } }).plan()).rejects.toThrow(
    /checkpointEvery/,
  );
});

test('state and streams follow the path, from wherever it starts', async () => {
  const seen: string[] = [];
  const counting = {
    plugin: {
      name: 'counting',
      version: '1.0.0',
      kernel: '^1',
      initialState: 0,
      setup: (_: never, { state }: { state: { get(): number; set(value: number): void } }) => ({
        onStep: ({ version: { index }, path, step }: { version: { index: number }; path: string; step: number }) => {
          if (step === 0) seen.push(`${index}/${path}: ${state.get()}`);
          state.set(state.get() + 1);
        },
      }),
    },
    options: undefined,
  } as unknown as PluginUse;
  const starting = hooks('starting', {
    onVersion: ({ version: { index } }) => ({
      ...(index === 3 && { start: { from: 'release' as const, version: 1 } }),
      ...(index === 4 && { start: { from: 'scratch' as const } }),
      ...(index === 1 && { forks: ['b'], release: { path: 'b' } }),
    }),
    onFork: () => ({ at: 4, steps: 3 }),
  });
  await run({ s: [starting, counting] });
  expect(seen).toEqual(['1/main: 0', '1/b: 4', '2/main: 10', '3/main: 7', '4/main: 0']);
});

test('state outside onStep is refused with the reason', async () => {
  const early = {
    plugin: {
      name: 'early',
      version: '1.0.0',
      kernel: '^1',
      setup: (_: never, { state }: { state: { set(value: number): void } }) => ({ onVersion: () => void state.set(1) }),
    },
    options: undefined,
  } as unknown as PluginUse;
  const { failures } = await run({ s: [continual()], early: [early] });
  expect(failures[0]!.error.message).toContain('belong to onStep');
});

test('a fork that has no data left to reorder fails alone, with its place', async () => {
  const late = hooks('late', {
    onVersion: () => ({ forks: ['b'], release: { path: 'b' } }),
    onFork: () => ({ at: 10, steps: 3, order: { by: { by: 'ascending' } } }),
  });
  const { results, failures } = await run({ s: [continual()], late: [late] });
  expect(names(results)).toEqual(['s']);
  expect(failures[0]!.error.problems[0]).toMatchObject({ strategy: 'late', version: 1, path: 'b' });
});

test('many damaged captures are all made again, whatever their number', async () => {
  const directory = await temporaryDirectory();
  const data = toyData({ versions: 1 });
  const capturing = { s: [continual(), stepwise('keeper', () => ({ capture: true }))] };
  const first = await run(capturing, { directory, data });
  expect(first.results.strategies[0]!.captures).toHaveLength(10);
  const folder = join(directory, 'checkpoints');
  for (const key of await readdir(folder)) await writeFile(join(folder, key, 'model.safetensors'), 'x');
  const averaged = await run({ s: [continual()], avg: [continual(), averaging(6, 1)] }, { directory, data });
  expect(averaged.failures).toEqual([]);
  expect(digests(averaged.results)[0]).toEqual(digests(first.results)[0]);
});

test('an altered manifest is set aside: it decides bits', async () => {
  const directory = await temporaryDirectory();
  const first = await run({ s: [continual()] }, { directory });
  const key = first.results.strategies[0]!.releases[0]!.checkpoint;
  const path = join(directory, 'checkpoints', key, 'manifest.json');
  const text = await readFile(path, 'utf8');
  await writeFile(path, text.replace('"optimizerStep": 10', '"optimizerStep": 1'));
  const second = await run({ s: [continual()] }, { directory });
  expect(second.warnings.join()).toContain('was altered');
  expect(digests(second.results)).toEqual(digests(first.results));
});

test('no leftover of a kill stays when a run is complete', async () => {
  const directory = await temporaryDirectory();
  const strategies = { s: [averaging()], b: [branching()] };
  const clean = await run(strategies);
  for (const stop of [3, 8, 13]) {
    const trainer = new ToyTrainer({
      beforeStep: (made) => {
        if (made === stop) throw new BranchlineError('store', { message: 'killed' });
      },
    });
    await run(strategies, { directory, trainer }).catch(() => undefined);
  }
  await run(strategies, { directory });
  const stored = async (place: string) => (await readdir(join(place, 'checkpoints'))).sort();
  expect(await stored(directory)).toEqual(await stored(clean.directory));
});

test('a trainer that makes too few steps fails instead of hanging', async () => {
  class Lazy extends ToyTrainer {
    override async *train(): ReturnType<ToyTrainer['train']> {}
  }
  await expect(run({ s: [continual()] }, { trainer: new Lazy() })).rejects.toThrow(/made 0 steps of/);
});

test('a run directory that is a file is told as such', async () => {
  const directory = join(await temporaryDirectory(), 'file');
  await writeFile(directory, '');
  await expect(run({ s: [continual()] }, { directory })).rejects.toMatchObject({ code: 'store' });
});

test('a disk that takes no more stops the run with the reason, once, and blames no strategy', async () => {
  const directory = await temporaryDirectory();
  let full = false;
  // A folder that is gone is a write that fails, on any file system and for any user.
  const trainer = new ToyTrainer({
    beforeStep: (made) => {
      if (made === 5) full = true;
    },
  });
  const save = trainer.save.bind(trainer);
  trainer.save = async (state, to) => {
    if (!full) return save(state, to);
    const folder = (await readdir(join(directory, 'checkpoints'))).find((name) => name.startsWith('tmp-'))!;
    await rm(join(directory, 'checkpoints', folder), { recursive: true });
    return save(state, to);
  };
  await expect(run({ s: [continual()] }, { directory, trainer })).rejects.toMatchObject({
    code: 'store',
    problems: [{ remedy: expect.stringContaining('Make room') as string }],
  });
  expect(trainer.alive).toBe(0);
  expect((await run({ s: [continual()] }, { directory })).results.actual.steps).toBe(40);
});
