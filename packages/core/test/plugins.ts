/** Strategies for tests of core, which depends on no real plugin. */
import {
  constant,
  cosine,
  type ForkPart,
  linear,
  type Observers,
  type PluginDefinition,
  type PluginHooks,
  type PluginUse,
  type StepPart,
  type VersionPart,
} from '../src/index.js';

/** Makes a plugin from plain hooks and observers. */
export function hooks(name: string, own: PluginHooks & Partial<Observers>): PluginUse {
  const entries = Object.entries(own);
  const observers = entries.filter(([hook]) => /^(before|after)/.test(hook));
  const others = Object.fromEntries(entries.filter((entry) => !observers.includes(entry)));
  const observe = () => Object.fromEntries(observers);
  return untyped({ name, ...(observers.length > 0 && { observe }), ...others });
}

/** A plugin without type checks, as JavaScript code may write it. */
export const untyped = (plugin: object): PluginUse => ({ plugin: plugin as PluginDefinition, options: undefined });

export const version = (name: string, part: VersionPart) => hooks(name, { onVersion: () => part });

/** Every version from fresh weights on all data so far, with a cosine schedule. */
export const scratch = () =>
  version('scratch', { start: { from: 'scratch' }, data: { use: 'all' }, lr: { schedule: cosine() } });

/** Every version from the previous release, with a new warm-up. */
export const continual = () =>
  hooks('continual', {
    onVersion: ({ version: { index } }) => ({
      ...(index > 1 && { start: { from: 'release' as const } }),
      lr: { schedule: cosine(), warmup: 2 },
    }),
  });

/** A main path at the peak rate; a branch of `share` of the increment decays and is released. */
export const branching = (share = 0.6) =>
  hooks('branching', {
    onVersion: (): VersionPart => ({ forks: ['branch'], release: { path: 'branch' } }),
    onFork: ({ spec }): ForkPart => ({ steps: Math.round(share * spec.steps), lr: { schedule: linear() } }),
  });

/** From fresh weights in order of arrival: peak rate, then a decay over the last `share` of the increment. */
export const stableDecay = (share = 0.6) =>
  hooks('stable-decay', {
    onVersion: ({ version: { index }, stepsOfIncrement }): VersionPart => {
      const total = index * stepsOfIncrement - 2;
      const decay = Math.round(share * stepsOfIncrement) / total;
      const hold = { share: 1 - decay, curve: 'constant' as const, to: 1 };
      return {
        start: { from: 'scratch' },
        data: { use: 'all' },
        order: { scope: 'by-version' },
        lr: { schedule: [hold, { share: decay, curve: 'linear', to: 'min' }] },
      };
    },
  });

/** Releases the mean of the last `last` states, `every` steps apart. */
export const averaging = (last = 3, every = 2) =>
  version('averaging', {
    release: { average: Array.from({ length: last }, (_, index) => ({ stepsBack: index * every, weight: 1 / last })) },
  });

export const stepwise = (name: string, onStep: (step: number) => StepPart | undefined) =>
  hooks(name, { onStep: ({ step }) => onStep(step) });

export { constant };
