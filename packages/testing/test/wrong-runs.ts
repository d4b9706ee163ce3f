/** Plugins that are wrong in a run, or beside others, and what is said of them. */
import type { ForkPart, PluginDefinition, VersionPart } from '@branchline/core';
import { syntheticData, type ToyState, ToyTrainer, toyModel } from '../src/index.js';
import type { WrongPlugin } from './caught.js';
import { pluginOf, TIDY, TIDY_TESTS } from './plugins.js';

/** Outlives a run, as a variable of a module does. */
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

/** Counts calls where no branch and no resumed run finds the count. */
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

/** Forgets its momentum when it is restored. */
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
  'It remembers an earlier call. Branches, resumed runs and other orders of calls do not know it: keep in context.state',
  'what onStep must remember, and write every change back with set.',
];

export const WRONG_RUNS: Readonly<Record<string, WrongPlugin>> = {
  'counts its steps outside of its state': {
    check: 'remembers in its state slot alone',
    plugin: counting(),
    says: [
      'no options: a decider gives two answers to one question',
      ...new Array<RegExp>(5).fill(/^ {2}onStep \/ part \/ lr \/ factor: [\d.]+ instead of [\d.]+$/),
      /^ {2}and \d+ more$/,
      ...memory,
    ],
  },
  'remembers the version before': {
    check: 'remembers in its state slot alone',
    plugin: remembering(),
    says: [
      'no options: deciders that are called in another order differ',
      '  onVersion / part / steps: 6 instead of 5',
      ...memory,
    ],
  },
  'changes its state without setting it': {
    check: 'remembers in its state slot alone',
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
    check: 'remembers in its state slot alone',
    plugin: pluginOf({ onStep: ({ state }) => state.set(new Map([[1, 2]]) as never) }),
    says: [
      'strategies.subject[0], version 1, path main, step 0, plugin own, onStep: state is Map(1) { 1 => 2 }, which JSON cannot keep; it must survive being saved and loaded',
    ],
  },
  'cannot stand a branch': {
    check: 'remembers in its state slot alone',
    plugin: pluginOf({
      onStep({ path }) {
        if (path !== 'main') throw new Error('where am I?');
        return undefined;
      },
    }),
    says: ['strategies.subject[0], version 1, path kit-branch, step 0, plugin own, onStep: where am I?'],
  },
  'has observers that throw': {
    check: 'observes without changing anything',
    plugin: pluginOf({
      observe: () => ({
        afterRelease() {
          throw new Error('no such file');
        },
      }),
    }),
    says: ['no options: an observer throws', '  [subject] own, afterRelease: no such file; training is not affected'],
  },
  'decides from what it observed in a run before': {
    check: 'observes without changing anything',
    plugin: learning(),
    says: [
      'no options: a run with observers is not that of one without',
      '  next plan / fields / version 1 / steps / value: 4 instead of 5',
      '  next plan / fields / version 2 / steps / value: 4 instead of 5',
      '  next plan / fields / version 3 / steps / value: 4 instead of 5',
      /^ {2}next plan \/ releases/,
      /^ {2}next plan \/ releases/,
      '  and 1 more',
      'What afterStep and its like have seen must not reach a decider, nor the bill: a run that is resumed does not see it',
      'again. To decide from losses, say reactive: true and call context.losses in onFork.',
    ],
  },
  'decides from what a run observed before it was cut': {
    check: 'goes on after a stop or a crash anywhere',
    plugin: learning(),
    says: [
      'no options: the same experiment was planned in two ways',
      /^ {2}subject \/ releases/,
      /^ {2}subject \/ releases/,
      /^ {2}subject \/ releases/,
      'A plugin answered one question differently the second time: it remembers something outside its state slot, or asks',
      'the clock or Math.random.',
    ],
  },
  'lets its version decide': {
    check: 'goes on under the next version of itself',
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
      'A patch must not change plans: what was begun with one version could not be ended with the next.',
    ],
  },
  'changes what other plugins see': {
    check: 'may stand before or behind an independent plugin',
    plugin: pluginOf({ onStep: ({ sequences }) => void sequences.sort() }),
    says: [
      'no options gives another plan when it is asked before kit-independent, an independent plugin',
      key,
      key,
      key,
      'It changes what it is given, or something that both can reach. A field has one owner, so no order should matter.',
    ],
  },
  'answers for every branch': {
    check: 'leaves the branches of other plugins alone',
    plugin: pluginOf({
      onVersion: (): VersionPart => ({ forks: ['mine'], release: { path: 'mine' } }),
      onFork: (): ForkPart => ({ at: 1, steps: 2 }),
    }),
    says: [
      'no options does not go with a branch of another plugin',
      '  strategies.subject[1], plugin kit-other: sets at, steps, which plugin own (strategies.subject[0]) sets too; a field has one owner',
      /Remove one of the two/,
      'A function as onFork is called for every branch of the strategy. Name your own: onFork: { branch: (context) => ... }.',
    ],
  },
  'charges once only': {
    check: 'pays for itself',
    plugin: pluginOf({
      onVersion({ charge }) {
        if (!charged) charge({ what: 'scoring', flops: 100 });
        charged = true;
      },
    }),
    says: [
      'no options: not every strategy pays for itself, and for nothing else',
      /twin \/ standalone \/ flops: \d+ instead of \d+/,
      /twin \/ charges \/ 0: nothing instead of /,
      /subject \/ standalone \/ flops: \d+ instead of \d+/,
      /subject \/ charges \/ 0: nothing instead of /,
      'The bill of a strategy is the same in company as alone. Call context.charge in a decider, each time it is called: a',
      'charge that is repeated counts once.',
    ],
  },
  'has a hook that is never called': {
    check: 'is named in errors',
    plugin: pluginOf({ onVersion: () => undefined, onFork: () => ({ steps: 1 }) }),
    says: [
      'own has onFork, and no example ever leads to it',
      'Add an example in which it is called, or remove the hook.',
    ],
  },
  'is tested on a trainer that forgets': {
    check: 'goes on after a stop or a crash on a forgetful toy',
    plugin: TIDY,
    tests: {
      ...TIDY_TESTS,
      trainer: { name: 'a forgetful toy', create: async () => new Forgetful(), model: toyModel(data), data },
    },
    says: [
      'a run that was cut (stop after 3, crash after 5, crash-in-save after 1) ended otherwise than one that was not',
      /^ {2}states \/ \w{8} at step 4 of subject \/ model.safetensors: "\w+\.\.\. instead of/,
      ...new Array<RegExp>(4).fill(/^ {2}states/),
      '  and 1 more',
      'Two runs that were not cut agree: something that decides the next step is not saved, not restored, or changed by',
      'a call in between (save, evaluate).',
    ],
  },
};
