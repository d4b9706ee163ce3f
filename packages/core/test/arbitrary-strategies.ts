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

/**
 * Learns in the first `steps` steps of every later version from the release before it, or from a state of the main path
 * `back` steps before its end.
 */
const learning = (steps: number, back: number) =>
  hooks('learning', {
    onVersion: ({ version: { index } }) => {
      if (index === 1) return {};
      const teacher =
        back === 0
          ? ({ state: 'release' } as const)
          : ({ state: 'path', path: 'main', version: index - 1, stepsBack: back } as const);
      return { loss: { distil: { teacher, weight: 0.5, temperature: 2, steps } } };
    },
  });

const lesson = fc.tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 0, max: 4 }));

const plugins = fc.oneof(
  fc.constant([scratch()]),
  fc.constant([continual()]),
  share.map((choice) => [stableDecay(choice)]),
  share.map((choice) => [branching(choice)]),
  fc.tuple(share, average).map(([choice, { last, every }]) => [branching(choice), averaging(last, every)]),
  average.map(({ last, every }) => [continual(), averaging(last, every)]),
  fc.integer({ min: 4, max: 9 }).map((every) => [continual(), captured(every)]),
  fc.boolean().map((optimizer) => [fromFirst(optimizer)]),
  lesson.map(([steps, back]) => [continual(), learning(steps, back)]),
  fc.tuple(share, lesson).map(([choice, [steps, back]]) => [branching(choice), learning(steps, back)]),
  fc
    .tuple(average, lesson)
    .map(([{ last, every }, [steps, back]]) => [continual(), averaging(last, every), learning(steps, back)]),
);

/** One to four strategies. */
export const strategies = fc
  .array(plugins, { minLength: 1, maxLength: 4 })
  .map((list): Strategies => Object.fromEntries(list.map((uses, index) => [`s${index}`, uses])));
