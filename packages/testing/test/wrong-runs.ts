/** Plugins that fail in a run or together with others, and the messages expected for them. */
import type { ForkPart, ObserveContext, PluginDefinition, VersionPart } from '@branchline/core';
import { syntheticData, type ToyState, ToyTrainer, toyModel } from '../src/index.js';
import type { WrongPlugin } from './caught.js';
import { pluginOf, schemaOf, TIDY, TIDY_TESTS } from './plugins.js';

/** Module state that outlives runs. */
let charged = false;

function learning() {
  let lowest = Number.POSITIVE_INFINITY;
  return pluginOf({
    onVersion: (): VersionPart => ({ steps: lowest < 1e9 ? 4 : 5 }),
    observe: () => ({
      afterStep({ loss }) {
        lowest = Math.min(lowest, loss);
      },
    }),
  });
}

/** Counts calls in a closure, which branches and resumed runs do not share. */
function counting() {
  let count = 0;
  return pluginOf({ onStep: () => ({ lr: { factor: 1 / (1 + count++) } }) });
}

/** Trains one step less after a version with more data. */
function remembering() {
  let [before, current] = [0, 0];
  return pluginOf({
    onVersion({ version: { sequences } }): VersionPart {
      if (sequences !== current) [before, current] = [current, sequences];
      return { steps: before > current ? 5 : 6 };
    },
  });
}

/** Loses its momentum on restore. */
class Forgetful extends ToyTrainer {
  override async restore(...given: Parameters<ToyTrainer['restore']>): Promise<ToyState> {
    const state = await super.restore(...given);
    state.momentum.fill(0);
    return state;
  }
}

const data = syntheticData({ versions: [16, 16] });
const key = /^ {2}(releases|captures) \/ \d: /;
const memory = [
  'It depends on an earlier call, which branches, resumed runs and other orders of calls do not have: keep what',
  'onStep must remember in context.state, and write every change back with set.',
];

const throwing = [
  'What it should watch is lost. Catch what may fail, such as writing a file; options and events are frozen, so copy',
  'before you change them.',
];

