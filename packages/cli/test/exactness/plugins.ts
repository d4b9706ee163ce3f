/** Every plugin with random options: those that `branchline` exports, and those of the test. */
import {
  cosine,
  FORK_FIELDS,
  knee,
  linear,
  optionNames,
  type PluginDefinition,
  VERSION_FIELDS,
} from '@branchline/core';
import fc from 'fast-check';
import * as branchline from '../../src/index.js';
import { OWN_PLUGINS } from './own-plugins.js';

/** Possible values of each option. */
type Options = Readonly<Record<string, fc.Arbitrary<unknown>>>;

/** A random subset of the options. */
const someOf = (options: Options) => fc.record(options, { requiredKeys: [] });

/** Hundredths, because random floating-point numbers are mostly close to 0. */
const hundredths = (min: number, max: number) => fc.integer({ min, max }).map((value) => value / 100);
const share = hundredths(0, 100);
/** Away from the ends, where 0 and 1 have special names. */
const inside = hundredths(5, 95);
const direction = fc.constantFrom('ascending', 'descending');

/** An order with its options, and with or without a choice of domains. */
const orderOf = (by: fc.Arbitrary<string>, own: Options = {}) =>
  fc.oneof(fc.record({ by, ...own }), fc.record({ by, ...own, domains: fc.constantFrom('separate', 'together') }));

/** Names of the parts of a carry policy, as in the kernel. */
const carryOf = (fields: readonly { readonly name: string }[]) =>
  someOf(
    Object.fromEntries(
      fields.flatMap(({ name }) => (name.startsWith('carry.') ? [[name.slice('carry.'.length), fc.boolean()]] : [])),
    ),
  );

const curve = fc.constantFrom('1-sqrt', 'linear', 'cosine');
const stableDecay = { kind: fc.constant('stable-decay'), decay: inside, curve };
/** Names, kinds with their own options, and lists of stages. */
const schedules = [
  fc.constantFrom('cosine', 'linear', '1-sqrt', 'knee', 'multi-step', 'stable-decay', 'constant'),
  fc.record({ kind: fc.constant('knee'), hold: inside }),
  fc.record(stableDecay, { requiredKeys: ['kind'] }),
  fc.constant([
    { share: 0.5, curve: 'constant', to: 0.8 },
    { share: 0.5, curve: 'cosine', to: 'min' },
  ]),
];
const schedule = fc.oneof(...schedules);

/** A fit of a model of six parameters. */
const rateFit = {
  kind: 'learning-rate-fit',
  format: 1,
  conditions: { batch: 32, cooldown: 0.2 },
  law: {
    logRate: Math.log(0.05),
    centre: { parameters: 6, tokens: 200 },
    exponents: { parameters: -0.2, tokens: -0.4 },
    covariance: null,
    range: { parameters: [6, 6], tokens: [100, 400] },
    curvature: 0.05,
  },
};

/** Values are drawn independently; incompatible ones are removed when a strategy is built. */
const OPTIONS: Readonly<Record<string, Options>> = {
  'from-scratch': {
    schedule: fc.oneof(
      ...schedules,
      fc.record({ ...stableDecay, of: fc.constant('increment') }, { requiredKeys: ['kind', 'decay', 'of'] }),
    ),
    minRatio: share,
    order: fc.constantFrom('shuffled', 'arrival'),
  },
  continual: {
    schedule,
    minRatio: share,
    rewarm: fc.boolean(),
    rate: inside,
    optimizer: fc.constantFrom('carry', 'reset'),
  },
  replay: { ratio: fc.oneof(fc.constant(0), inside) },
  'stable-only': {},
  'wsd-s': { decay: inside, curve, minRatio: share },
  'infinite-schedule': {
    cooldown: hundredths(0, 50),
    constant: hundredths(20, 100),
    anneal: fc.oneof(fc.constant(0), hundredths(5, 50)),
    minRatio: hundredths(1, 20),
  },
  'path-switching': {
    alpha: fc.oneof(fc.constantFrom(0, 1), inside, inside, inside),
    schedule,
    minRatio: share,
    fork: hundredths(0, 50),
    carry: carryOf(FORK_FIELDS),
  },
  curriculum: {
    order: fc.oneof(
      fc.constantFrom('ascending', 'descending', 'folded', 'interleaved', 'finish'),
      orderOf(direction),
      orderOf(fc.constant('folded'), { folds: fc.integer({ min: 2, max: 4 }), direction }),
      orderOf(fc.constant('interleaved'), { buckets: fc.integer({ min: 2, max: 4 }), direction }),
      orderOf(fc.constant('finish'), { best: inside }),
    ),
    minRatio: share,
  },
  'model-averaging': {
    last: fc.integer({ min: 2, max: 4 }),
    // Omitted half of the time, because it conflicts with `span`.
    every: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined, freq: 2 }),
    span: inside,
    weights: fc.oneof(
      fc.constantFrom('sma', 'ema', 'wma'),
      fc.record({ kind: fc.constant('ema'), factor: inside }),
      fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 2, maxLength: 4 }),
    ),
  },
  // Nearly always outside of the range of the fit, or with another schedule than it is for.
  'learning-rate': {
    fit: fc.constant(rateFit),
    from: fc.constant({ rate: 0.05, parameters: 6, tokens: 200, batch: 32, cooldown: 0.2 }),
    law: fc.constantFrom('paper-c', 'step-law', 'marin', 'complete-d-p'),
    cooldown: share,
    tokens: fc.integer({ min: 100, max: 400 }),
    extrapolate: fc.constantFrom(true, true, true, false),
  },
  lawa: { last: fc.integer({ min: 2, max: 4 }), every: fc.integer({ min: 1, max: 4 }) },
  wsm: {
    decay: fc.constantFrom('linear', 'cosine', '1-sqrt'),
    minRatio: hundredths(0, 95),
    last: fc.integer({ min: 2, max: 4 }),
    span: inside,
  },
};

