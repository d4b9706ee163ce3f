/**
 * Plugins that throw, return invalid values or break rules: each gets one attributed error. With `startAnyway`, other
 * strategies continue.
 */

import type { Charge, PluginUse, StateSlot } from '@branchline/core';
import { continual, hooks, ToyTrainer, temporaryDirectory, toyData, untyped } from '@branchline/core/fixtures';
import { expect, test } from 'vitest';
import { names, type RunOptions, run } from './run.js';

/** Expects that a run is refused with one problem, before the first step. */
async function refused(strategies: Parameters<typeof run>[0], options: RunOptions, problem: object) {
  const trainer = new ToyTrainer();
  const outcome = run(strategies, { ...options, trainer });
  await expect(outcome).rejects.toMatchObject({ code: 'config', problems: [problem] });
  expect(trainer.made).toBe(0);
}

test('an asynchronous observer that rejects is a warning', async () => {
  const watching = hooks('watching', {
    afterRelease: (): unknown => Promise.reject(new Error('async down')),
  });
  const { warnings } = await run({ s: [continual(), watching] });
  expect(warnings.filter((line) => line.includes('async down'))).toHaveLength(1);
});

test.each([
  ['a hook that is not a function', { onVersion: 5 }, /hook onVersion must be a function, not a number/],
  ['a branch that is not a function', { onFork: { b: 5 } }, /hook onFork\.b must be a function, not a number/],
  ['a hook that does not exist', { onVersoin: () => ({}) }, /does not exist: onVersoin\n.*Did you mean "onVersion"/],
  [
    'a field of ownership that does not exist',
    { owns: ['lr.peek'] },
    /owns a field that does not exist: lr\.peek\n.*lr\.peak/,
  ],
  ['an old name in its ownership', { owns: ['lr.floor'] }, /lr\.floor is called lr\.minRatio/],
  ['a plugin of kernel API 1', { setup: () => ({}) }, /does not exist: setup\n.*Write the hooks into the definition/],
])('%s is refused', async (_, definition, message) => {
  await expect(run({ s: [untyped({ name: 'odd', ...definition })] })).rejects.toThrow(message);
});

test.each([
  ['a promise', async () => ({}), /must return a plain object of observers, not a promise/],
  ['an observer that does not exist', () => ({ afterStepp: () => undefined }), /afterStepp;.*\n.*"afterStep"/],
  ['an observer that is not a function', () => ({ afterStep: 5 }), /observer afterStep must be a function/],
  [
    'nothing, because it throws',
    () => {
      throw new Error('observe down');
    },
    /observe down/,
  ],
])('observe that returns %s is a warning, and the strategy is trained', async (_, observe, message) => {
  const odd = untyped({ name: 'odd', observe });
  const { results, warnings } = await run({ s: [continual(), odd] });
  expect(names(results)).toEqual(['s']);
  expect(warnings.filter((line) => message.test(line))).toHaveLength(1);
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
])('a decider that returns %s is reported with its strategy', async (_, part, message) => {
  const odd = hooks('odd', { onVersion: () => part as never });
  const outcome = await run({ s: [continual()], odd: [odd] }).catch((error: unknown) => error);
  const text =
    outcome instanceof Error
      ? outcome.message
      : (outcome as Awaited<ReturnType<typeof run>>).failures[0]!.error.message;
  expect(text).toMatch(message);
  expect(text).toContain('odd');
});

test('every decider is called once for each version, fork and step', async () => {
  const calls: string[] = [];
  const counting = hooks('counting', {
    onVersion: ({ version }) => {
      calls.push(`version ${version.index}`);
      return { steps: 3, forks: ['b'], release: { path: 'b' } };
    },
    onFork: {
      b: ({ version }) => {
        calls.push(`fork ${version.index}`);
        return { steps: 1 };
      },
      other: () => void calls.push('other'),
    },
    onStep: ({ version, path, step }) => void calls.push(`step ${version.index} ${path} ${step}`),
  });
  await run({ s: [counting] }, { data: toyData({ versions: 2 }) });
  expect(calls).toEqual([
    ...['version 1', 'fork 1', 'version 2', 'fork 2'],
    ...[1, 2].flatMap((of) => [0, 1, 2].map((step) => `step ${of} main ${step}`).concat(`step ${of} b 0`)),
  ]);
});

test('anything a plugin throws is reported', async () => {
  const odd = hooks('odd', {
    onVersion: () => {
      throw Object.create(null);
    },
  });
  const { failures } = await run({ s: [continual()], odd: [odd] }, { startAnyway: true });
  expect(failures[0]!.error.problems[0]).toMatchObject({ plugin: 'odd', hook: 'onVersion' });
});

test('an invalid charge is refused when it is made; valid ones are booked once and add no trained tokens', async () => {
  const charging = (flops: number) =>
    hooks('charging', { onVersion: ({ charge }) => charge({ what: 'scoring', tokens: 100, flops }) });
  const broken = await run({ s: [continual()], c: [continual(), charging(Number.NaN)] }, { startAnyway: true });
  expect(broken.failures[0]!.error.message).toContain('charge "scoring": flops must be a number of 0 or more');
  const directory = await temporaryDirectory();
  await run({ s: [continual()], c: [continual(), charging(5)] }, { directory });
  const { results } = await run({ s: [continual()], c: [continual(), charging(5)] }, { directory });
  const [plain, charged] = results.strategies;
  expect(charged!.cost.standalone.tokens).toBe(plain!.cost.standalone.tokens + 400);
  expect(results.graph.tokensStandalone).toBe(2 * plain!.cost.standalone.tokens);
  expect(results.actual.tokens).toBe(results.graph.tokensTrained + 400);
});