export const WRONG_RUNS: Readonly<Record<string, WrongPlugin>> = {
  'counts its steps outside of its state': {
    check: 'keeps state only in its state slot',
    plugin: counting(),
    says: [
      'no options: a decider returns different results for the same context',
      ...new Array<RegExp>(5).fill(/^ {2}onStep \/ part \/ lr \/ factor: [\d.]+ instead of [\d.]+$/),
      /^ {2}and \d+ more$/,
      ...memory,
    ],
  },
  'remembers the version before': {
    check: 'keeps state only in its state slot',
    plugin: remembering(),
    says: [
      'no options: deciders return different results in another order of calls',
      '  onVersion / part / steps: 6 instead of 5',
      ...memory,
    ],
  },
  'changes its state without setting it': {
    check: 'keeps state only in its state slot',
    plugin: pluginOf({
      initialState: { count: 0 },
      onStep({ state }) {
        const own = state.get() as { count: number };
        own.count++;
        return { lr: { factor: 1 / own.count } };
      },
    }),
    says: [
      'strategies.subject[0], version 1, path main, step 0, plugin own, onStep: state was {"count":0} and is changed to {"count":1} without set',
    ],
  },
  'keeps a map in its state': {
    check: 'keeps state only in its state slot',
    plugin: pluginOf({ onStep: ({ state }) => state.set(new Map([[1, 2]]) as never) }),
    says: [
      'strategies.subject[0], version 1, path main, step 0, plugin own, onStep: state is Map(1) { 1 => 2 }, which JSON cannot keep; it must survive being saved and loaded',
    ],
  },
  'cannot stand a branch': {
    check: 'keeps state only in its state slot',
    plugin: pluginOf({
      onStep({ path }) {
        if (path !== 'main') throw new Error('where am I?');
        return undefined;
      },
    }),
    says: ['strategies.subject[0], version 1, path kit-branch, step 0, plugin own, onStep: where am I?'],
  },
  'has observers that throw': {
    check: 'observes without side effects',
    plugin: pluginOf({
      observe: () => ({
        afterRelease() {
          throw new Error('no such file');
        },
      }),
    }),
    says: [
      'no options: own has an observer that throws',
      '  [subject] own, afterRelease: no such file; training is not affected',
      ...throwing,
    ],
  },
  'has no observers because observe throws': {
    check: 'observes without side effects',
    plugin: {
      ...pluginOf({ options: schemaOf({ at: Array.isArray }) }),
      observe({ options, log }: ObserveContext<{ readonly at: number[] }>) {
        const at = options.at.sort();
        return { afterStep: ({ step }) => void (at.includes(step) && log.info('here')) };
      },
    },
    tests: { examples: [{ options: { at: [3, 1] } }] },
    says: [
      '{ at: [ 3, 1 ] }: own has an observer that throws',
      "  strategies.subject[0], plugin own, observe: Cannot assign to read only property '0' of object '[object Array]'; it observes nothing, and training is not affected",
      '    Contexts, options and events are frozen: copy a value before you change it.',
      ...throwing,
    ],
  },
  'changes an event': {
    check: 'observes without side effects',
    plugin: pluginOf({
      observe: () => ({
        afterStep(event) {
          (event as { loss: number }).loss = 0;
        },
      }),
    }),
    says: [
      'no options: own has an observer that throws',
      "  [subject] own, afterStep: Cannot assign to read only property 'loss' of object '#<Object>'; training is not affected",
      '    Contexts, options and events are frozen: copy a value before you change it.',
      ...throwing,
    ],
  },
  'fails before its hook can': {
    check: 'is named in errors',
    plugin: pluginOf({
      onVersion: (): VersionPart => ({ forks: ['mine'] }),
      onFork() {
        throw new Error('not yet');
      },
      onRelease: () => undefined,
    }),
    says: ['strategies.subject[0], version 1, path mine, plugin own, onFork: not yet'],
  },
  'decides from what it observed in a run before': {
    check: 'observes without side effects',
    plugin: learning(),
    says: [
      'no options: a run with observers differs from one without',
      '  next plan / fields / version 1 / steps / value: 4 instead of 5',
      '  next plan / fields / version 2 / steps / value: 4 instead of 5',
      '  next plan / fields / version 3 / steps / value: 4 instead of 5',
      /^ {2}next plan \/ releases/,
      /^ {2}next plan \/ releases/,
      '  and 1 more',
      'What an observer such as afterStep saw must not reach a decider or the bill: a resumed run does not see it again.',
      'To decide from losses, set reactive: true and call context.losses in onFork.',
    ],
  },
  'decides from what a run observed before it was cut': {
    check: 'resumes after a stop or crash at any step',
    plugin: learning(),
    says: [
      'no options: the same experiment was planned differently the second time',
      /^ {2}subject \/ releases/,
      /^ {2}subject \/ releases/,
      /^ {2}subject \/ releases/,
      'A plugin decided differently the second time: it keeps state outside its state slot, or reads the clock or',
      'Math.random.',
    ],
  },
  'lets its version decide': {
    check: 'resumes under its next patch version',
    plugin: {
      ...pluginOf({ version: '1.0.9' }),
      onVersion(this: PluginDefinition) {
        return { steps: this.version!.length };
      },
    },
    says: [
      'own 1.0.10 is a patch of 1.0.9, but no options gives another plan',
      '  fields / version 1 / steps / value: 6 instead of 5',
      '  fields / version 2 / steps / value: 6 instead of 5',
      '  fields / version 3 / steps / value: 6 instead of 5',
      /releases/,
      /releases/,
      '  and 1 more',
      'A patch must not change plans: a run begun under one version could not be finished under the next.',
    ],
  },
  'changes what other plugins see': {
    check: 'plans the same way before and after an independent plugin',
    plugin: pluginOf({ onStep: ({ sequences }) => void sequences.sort() }),
    says: [
      'no options gives another plan when it is called before kit-independent, an independent plugin',
      key,
      key,
      key,
      'It modifies its inputs or shared state. Each field has one owner, so the order of plugins must not matter.',
    ],
  },
  'answers for every branch': {
    check: 'leaves the branches of other plugins alone',
    plugin: pluginOf({
      onVersion: (): VersionPart => ({ forks: ['mine'], release: { path: 'mine' } }),
      onFork: (): ForkPart => ({ at: 1, steps: 2 }),
    }),
    says: [
      'no options conflicts with a branch of another plugin',
      '  strategies.subject[1], plugin kit-other: sets at, steps, which plugin own (strategies.subject[0]) sets too; a field has one owner',
      /Remove one of the two/,
      'A function as onFork is called for every branch of the strategy. Name your own: onFork: { branch: (context) => ... }.',
    ],
  },
  'charges once only': {
    check: 'is billed for its own cost',
    plugin: pluginOf({
      onVersion({ charge }) {
        if (!charged) charge({ what: 'scoring', flops: 100 });
        charged = true;
      },
    }),
    says: [
      'no options: strategies are billed for too little or too much',
      /twin \/ standalone \/ flops: \d+ instead of \d+/,
      /twin \/ charges \/ 0: nothing instead of /,
      /subject \/ standalone \/ flops: \d+ instead of \d+/,
      /subject \/ charges \/ 0: nothing instead of /,
      'A strategy has the same bill alone and with others. Call context.charge in a decider, on every call: a repeated',
      'charge counts once.',
    ],
  },
  'has a hook that is never called': {
    check: 'is named in errors',
    plugin: pluginOf({ onVersion: () => undefined, onFork: () => ({ steps: 1 }) }),
    says: ['own has onFork, but no example calls it', 'Add an example that calls it, or remove the hook.'],
  },
  'is tested on a trainer that forgets': {
    check: 'resumes after a stop or crash on a forgetful toy',
    plugin: TIDY,
    tests: {
      ...TIDY_TESTS,
      trainer: { name: 'a forgetful toy', create: async () => new Forgetful(), model: toyModel(data), data },
    },
    says: [
      'a run that was cut (stop after 3, crash after 5, crash-in-save after 1) ended differently from one that was not',
      /^ {2}states \/ \w{8} at step 4 of subject \/ model.safetensors: "\w+\.\.\. instead of/,
      ...new Array<RegExp>(4).fill(/^ {2}states/),
      '  and 1 more',
      'Two runs that were not cut agree: state that the next step depends on is not saved, not restored, or changed by',
      'a call in between (save, evaluate).',
    ],
  },
};