/** Options of one kind of schedule, order or average, which the cases must cover too. */
export const OPTIONS_OF_KINDS: readonly string[] = [
  ...['from-scratch', 'continual', 'path-switching'].flatMap((name) =>
    ['hold', 'decay', 'curve'].map((option) => `${name}.schedule.${option}`),
  ),
  'from-scratch.schedule.of',
  ...['folds', 'buckets', 'direction', 'best', 'domains'].map((option) => `curriculum.order.${option}`),
  'model-averaging.weights.factor',
];

const OPTIONS_OF_OWN: Readonly<Record<string, Options>> = {
  stepping: {
    rate: fc.boolean(),
    weights: fc.boolean(),
    capture: fc.integer({ min: 0, max: 5 }),
    stop: fc.constantFrom(0, 0.02),
  },
  branching: {
    forks: fc.array(
      fc.record(
        {
          at: fc.nat(6),
          steps: fc.integer({ min: 1, max: 5 }),
          lr: fc.record({ schedule: fc.constantFrom(linear(), cosine(), knee(0.4)) }),
          data: fc.constantFrom({ use: 'new' }, { use: 'all' }),
          order: fc.constantFrom({ by: { by: 'ascending' } }, { by: { by: 'shuffled' } }),
          carry: carryOf(FORK_FIELDS),
        },
        { requiredKeys: ['at', 'steps'] },
      ),
      { minLength: 1, maxLength: 2 },
    ),
    release: fc.nat(2),
  },
  starting: {
    start: fc.constantFrom({ from: 'scratch' }, { from: 'tip' }, { from: 'release' }, { from: 'release', version: 1 }),
    carry: carryOf(VERSION_FIELDS),
  },
};

/** A plugin with options, as plain data. */
export interface DrawnUse {
  readonly name: string;
  readonly options: Readonly<Record<string, unknown>>;
}

/** Fields set by overrides, including every part of both carry policies. */
const OVERRIDES: Options = {
  ...Object.fromEntries(
    [...VERSION_FIELDS.map(({ name }) => name), ...FORK_FIELDS.map(({ name }) => `fork.${name}`)]
      .filter((name) => name.includes('carry.'))
      .map((name) => [name, fc.boolean()]),
  ),
  'order.scope': fc.constantFrom('together', 'by-version'),
  'lr.warmup': fc.nat(4),
  'lr.minRatio': share,
  steps: fc.integer({ min: 1, max: 12 }),
  'fork.steps': fc.integer({ min: 1, max: 6 }),
  'fork.data': fc.constantFrom({ use: 'all' }, { use: 'mixture', replay: 0.4 }),
  'fork.order.by': fc.constantFrom({ by: 'descending' }, { by: 'shuffled' }, { by: 'finish', best: 0.5 }),
};

/** A few fields with values, so that plugins set most fields. */
export const drawnOverrides = fc.uniqueArray(
  fc.oneof(...Object.entries(OVERRIDES).map(([field, value]) => fc.tuple(fc.constant(field), value))),
  { maxLength: 3, selector: ([field]) => field },
);

/** The plugins that `branchline` exports. */
export const EXPORTED_PLUGINS: ReadonlyMap<string, PluginDefinition> = new Map(
  Object.values(branchline as Readonly<Record<string, unknown>>).flatMap((value) => {
    const { plugin } = value as { readonly plugin?: PluginDefinition };
    return plugin === undefined ? [] : [[plugin.name, plugin]];
  }),
);

/** All plugins that strategies are drawn from. */
export const ALL_PLUGINS: ReadonlyMap<string, PluginDefinition> = new Map([...EXPORTED_PLUGINS, ...OWN_PLUGINS]);

/** What this file lacks for the exported plugins; each line says what to add. */
export function missingOptions(plugins: Iterable<PluginDefinition>): readonly string[] {
  const add = 'add it to OPTIONS in packages/cli/test/exactness/plugins.ts, so that its exact resume is tested';
  return [...plugins].flatMap((plugin) => {
    const options = OPTIONS[plugin.name];
    if (options === undefined) return [`plugin "${plugin.name}" has no random options: ${add}`];
    const names = optionNames(plugin);
    return [
      ...names
        .filter((name) => !(name in options))
        .map((name) => `${plugin.name}: option "${name}" is never drawn: ${add}`),
      ...Object.keys(options)
        .filter((name) => !names.includes(name))
        .map((name) => `${plugin.name}: option "${name}" is drawn, and the plugin has none of that name`),
    ];
  });
}

/** Any plugins in any order, without repetition. */
export const drawnUses: fc.Arbitrary<readonly DrawnUse[]> = fc
  .shuffledSubarray([...ALL_PLUGINS.keys()], { minLength: 1 })
  .chain((names) =>
    fc.tuple(
      ...names.map((name) =>
        fc.record({ name: fc.constant(name), options: someOf(OPTIONS[name] ?? OPTIONS_OF_OWN[name] ?? {}) }),
      ),
    ),
  );
