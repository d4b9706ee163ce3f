/** Plugins that throw, return nonsense or break their word: each gets one attributed error, and the others go on. */
import { expect, test } from 'vitest';
import { type PluginUse } from '../src/index.js';
import { continual, hooks } from './plugins.js';
import { run } from './run.js';
import { temporaryDirectory } from './toy.js';

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