test('using state outside of onStep is refused with the reason, even with a saved state object', async () => {
  const early = untyped({
    name: 'early',
    onVersion: ({ state }: { state: { set(value: number): void } }) => void state.set(1),
  });
  let slot: StateSlot | undefined;
  const late = hooks('late', {
    onStep: ({ state }) => {
      slot = state;
    },
    onVersion: ({ version }) => {
      if (version.index > 1) slot?.set(1);
    },
  });
  const { failures } = await run({ s: [continual()], early: [early], late: [late] }, { startAnyway: true });
  expect(failures.map(({ error }) => error.message)).toEqual([expect.stringContaining('belong to onStep')]);
  expect(() => slot!.get()).toThrow('belong to onStep');
});

const forever = (): never => {
  for (;;);
};
test.each<[string, PluginUse]>([
  ['onVersion', hooks('endless', { onVersion: forever })],
  ['onStep', hooks('endless', { onStep: ({ step }) => (step === 3 ? forever() : undefined) })],
  ['onFork', hooks('endless', { onVersion: () => ({ forks: ['b'] }), onFork: { b: forever } })],
  [
    'options',
    untyped({
      name: 'endless',
      options: { '~standard': { version: 1, vendor: 'x', validate: () => new Promise(() => undefined) } },
    }),
  ],
])('a plugin that never returns from %s is stopped and named, before anything is trained', async (hook, endless) => {
  const strategies = { s: [continual()], endless: [endless] };
  const change = { hookSeconds: 0.5 };
  await refused(strategies, { change }, { plugin: 'endless', hook });
  const { results, failures } = await run(strategies, { change, startAnyway: true });
  expect(names(results)).toEqual(['s']);
  expect(failures.map(({ strategies }) => strategies)).toEqual([['endless']]);
  const [problem] = failures[0]!.error.problems;
  expect(problem).toMatchObject({ plugin: 'endless', hook });
  expect(problem!.message).toBe('did not return within 0.5 seconds and was stopped');
});

test('an observer whose promise never settles does not delay the run', async () => {
  const waiting = hooks('waiting', { afterRelease: (): unknown => new Promise(() => undefined) });
  expect(names((await run({ s: [continual(), waiting] })).results)).toEqual(['s']);
});

test('duplicate plugin names, and kernel ranges that do not fit, are reported with their config paths', async () => {
  const old = untyped({ name: 'endless', kernel: '^99' });
  const twice = [hooks('same', {}), hooks('same', {})];
  const refused = run({ s: [continual()], old: [old], twice });
  await expect(refused).rejects.toMatchObject({
    problems: [
      { plugin: 'endless', message: 'was written for kernel API ^99, this is 2.0.0', configPath: 'strategies.old[0]' },
      { plugin: 'same', message: 'is already in this strategy, at strategies.twice[0]' },
    ],
  });
});

test('contexts of deciders are frozen: writing to one fails at once', async () => {
  const writing = hooks('writing', {
    onVersion: (context) => {
      (context.version as { sequences: number }).sequences = 1;
      return {};
    },
  });
  const { failures } = await run({ s: [continual()], writing: [writing] }, { startAnyway: true });
  expect(failures[0]!.error.problems[0]).toMatchObject({ plugin: 'writing', hook: 'onVersion', version: 1 });
  expect(failures[0]!.error.message).toMatch(/read only|Cannot assign/);
});

test.each([
  ['an unknown field', { stepz: 3 }, /stepz/],
  ['NaN', { steps: Number.NaN }, /steps/],
  ['a rate that is not a number', { lr: { peak: Number.NaN } }, /lr\.peak/],
])('a decider that returns %s is named with the field', async (_, part, message) => {
  const odd = hooks('odd', { onVersion: () => part as never });
  const outcome: unknown = await run({ s: [continual()], odd: [odd] }).catch((error: unknown) => error);
  const error = outcome instanceof Error ? outcome : (outcome as Awaited<ReturnType<typeof run>>).failures[0]!.error;
  expect(error.message).toMatch(message);
  expect(error.message).toContain('odd');
});

test('an observer cannot charge, because a resumed run would pay less', async () => {
  let kept: ((charge: Charge) => void) | undefined;
  const charging = hooks('charging', {
    onVersion: ({ charge }) => {
      kept = charge;
    },
    afterStep: () => kept!({ what: 'looking', flops: 1e9 }),
  });
  const { results, warnings } = await run({ s: [continual(), charging] });
  expect(results.actual.flops).toBeLessThan(1e9);
  expect(warnings.join()).toContain('a charge belongs to a version');
});

test('an observe that never returns is stopped and reported, and training continues', async () => {
  const endless = hooks('endless', { observe: forever });
  const { results, warnings } = await run({ s: [continual(), endless] }, { change: { hookSeconds: 1 } });
  expect(names(results)).toEqual(['s']);
  expect(warnings.filter((line) => /endless, observe: did not return within 1 seconds/.test(line))).toHaveLength(1);
});

test('a branch that is misspelt in onFork is found by its name', async () => {
  const misspelt = untyped({
    name: 'misspelt',
    onVersion: () => ({ forks: ['branch'], release: { path: 'branch' } }),
    onFork: { brnch: () => ({ steps: 2 }) },
  });
  await expect(run({ s: [misspelt] })).rejects.toThrow(
    /strategies\.s,.* path branch: .*\n.*is onFork\.brnch misspelt\?/,
  );
});
