/** A list of checks that runs in any test runner, or without one. */
import { messageOf } from '@branchline/core';

/** Checks one promise. */
export interface Check {
  /** A short sentence whose subject is the name of the suite. */
  readonly name: string;
  /** Rejects when the promise is broken, with what was promised, what happened, and where to look. */
  readonly run: () => Promise<void>;
}

/** `describe` and `it` of a test runner such as vitest, jest, mocha or `node:test`. */
export interface TestRunner {
  readonly describe: (name: string, body: () => void) => unknown;
  /** `timeout` is in milliseconds; runners without such a parameter ignore it. */
  readonly it: (name: string, body: () => Promise<void>, timeout: number) => unknown;
}

/** The checks of a plugin or a trainer. */
export interface Suite {
  readonly name: string;
  /** Independent of each other. The first that fails explains most. */
  readonly checks: readonly Check[];
  /** Registers one test per check. Default: the global `describe` and `it`; throws if there are none. */
  readonly register: (runner?: TestRunner) => void;
  /** Runs all checks in sequence, without a runner. Rejects with the messages of all that failed. */
  readonly run: () => Promise<void>;
}

/** A check makes dozens of runs: milliseconds each, longer on a busy machine. */
const TIMEOUT_MS = 120_000;

/** Makes a suite of checks. */
export function suiteOf(name: string, checks: readonly Check[]): Suite {
  return {
    name,
    checks,
    register(runner = globalRunner()) {
      runner.describe(name, () => {
        for (const check of checks) runner.it(check.name, testBody(check), TIMEOUT_MS);
      });
    },
    async run() {
      const broken: string[] = [];
      for (const check of checks) {
        await check.run().catch((error: unknown) => broken.push(`${check.name}: ${messageOf(error)}`));
      }
      if (broken.length === 0) return;
      throw new Error([`${name}: ${broken.length} of ${checks.length} checks failed`, ...broken].join('\n\n'));
    },
  };
}

/** The body of a test. Sets the timeout through `this`, as mocha requires. */
function testBody(check: Check): () => Promise<void> {
  return function (this: unknown) {
    const test = this as { timeout?: (milliseconds: number) => void } | undefined;
    if (typeof test?.timeout === 'function') test.timeout(TIMEOUT_MS);
    return check.run();
  };
}

function globalRunner(): TestRunner {
  const { describe, it } = globalThis as Partial<TestRunner>;
  if (describe !== undefined && it !== undefined) return { describe, it };
  throw new Error('this test runner has no global describe and it; write register({ describe, it }), or await run()');
}
