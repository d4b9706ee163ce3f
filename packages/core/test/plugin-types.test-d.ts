/**
 * Which plugins compile and which do not; checked with the package's types and never run. A line under
 * `@ts-expect-error` that compiles is an error.
 */
import { z } from 'zod';
import {
  constant,
  cosine,
  type DataSpec,
  definePlugin,
  type ForkPart,
  linear,
  type Overrides,
  type Stage,
  type VersionPart,
  type VersionSpec,
} from '../src/index.js';

const options = z.strictObject({ alpha: z.number().default(0.6), mode: z.enum(['a', 'b']).default('a') });

/** A complete plugin without type annotations: options are inferred from the schema. */
export const whole = definePlugin({
  name: 'whole',
  options,
  owns: ['start', 'lr.schedule', 'carry.data'],
  onVersion: ({ version, options: { alpha } }) => ({
    start: { from: version.index === 1 ? 'scratch' : 'tip' },
    lr: { schedule: constant(), peak: alpha },
    forks: ['branch'],
    release: { path: 'branch' },
  }),
  onFork: {
    branch: ({ options: { alpha }, spec }) => ({ steps: Math.round(alpha * spec.steps), lr: { schedule: linear() } }),
    other: ({ spec }) => ({ at: spec.steps }),
  },
  onStep: ({ step, options: { mode } }) => (step > 3 ? { stop: mode === 'a' } : undefined),
});

/** Several returns of different literals, including none, in method syntax. */
export const returns = definePlugin({
  name: 'returns',
  options,
  onVersion({ version, options: { alpha } }) {
    if (version.index === 1) return undefined;
    if (version.index === 2) return { start: { from: 'scratch' }, data: { use: 'all' } };
    const lr = { schedule: constant(), minRatio: alpha };
    if (version.index === 3) return { lr, data: alpha === 0 ? { use: 'new' } : { use: 'mixture', replay: alpha } };
    return {
      order: { by: { by: 'folded', folds: 3, direction: 'ascending' } },
      lr: alpha > 0 ? { ...lr, warmup: 3 } : { ...lr, schedule: [{ share: 1, curve: 'constant', to: 1 }] },
    };
  },
  onFork({ fork, spec, options: { alpha } }) {
    return fork === 'branch' ? { steps: alpha * spec.steps } : undefined;
  },
});

export const releases = definePlugin({
  name: 'releases',
  options,
  onRelease: ({ spec, order, stepsOfIncrement, options: { alpha } }) =>
    order.by === 'finish' && spec.release.path === 'main'
      ? { release: { average: [{ stepsBack: order.best * stepsOfIncrement, weight: alpha }] } }
      : undefined,
});

const part: VersionPart = { steps: 3 };
const perhaps = (count: number): VersionPart | undefined => (count > 0 ? { steps: count } : undefined);
const help = ({ alpha }: { readonly alpha: number }, { spec }: { readonly spec: VersionSpec }): ForkPart => ({
  steps: spec.steps * alpha,
});
const stages: readonly Stage[] = constant();

/** Parts built elsewhere, and deciders that only log or charge. */
export const elsewhere = [
  definePlugin({ name: 'x', onVersion: () => part }),
  definePlugin({ name: 'x', onVersion: ({ version }) => perhaps(version.index) }),
  definePlugin({
    name: 'x',
    options,
    onFork: (context) => (context.fork === 'b' ? help(context.options, context) : undefined),
  }),
  definePlugin({ name: 'x', onVersion: ({ log }) => log.info('nothing') }),
  definePlugin({
    name: 'x',
    onVersion: ({ charge }) => {
      charge({ what: 'scores' });
    },
  }),
  definePlugin({
    name: 'x',
    onVersion: ({ version: { index } }) => ({
      ...(index > 1 && { start: { from: 'release' } }),
      lr: { schedule: cosine(), warmup: 2 },
    }),
  }),
  definePlugin({
    name: 'x',
    onVersion: () => ({ data: { use: 'chosen', sequences: Uint32Array.of(1, 2) }, lr: { schedule: stages } }),
    onStep: ({ step }) => ({ weights: [1, step] }),
  }),
  definePlugin({
    name: 'x',
    onVersion: ({ version }) => ({
      data: undefined as DataSpec | undefined,
      release: { average: version.index === 1 ? null : [{ stepsBack: 1, weight: 1 }] },
    }),
  }),
  definePlugin({
    name: 'x',
    onVersion: () => {
      throw new Error('never');
    },
  }),
];

/** `losses` exists only in contexts of reactive plugins, `state` and `random` only in those of steps. */
export const valid = [
  definePlugin({ name: 'x', reactive: true, onFork: ({ losses }) => ({ steps: losses().loss.length }) }),
  definePlugin({ name: 'x', reactive: true, onFork: { b: ({ losses }) => ({ steps: losses().loss.length }) } }),
  definePlugin({
    name: 'x',
    onStep: ({ state, random }) => (state.get() === null ? { lr: { factor: random('a').uniform() } } : undefined),
  }),
  definePlugin({
    name: 'x',
    options,
    observe: ({ options: { alpha }, log }) => {
      let sum = alpha;
      return {
        afterStep: ({ loss }) => {
          sum += loss;
        },
        afterRun() {
          log.info(`${sum}`);
        },
      };
    },
  }),
  definePlugin({ name: 'x', observe: () => ({ afterRelease: () => Promise.resolve() }) }),
];

export const called = [whole(), whole({ alpha: 0.3 }), returns({ mode: 'b' })];

