import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { suiteOf, type TestRunner } from './suite.js';

const suite = suiteOf('thing', [
  { name: 'is right', run: async () => undefined },
  {
    name: 'is honest',
    run: async () => {
      throw new Error('it lies');
    },
  },
  {
    name: 'is quick',
    run: async () => {
      throw new Error('it sleeps');
    },
  },
]);

/** A runner that records its tests. */
function recorder() {
  const tests: { readonly name: string; readonly body: () => Promise<void>; readonly timeout: number }[] = [];
  const runner: TestRunner = {
    describe: (name, body) => {
      expect(name).toBe('thing');
      body();
    },
    it: (name, body, timeout) => tests.push({ name, body, timeout }),
  };
  return { tests, runner };
}

describe('a suite', () => {
  const scope = globalThis as Partial<TestRunner>;
  const before = { describe: scope.describe, it: scope.it };
  afterEach(() => Object.assign(scope, before));

  it('registers one test per check in a runner', async () => {
    const { tests, runner } = recorder();
    suite.register(runner);
    expect(tests.map(({ name }) => name)).toEqual(['is right', 'is honest', 'is quick']);
    expect(tests.every(({ timeout }) => timeout > 60_000)).toBe(true);
    await tests[0]!.body();
    await expect(tests[1]!.body()).rejects.toThrow('it lies');
  });

  it('uses the globals of a runner', () => {
    const { tests, runner } = recorder();
    Object.assign(scope, runner);
    suite.register();
    expect(tests).toHaveLength(3);
  });

  it('says what to write if there are no globals', () => {
    Object.assign(scope, { describe: undefined, it: undefined });
    expect(() => suite.register()).toThrow('write register({ describe, it }), or await run()');
  });

  it('sets the timeout through `this`, as mocha requires', async () => {
    const { tests, runner } = recorder();
    suite.register(runner);
    const asked: number[] = [];
    await tests[0]!.body.call({ timeout: (milliseconds: number) => asked.push(milliseconds) });
    expect(asked).toEqual([120_000]);
  });

  it('runs all checks without a runner and reports all that failed', async () => {
    await expect(suite.run()).rejects.toThrow(
      'thing: 2 of 3 checks failed\n\nis honest: it lies\n\nis quick: it sleeps',
    );
    await expect(suiteOf('thing', suite.checks.slice(0, 1)).run()).resolves.toBeUndefined();
  });

  it.each([
    ['sound', 'fail 0', 0],
    ['broken', 'fail 1', 1],
  ])('runs in the test runner of Node: a %s plugin', async (kind, counted, code) => {
    const given = ['--conditions=@branchline/source', '--import', '@oxc-node/core/register', 'test/node-test.ts', kind];
    const cwd = join(import.meta.dirname, '..');
    const ended = await promisify(execFile)(process.execPath, given, { cwd }).then(
      ({ stdout }) => ({ stdout, code: 0 }),
      (error: { readonly stdout: string; readonly code: number }) => error,
    );
    expect(ended.stdout).toContain(counted);
    expect(ended.code).toBe(code);
  });
});
