/** A list of promises to check, and ways to run it: in any test runner, or in none. */
import { messageOf } from '@branchline/core';

/** One promise, and how to check it. */
export interface Check {
  /** A short sentence without a subject: who promises is the name of the suite. */
  readonly name: string;
  /** Rejects when the promise is broken, with what was promised, what happened, and what to look at. */
  readonly run: () => Promise<void>;
}

/** `describe` and `it` of a test runner: vitest, jest, mocha, `node:test`, or whatever has the two. */
export interface TestRunner {
  readonly describe: (name: string, body: () => void) => unknown;
  /** `timeout` in milliseconds; runners that do not know it ignore it. */
  readonly it: (name: string, body: () => Promise<void>, timeout: number) => unknown;
}

/** What a plugin or a trainer is checked with. */
export interface Suite {
  readonly name: string;
  /** In an order in which the first that fails explains most. Independent of each other. */
  readonly checks: readonly Check[];
  /**
   * One test for each check. Without a runner it takes the global `describe` and `it`, and throws where there are none.
   */
  readonly register: (runner?: TestRunner) => void;
  /** Runs all checks one after the other, without a runner. Rejects with the messages of all that failed. */
  readonly run: () => Promise<void>;
}

/** A check makes runs by the dozen: milliseconds each, but not on a busy machine. */
const TIMEOUT_MS = 120_000;

/** A suite of these checks. */
export function suiteOf(name: string, checks: readonly Check[]): Suite {
  return {
    name,
    checks,
    register(runner = globalRunner()) {
      runner.describe(name, () => {
        for (const check of checks) runner.it(check.name, patient(check), TIMEOUT_MS);
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

/** The body of a test. Mocha takes the timeout through `this`. */
function patient(check: Check): () => Promise<void> {
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
