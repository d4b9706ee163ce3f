/** Plugins with behaviour that the repository's plugins lack: state, random draws, several branches, unusual starts. */
import { definePlugin, type ForkPart, type PluginDefinition, type StepPart, type VersionPart } from '@branchline/core';
import { z } from 'zod';

export interface Stepping {
  readonly rate?: boolean;
  readonly weights?: boolean;
  /** Captures every `capture` steps; 0: never. */
  readonly capture?: number;
  /** Ends a path with this probability after each step. */
  readonly stop?: number;
}

/** Counts in its state slot, draws from two streams, sets every field of a step, and charges for it. */
const stepping = definePlugin({
  name: 'stepping',
  initialState: 0,
  options: z.custom<Stepping>(),
  onVersion({ version, charge }) {
    charge({ what: 'counting', tokens: 100 * version.index, flops: 1_000 });
  },
  onStep({ experiment, state, random, options: { rate, weights, capture = 0, stop = 0 } }): StepPart {
    const count = (state.get() as number) + 1;
    state.set(count);
    const draw = (stream: string) => random(stream).uniform();
    return {
      ...(rate && { lr: { factor: 1 / (1 + count / 100) + draw('rate') / 10 } }),
      ...(weights && { weights: Array.from({ length: experiment.batch }, () => 0.5 + draw('weights')) }),
      capture: capture > 0 && count % capture === 0,
      stop: stop > 0 && draw('rate') < stop,
    };
  },
});

export interface Branching {
  readonly forks?: readonly ForkPart[];
  /** Index of the released fork; the main path if there is none. */
  readonly release?: number;
}

const FORKS: readonly ForkPart[] = [{ at: 1, steps: 2 }];

/** Several branches per version, each with its own carry policy, data and order. */
const branching = definePlugin({
  name: 'branching',
  options: z.custom<Branching>(),
  onVersion({ options: { forks = FORKS, release = 0 } }): VersionPart {
    const names = forks.map((_, index) => `fork-${index}`);
    return { forks: names, release: { path: names[release] ?? 'main' } };
  },
  onFork: ({ fork, options: { forks = FORKS } }): ForkPart | undefined => forks[Number(/^fork-(\d+)$/.exec(fork)?.[1])],
});

/** Starts later versions at points that no plugin of the repository uses. */
const starting = definePlugin({
  name: 'starting',
  options: z.custom<Pick<VersionPart, 'start' | 'carry'>>(),
  onVersion: ({ version: { index }, options: part }): VersionPart => (index > 1 ? part : {}),
});

/** By name. */
export const OWN_PLUGINS: ReadonlyMap<string, PluginDefinition> = new Map(
  [stepping, branching, starting].map(({ plugin: own }) => [own.name, own as unknown as PluginDefinition]),
);
