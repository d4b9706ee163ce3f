/** Plugins that throw, return nonsense or break their word: each gets one attributed error, and the others go on. */

import { type PluginUse } from '@branchline/core';
import { continual, hooks, temporaryDirectory } from '@branchline/core/fixtures';
import { expect, test } from 'vitest';
import { names, run } from './run.js';

test('an asynchronous observer that rejects is a warning', async () => {
  const watching = hooks('watching', {
    afterRelease: (): unknown => Promise.reject(new Error('async down')),
  });
  const { warnings } = await run({ s: [continual(), watching] });
  expect(warnings.filter((line) => line.includes('async down'))).toHaveLength(1);
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

const forever = (): never => {
  for (;;);
};
const rawPlugin = (part: object) =>
  ({
    plugin: { name: 'endless', version: '1.0.0', kernel: '^1', ...part },
    options: undefined,
  }) as unknown as PluginUse;

test.each<[string, PluginUse]>([
  ['onVersion', hooks('endless', { onVersion: forever })],
  ['onStep', hooks('endless', { onStep: ({ step }) => (step === 3 ? forever() : undefined) })],
  ['setup', rawPlugin({ setup: forever })],
  [
    'options',
    rawPlugin({
      setup: () => ({}),
      options: { '~standard': { version: 1, vendor: 'x', validate: () => new Promise(() => undefined) } },
    }),
  ],
])('a plugin that never settles in %s is ended, named, and stops nobody else', async (hook, endless) => {
  const { results, failures } = await run({ s: [continual()], endless: [endless] }, { change: { hookSeconds: 0.5 } });
  expect(names(results)).toEqual(['s']);
  expect(failures.map(({ strategies }) => strategies)).toEqual([['endless']]);
  const [problem] = failures[0]!.error.problems;
  expect(problem).toMatchObject({ plugin: 'endless', hook });
  expect(problem!.message).toBe('gave no answer for 0.5 seconds and was ended');
});

test('an observer that never settles holds nobody up', async () => {
  const waiting = hooks('waiting', { afterRelease: (): unknown => new Promise(() => undefined) });
  expect(names((await run({ s: [continual(), waiting] })).results)).toEqual(['s']);
});

test('two plugins of one name, and a kernel range that does not fit, are named with their places', async () => {
  const old = rawPlugin({ kernel: '^99', setup: () => ({}) });
  const twice = [hooks('same', {}), hooks('same', {})];
  const refused = run({ s: [continual()], old: [old], twice });
  await expect(refused).rejects.toMatchObject({
    problems: [
      { plugin: 'endless', message: 'was written for kernel API ^99, this is 1.0.0', configPath: 'strategies.old[0]' },
      { plugin: 'same', message: 'stands in this strategy already, at strategies.twice[0]' },
    ],
  });
});

test('what a decider is shown is frozen: writing to it fails where it does so', async () => {
  const writing = hooks('writing', {
    onVersion: (context) => {
      (context.version as { sequences: number }).sequences = 1;
      return {};
    },
  });
  const { failures } = await run({ s: [continual()], writing: [writing] });
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

test('an observer cannot charge: a resumed run would owe less', async () => {
  const charging = rawPlugin({
    setup: (_: never, { account }: { account: { charge(charge: object): void } }) => ({
      onVersion: () => undefined,
      afterStep: () => account.charge({ what: 'looking', flops: 1e9 }),
    }),
  });
  const { results, warnings } = await run({ s: [continual(), charging] });
  expect(results.actual.flops).toBeLessThan(1e9);
  expect(warnings.join()).toContain('a charge belongs to a version');
});
