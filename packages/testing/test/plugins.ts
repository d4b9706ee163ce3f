/** A plugin that keeps all promises, to derive wrong ones from. */
import {
  constant,
  definePlugin,
  type ForkPart,
  linear,
  type PluginDefinition,
  type PluginUse,
  type StepPart,
  type VersionPart,
} from '@branchline/core';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { StrategyTests } from '../src/index.js';

/** A hand-written options schema that passes valid values on unchanged. */
export function schemaOf<Options>(
  options: Readonly<Record<string, (value: unknown) => boolean>>,
  { strict = true } = {},
): StandardSchemaV1<Options, Options> {
  const validate = (given: unknown) => {
    const entries = Object.entries(given as Record<string, unknown>);
    const issues = entries.flatMap(([name, value]) => {
      if (!(name in options)) return strict ? [{ message: `there is no ${name}`, path: [name] }] : [];
      return options[name]!(value) ? [] : [{ message: `${name} is ${String(value)}`, path: [name] }];
    });
    return issues.length > 0 ? { issues } : { value: given };
  };
  const shape = Object.fromEntries(Object.keys(options).map((name) => [name, {}]));
  return { '~standard': { version: 1, vendor: 'test', validate }, shape } as unknown as StandardSchemaV1<
    Options,
    Options
  >;
}

export interface TidyOptions {
  /** Steps of a branch. */
  readonly steps?: number;
  /** Whether steps weigh their sequences. */
  readonly weigh?: boolean;
  /** Number of steps between log lines. */
  readonly logEvery?: number;
}

const share = (value: unknown) => Number.isInteger(value) && (value as number) > 0;

/** Uses every feature of the plugin API correctly. */
export const TIDY: PluginDefinition = definePlugin({
  name: 'tidy',
  version: '1.2.3',
  owns: ['lr.schedule', 'forks', 'release.path', 'at', 'steps', 'weights', 'capture'],
  options: schemaOf<TidyOptions>({ steps: share, weigh: (value) => typeof value === 'boolean', logEvery: share }),
  initialState: 0,
  onVersion({ version, charge }): VersionPart {
    charge({ what: 'scoring', tokens: 100 * version.index, flops: 5_000 });
    return { lr: { schedule: constant() }, forks: ['decay'], release: { path: 'decay' } };
  },
  onFork: {
    decay: ({ spec, options: { steps = 2 } }): ForkPart => ({
      at: spec.steps - steps,
      steps,
      lr: { schedule: linear() },
    }),
  },
  onStep({ sequences, step, state, random, options }): StepPart | undefined {
    if (options.weigh !== true) return undefined;
    const count = (state.get() as number) + 1;
    state.set(count);
    const draw = () => random('weights').uniform();
    return { weights: Array.from(sequences, () => 0.5 + draw() / count), capture: step === 1 };
  },
  observe: ({ options: { logEvery }, log }) => ({
    afterStep({ position }) {
      if (logEvery !== undefined && position % logEvery === 0) log.info(`at ${position}`);
    },
  }),
}).plugin;

/** Reactive: a branch trains on the half of the data with the highest losses. */
export const REACTIVE: PluginDefinition = definePlugin({
  name: 'focus',
  reactive: true,
  owns: ['forks', 'release.path', 'at', 'steps', 'data'],
  options: schemaOf<{ readonly share?: number }>({
    share: (value) => typeof value === 'number' && value > 0 && value <= 1,
  }),
  onVersion: (): VersionPart => ({ forks: ['focus'], release: { path: 'focus' } }),
  onFork: {
    focus({ spec, experiment, losses, options: { share: kept = 0.5 } }): ForkPart {
      const { sequences, loss } = losses();
      const count = Math.max(experiment.batch, Math.round(kept * sequences.length));
      const places = [...sequences.keys()].sort((a, b) => loss[b]! - loss[a]! || a - b).slice(0, count);
      return { at: spec.steps, steps: 3, data: { use: 'chosen', sequences: places.map((place) => sequences[place]!) } };
    },
  },
}).plugin;

/** Branches that leave before the end of the main path, as those of path switching do. */
export const EARLY: PluginUse = definePlugin({
  name: 'early',
  owns: ['forks', 'release.path', 'at', 'steps', 'lr.schedule'],
  onVersion: (): VersionPart => ({ forks: ['branch'], release: { path: 'branch' } }),
  onFork: { branch: ({ spec }): ForkPart => ({ at: spec.steps - 4, steps: 4, lr: { schedule: linear() } }) },
})();

/** Reactive: chooses the data of a branch that another plugin decides. */
export const HARD_EXAMPLES: PluginDefinition = definePlugin({
  name: 'hard-examples',
  reactive: true,
  owns: ['data'],
  onFork: {
    branch({ experiment, losses }): ForkPart {
      const { sequences, loss } = losses();
      const places = [...sequences.keys()].sort((a, b) => loss[b]! - loss[a]! || a - b).slice(0, 2 * experiment.batch);
      return { data: { use: 'chosen', sequences: places.map((place) => sequences[place]!) } };
    },
  },
}).plugin;

/** Reactive: decays once the loss falls by less than `least` in two steps. */
export const PATIENT: PluginDefinition = definePlugin({
  name: 'patient',
  reactive: true,
  owns: ['forks', 'release.path', 'at', 'steps', 'lr.schedule'],
  options: schemaOf<{ readonly least?: number }>({ least: (value) => typeof value === 'number' }),
  onVersion: (): VersionPart => ({ forks: ['decay'], release: { path: 'decay' } }),
  onFork: {
    decay({ spec, losses, options: { least = 0 } }): ForkPart {
      const lossAt = (at: number) => {
        const { loss } = losses({ path: 'main', at, sample: 16 });
        return loss.reduce((sum, value) => sum + value / loss.length, 0);
      };
      let at = 2;
      while (at + 2 <= spec.steps && lossAt(at) - lossAt(at + 2) >= least) at += 2;
      return { at, steps: 2, lr: { schedule: linear() } };
    },
  },
}).plugin;

/** The tests of `TIDY`. */
export const TIDY_TESTS: StrategyTests = {
  examples: [
    { options: { weigh: true }, plan: { '1/decay': { at: 8, steps: 2, 'lr.schedule': linear() } } },
    { name: 'longer branches', options: { steps: 3, logEvery: 5 } },
  ],
  invalid: [{ options: { steps: 0 }, message: 'steps is 0' }],
};

/** A minimal plugin with the given hooks. */
export const pluginOf = (change: Partial<PluginDefinition>): PluginDefinition => ({ name: 'own', ...change });
