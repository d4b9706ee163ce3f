/** What a suite says of somebody who breaks a promise. */
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

/** A plugin that breaks a promise, and the check that must say so. */
export interface WrongPlugin {
  readonly check: string;
  readonly plugin: PluginDefinition;
  readonly tests?: StrategyTests;
  /** What the message says, line by line; the whole of it, or patterns where it holds digests. */
  readonly says: readonly (string | RegExp)[];
}

/** What the check says of the plugin, to be compared with `says`. */
export async function said({ check, plugin, tests = { examples: [{}] }, says }: WrongPlugin) {
  return linesOf(await messageOf(createStrategyTester({ plugin }, tests), check), says);
}

/** The lines of a message, those that match their pattern replaced by it. */
export function linesOf(message: string | undefined, says: readonly (string | RegExp)[]) {
  return message?.split('\n').map((line, index) => {
    const pattern = says[index];
    return pattern instanceof RegExp && pattern.test(line) ? pattern : line;
  });
}
