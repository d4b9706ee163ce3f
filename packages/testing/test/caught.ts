/** Runs single checks of a suite and reads their messages. */
import type { PluginDefinition } from '@branchline/core';
import { createStrategyTester, type StrategyTests, type Suite } from '../src/index.js';

/** The message of one check of a suite; undefined when it passes. */
export async function messageOf(suite: Suite, name: string): Promise<string | undefined> {
  const check = suite.checks.find((one) => one.name === name);
  if (check === undefined)
    throw new Error(`no check is called "${name}": ${suite.checks.map((one) => one.name).join('; ')}`);
  return check.run().then(
    () => undefined,
    (error: unknown) => (error as Error).message,
  );
}

/** A plugin that breaks a promise, and the check that must fail. */
export interface WrongPlugin {
  readonly check: string;
  readonly plugin: PluginDefinition;
  readonly tests?: StrategyTests;
  /** The expected message, line by line. Patterns replace lines with digests. */
  readonly says: readonly (string | RegExp)[];
}

/** The lines of the check's message, for comparison with `says`. */
export async function said({ check, plugin, tests = { examples: [{}] }, says }: WrongPlugin) {
  return linesOf(await messageOf(createStrategyTester({ plugin }, tests), check), says);
}

/** The lines of a message; a line that matches its pattern is replaced by the pattern. */
export function linesOf(message: string | undefined, says: readonly (string | RegExp)[]) {
  return message?.split('\n').map((line, index) => {
    const pattern = says[index];
    return pattern instanceof RegExp && pattern.test(line) ? pattern : line;
  });
}
