/** A plugin that keeps all promises, for those that break one. */
import {
  constant,
  definePlugin,
  type ForkPart,
  type Hooks,
  linear,
  type PluginDefinition,
  type PluginServices,
  type StepPart,
  type VersionPart,
} from '@branchline/core';
import type { StrategyTests } from '../src/index.js';

/** A schema of options, made by hand: what fits is passed on as it is. */
export function schemaOf(
  options: Readonly<Record<string, (value: unknown) => boolean>>,
  { strict = true } = {},
): NonNullable<PluginDefinition['options']> {
  const validate = (given: unknown) => {
    const entries = Object.entries(given as Record<string, unknown>);
    const issues = entries.flatMap(([name, value]) => {
      if (!(name in options)) return strict ? [{ message: `there is no ${name}`, path: [name] }] : [];
      return options[name]!(value) ? [] : [{ message: `${name} is ${String(value)}`, path: [name] }];
    });
    return issues.length > 0 ? { issues } : { value: given };
  };
  const shape = Object.fromEntries(Object.keys(options).map((name) => [name, {}]));
  return { '~standard': { version: 1, vendor: 'test', validate }, shape } as NonNullable<PluginDefinition['options']>;
}

export interface TidyOptions {
  /** Steps of a branch. */
  readonly steps?: number;
  /** Whether steps weigh their sequences. */
  readonly weigh?: boolean;
  /** Logs every so many steps. */
  readonly logEvery?: number;
}

const share = (value: unknown) => Number.isInteger(value) && (value as number) > 0;

/** Uses everything a plugin can use, and nothing that it must not. */
const tidySetup = ({ steps = 2, weigh = false, logEvery }: TidyOptions, services: PluginServices): Hooks => ({
  onVersion({ version }): VersionPart {
    services.account.charge({ what: 'scoring', tokens: 100 * version.index, flops: 5_000 });
    return { lr: { shape: constant() }, forks: ['decay'], release: { path: 'decay' } };
  },
  onFork: ({ fork, spec }): ForkPart | undefined =>
    fork === 'decay' ? { at: spec.steps - steps, steps, lr: { shape: linear() } } : undefined,
  onStep({ sequences, step }): StepPart | undefined {
    if (!weigh) return undefined;
    const count = (services.state.get() as number) + 1;
    services.state.set(count);
    const draw = () => services.random('weights').uniform();
    return { weights: Array.from(sequences, () => 0.5 + draw() / count), capture: step === 1 };
  },
  afterStep({ position }) {
    if (logEvery !== undefined && position % logEvery === 0) services.log.info(`at ${position}`);
  },
});

export const TIDY: PluginDefinition = {
  name: 'tidy',
  version: '1.2.3',
  kernel: '^1',
  owns: ['lr.shape', 'forks', 'release.path', 'at', 'steps', 'weights', 'capture'],
  options: schemaOf({ steps: share, weigh: (value) => typeof value === 'boolean', logEvery: share }),
  initialState: 0,
  setup: (options, services) => tidySetup(options as TidyOptions, services),
};

/** Decides from losses: a branch learns the half of the data that is known least. */
export const REACTIVE: PluginDefinition = {
  name: 'focus',
  version: '1.0.0',
  kernel: '^1',
  reactive: true,
  owns: ['forks', 'release.path', 'at', 'steps', 'data'],
  options: schemaOf({ share: (value) => typeof value === 'number' && value > 0 && value <= 1 }),
  setup: (options, services) => ({
    onVersion: (): VersionPart => ({ forks: ['focus'], release: { path: 'focus' } }),
    onFork({ fork, spec, experiment }): ForkPart | undefined {
      if (fork !== 'focus') return undefined;
      const { sequences, loss } = services.losses();
      const { share: kept = 0.5 } = options as { readonly share?: number };
      const count = Math.max(experiment.batch, Math.round(kept * sequences.length));
      const places = [...sequences.keys()].sort((a, b) => loss[b]! - loss[a]! || a - b).slice(0, count);
      return { at: spec.steps, steps: 3, data: { use: 'chosen', sequences: places.map((place) => sequences[place]!) } };
    },
  }),
};

/** What the tidy plugin is tested with. */
export const TIDY_TESTS: StrategyTests = {
  examples: [
    { options: { weigh: true }, plan: { '1/decay': { at: 8, steps: 2, 'lr.shape': linear() } } },
    { name: 'longer branches', options: { steps: 3, logEvery: 5 } },
  ],
  invalid: [{ options: { steps: 0 }, message: 'steps is 0' }],
};

/** A plugin that does next to nothing, with other hooks. */
export const pluginOf = (hooks: Hooks, change: Partial<PluginDefinition> = {}): PluginDefinition => ({
  ...definePlugin({ name: 'own', version: '1.0.0', kernel: '^1', setup: () => hooks }).plugin,
  ...(change as object),
});