export const misspelt = [
  // @ts-expect-error a hook
  definePlugin({ name: 'x', onVersoin: () => ({}) }),
  // @ts-expect-error a hook of kernel API 1
  definePlugin({ name: 'x', setup: () => ({}) }),
  // @ts-expect-error a name in owns
  definePlugin({ name: 'x', owns: ['no.such.field'] }),
  // @ts-expect-error a field
  definePlugin({ name: 'x', onVersion: () => ({ relase: { path: 'x' }, steps: 3 }) }),
  // @ts-expect-error a field in a group
  definePlugin({ name: 'x', onVersion: ({ version }) => ({ lr: { minRaito: version.index, peak: 3 }, steps: 3 }) }),
  // @ts-expect-error a former name of a field
  definePlugin({ name: 'x', onVersion: () => ({ lr: { floor: 0.1, peak: 3 } }) }),
  // @ts-expect-error a field in one of two literals
  definePlugin({ name: 'x', onVersion: ({ count }) => (count > 1 ? { steps: 3 } : { lr: { peak: 1, flor: 2 } }) }),
  definePlugin({
    name: 'x',
    // @ts-expect-error a field in one of two returns
    onVersion({ version }) {
      if (version.index === 1) return { steps: 3 };
      return { stepz: 3 };
    },
  }),
  // @ts-expect-error a key of a value
  definePlugin({ name: 'x', onVersion: () => ({ data: { use: 'mixture', replay: 0.1, replya: 2 } }) }),
  // @ts-expect-error a key of another member of a union
  definePlugin({ name: 'x', onVersion: () => ({ start: { from: 'tip', version: 3 } }) }),
  // @ts-expect-error a key in a list
  definePlugin({ name: 'x', onVersion: () => ({ release: { average: [{ stepsBack: 1, weight: 1, weigth: 1 }] } }) }),
  // @ts-expect-error a key of a stage
  definePlugin({ name: 'x', onVersion: () => ({ lr: { schedule: [{ share: 1, curve: 'linear', to: 1, x: 2 }] } }) }),
  definePlugin({
    name: 'x',
    // @ts-expect-error a field of a part that was put into a variable
    onVersion: () => {
      const own = { steps: 1, foo: 2 };
      return own;
    },
  }),
  // @ts-expect-error a field of a branch
  definePlugin({ name: 'x', onFork: ({ spec }) => ({ stpes: spec.steps, at: 3 }) }),
  // @ts-expect-error a field of a branch by name
  definePlugin({ name: 'x', onFork: { b: ({ spec }) => ({ stpes: spec.steps, at: 3 }), c: () => ({ at: 3 }) } }),
  // @ts-expect-error a field that only onVersion sets
  definePlugin({ name: 'x', onRelease: () => ({ release: { path: 'main' } }) }),
  // @ts-expect-error a field of a step
  definePlugin({ name: 'x', onStep: () => ({ stop: true, lr: { fator: 1 } }) }),
  // @ts-expect-error an observer
  definePlugin({ name: 'x', observe: () => ({ afterStepp: () => undefined, afterStep: () => undefined }) }),
];

export const wrong = [
  // @ts-expect-error a value
  definePlugin({ name: 'x', onVersion: () => ({ steps: 'three' }) }),
  // @ts-expect-error a word
  definePlugin({ name: 'x', onVersion: () => ({ start: { from: 'nowhere' } }) }),
  // @ts-expect-error a promise
  definePlugin({ name: 'x', onVersion: async () => ({ steps: 3 }) }),
  // @ts-expect-error an option that the schema does not have
  definePlugin({ name: 'x', options, onVersion: ({ options: { alhpa } }) => ({ steps: alhpa }) }),
  // @ts-expect-error losses without reactive
  definePlugin({ name: 'x', onFork: ({ losses: _ }) => undefined }),
  // @ts-expect-error losses in onVersion
  definePlugin({ name: 'x', reactive: true, onVersion: ({ losses: _ }) => undefined }),
  // @ts-expect-error state in onVersion
  definePlugin({ name: 'x', onVersion: ({ state: _ }) => undefined }),
  // @ts-expect-error random streams in onFork
  definePlugin({ name: 'x', onFork: ({ random: _ }) => undefined }),
  // @ts-expect-error charges in observe
  definePlugin({ name: 'x', observe: ({ charge: _ }) => ({}) }),
  // @ts-expect-error a member of an event
  definePlugin({ name: 'x', observe: () => ({ afterStep: ({ los }) => void los }) }),
  // @ts-expect-error an option in a call
  whole({ alhpa: 3 }),
];

export const orders: readonly Overrides[] = [
  { 'order.by': { by: 'ascending', domains: 'together' } },
  { 'order.by': { by: 'interleaved', buckets: 3, direction: 'ascending', domains: 'separate' } },
  { 'order.by': { by: 'finish', best: 0.2 } },
  // @ts-expect-error no share
  { 'order.by': { by: 'finish' } },
  // @ts-expect-error a word
  { 'order.by': { by: 'descending', domains: 'apart' } },
  // @ts-expect-error a random order ranks nothing
  { 'order.by': { by: 'shuffled', domains: 'together' } },
];
export const overrides: Overrides = { 'lr.minRatio': 0.1, 'fork.order.by': { by: 'ascending' }, steps: 3 };
export const wrongOverrides: readonly Overrides[] = [
  // @ts-expect-error a name
  { 'lr.floor': 0.1 },
  // @ts-expect-error a field that forks do not have
  { 'fork.release.path': 'x' },
  // @ts-expect-error a value
  { 'lr.minRatio': 'x' },
];
