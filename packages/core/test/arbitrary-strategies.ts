/** Arbitrary strategies, single and combined, for properties of all run graphs. */
import fc from 'fast-check';
import type { PluginUse, StepPart } from '../src/index.js';
import { averaging, branching, continual, hooks, scratch, stableDecay, stepwise } from './plugins.js';

export type Strategies = Readonly<Record<string, readonly PluginUse[]>>;

const share = fc.constantFrom(0.2, 0.5, 0.7);
const average = fc.record({ last: fc.integer({ min: 2, max: 4 }), every: fc.integer({ min: 1, max: 3 }) });

/** Captures every `every`-th state of every version. */
export const captured = (every: number) =>
  stepwise('capturing', (step): StepPart => ({ capture: step % every === 2 % every }));

/** Starts every version from the first release, with some parts reset. */
const fromFirst = (optimizer: boolean) =>
  hooks('from-first', {
    onVersion: ({ version: { index } }) => ({
      ...(index > 1 && { start: { from: 'release' as const, version: 1 } }),
      carry: { optimizer },
    }),
  });

const plugins = fc.oneof(
  fc.constant([scratch()]),
  fc.constant([continual()]),
  share.map((choice) => [stableDecay(choice)]),
  share.map((choice) => [branching(choice)]),
  fc.tuple(share, average).map(([choice, { last, every }]) => [branching(choice), averaging(last, every)]),
  average.map(({ last, every }) => [continual(), averaging(last, every)]),
  fc.integer({ min: 4, max: 9 }).map((every) => [continual(), captured(every)]),
  fc.boolean().map((optimizer) => [fromFirst(optimizer)]),
);

/** One to four strategies. */
export const strategies = fc
  .array(plugins, { minLength: 1, maxLength: 4 })
  .map((list): Strategies => Object.fromEntries(list.map((uses, index) => [`s${index}`, uses])));
