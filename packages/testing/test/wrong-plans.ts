/** Plugins with wrong plans, and the messages expected for them. */
import { constant, definePlugin, type VersionContext, type VersionPart } from '@branchline/core';
import { z } from 'zod';
import { ownedBy } from '../src/index.js';
import type { WrongPlugin } from './caught.js';
import { pluginOf, schemaOf, TIDY } from './plugins.js';

const floored = pluginOf({ onVersion: (): VersionPart => ({ lr: { minRatio: 0.2 }, forks: [] }) });
const number = { rate: (value: unknown) => typeof value === 'number' && value < 1 };
/** Module state that outlives plans. */
let plans = 0;

/** Adds to a list that outlives plans, and returns it. */
function keeping() {
  const forks: string[] = [];
  return pluginOf({
    onVersion({ version }) {
      forks.push(`f${version.index}`);
      return { forks };
    },
    onFork: () => ({ steps: 2 }),
  });
}

const outlives = [
  'State outlives a plan, such as a module variable, a cache or a file, or numbers are drawn. Decide from the context',
  'alone.',
];

const impure = [
  'A decider or the schema of the options reads Date, performance.now, process.hrtime, process.env, crypto or',
  'Math.random. Draw from context.random in onStep, elsewhere from a RandomStream of context.experiment.seed.',
];

/** What is said of a plan with six differences, the first of which is known. */
const sixDifferences = (first: string | RegExp) => [
  'no options gives another plan under another clock and Math.random',
  first,
  ...new Array<RegExp>(4).fill(/^ {2}(fields|releases)/),
  '  and 1 more',
  ...impure,
];

export const WRONG_PLANS: Readonly<Record<string, WrongPlugin>> = {
  'has no proper name and version': {
    check: 'has a valid name and version',
    plugin: pluginOf({ name: 'plugin-Mine', version: 'latest' }),
    says: [
      'the plugin has no valid name or version',
      "  name is 'plugin-Mine': lower-case letters, digits and hyphens",
      "  name is 'plugin-Mine': leave out plugin-",
      "  version is 'latest': a semantic version, like 1.0.0",
    ],
  },
  'plans otherwise than its table says': {
    check: 'plans no options',
    plugin: floored,
    tests: {
      examples: [
        {
          plan: {
            1: {
              'lr.minRatio': 0.3,
              'lr.peak': 0.05,
              'order.scope': ownedBy('kernel', 'by-version'),
              'lr.minRaito': 1,
            },
            '1/branch': {},
            4: {},
          },
        },
      ],
    },
    says: [
      'the plan of no options is not the expected one',
      '  version 1: lr.minRatio is 0.2 instead of 0.3',
      '  version 1: lr.peak is 0.05, set by kernel instead of own',
      "  version 1: order.scope is 'together' instead of 'by-version'",
      '  version 1: lr.minRaito is not a field of this place',
      '  version 1: forks is [], which the table does not list',
      '  and 2 more',
      'For each place it names, a table lists every field that the plugin sets. Use ownedBy(...) for the fields of others.',
    ],
  },
  'names a place that is not there': {
    check: 'plans no options',
    plugin: floored,
    tests: { examples: [{ plan: { '1/branch': {} } }] },
    says: [
      'the plan of no options is not the expected one',
      '  there is no version 1, fork branch; there are: version 1; version 2; version 3',
      /ownedBy/,
    ],
  },
  'accepts what it should refuse': {
    check: 'refuses { rate: 0.5 }',
    plugin: pluginOf({ options: schemaOf(number) }),
    tests: { examples: [{}], invalid: [{ options: { rate: 0.5 }, message: 'too high' }] },
    says: [
      '{ rate: 0.5 } is accepted, but should be refused',
      '  expected: too high',
      'Refuse it in the schema of the options.',
    ],
  },
  'refuses in other words': {
    check: 'refuses { rate: 2 }',
    plugin: pluginOf({ options: schemaOf(number) }),
    tests: { examples: [{}], invalid: [{ options: { rate: 2 }, message: /^rate is 2, and/ }] },
    says: [
      '{ rate: 2 } is refused with another message',
      '  expected: /^rate is 2, and/',
      /^ {2}found: strategies\.subject\[0\]\.options\.rate, plugin own: .*rate is 2/,
      'Say in the schema what is wrong with the value; the kernel adds its place, quotes it, and describes the option.',
    ],
  },
  'refuses in a decider': {
    check: 'refuses { rate: 2 }',
    plugin: {
      ...pluginOf({ options: schemaOf({ rate: () => true }) }),
      onVersion({ options }: VersionContext<{ readonly rate: number }>) {
        if (options.rate > 1) throw new Error('too high');
      },
    },
    tests: { examples: [{}], invalid: [{ options: { rate: 2 }, message: 'too high' }] },
    says: [
      '{ rate: 2 } is refused too late: strategies.subject[0], version 1, plugin own, onVersion: too high',
      'Refuse it in the schema of the options: users then see all mistakes at once, each with its place.',
    ],
  },
  'ignores a misspelled option': {
    check: 'refuses an option it does not have',
    plugin: pluginOf({ options: schemaOf(number, { strict: false }) }),
    says: [
      'own accepts an unknown option',
      "  { 'no-such-option': 1 } is ignored",
      'A misspelled option must not be ignored. With zod: z.strictObject instead of z.object.',
    ],
  },
  'declares options that it never reads and that no example shows': {
    check: 'has no option that changes nothing',
    plugin: {
      ...TIDY,
      options: schemaOf({ steps: () => true, weigh: () => true, ratio: () => true, more: () => true }),
    },
    tests: { examples: [{ options: { ratio: 0.1, steps: 3 } }, { options: { ratio: 0.2, weigh: true } }] },
    says: [
      'options of tidy have no visible effect',
      '  ratio: 0.1, 0.2 and no value give the same plan and the same log lines',
      '  more: no example sets it',
      'Is the option read? If it has an effect only together with others, add an example that sets all of them.',
    ],
  },
  'claims fields that it does not set, and sets others': {
    check: 'owns exactly the fields it sets',
    plugin: {
      ...pluginOf({
        onVersion: () => ({ lr: { schedule: constant() }, steps: 5 }),
        onStep: () => ({ lr: { factor: 1 } }),
      }),
      owns: ['steps', 'data'],
    },
    says: [
      'the fields that own owns differ from those it sets',
      '  data: claimed but never set',
      '  lr.schedule: set but not claimed',
      '  lr.factor: set but not claimed',
      "Over all examples it sets: owns: [ 'lr.factor', 'lr.schedule', 'steps' ]. Add an example for what it sets elsewhere.",
    ],
  },
  'sorts its options': {
    check: 'does not modify its inputs',
    plugin: {
      ...pluginOf({ options: schemaOf({ shares: Array.isArray }) }),
      onVersion: ({ options }: VersionContext<{ readonly shares: number[] }>) => void options.shares.sort(),
    },
    tests: { examples: [{ options: { shares: [3, 1] } }] },
    says: [
      '{ shares: [ 3, 1 ] }: own modified its inputs',
      '  onVersion wrote to its context / options / shares / 0: 1 instead of 3',
      '  onVersion wrote to its context / options / shares / 1: 3 instead of 1',
      'Copy before you sort, fill or assign: others read the same objects.',
    ],
  },
  'sorts the sequences of a step': {
    check: 'does not modify its inputs',
    plugin: pluginOf({ onStep: ({ sequences }) => void sequences.sort() }),
    says: [
      'no options: own modified its inputs',
      /^ {2}onStep wrote to its context \/ sequences \/ 0: \d+ instead of \d+$/,
      ...new Array<RegExp>(4).fill(/^ {2}onStep wrote to its context/),
      /^ {2}and \d+ more$/,
      'Copy before you sort, fill or assign: others read the same objects.',
    ],
  },
  'counts its plans': {
    check: 'plans the same way every time',
    plugin: pluginOf({
      onVersion({ version }) {
        if (version.index === 1) plans++;
        return { lr: { minRatio: 1 / plans } };
      },
    }),
    says: [
      'no options, planned once more, gives another plan',
      /^ {2}fields \/ version 1 \/ lr\.minRatio \/ value: [\d.]+ instead of [\d.]+$/,
      /^ {2}fields \/ version 2 \/ lr\.minRatio \/ value: [\d.]+ instead of [\d.]+$/,
      /^ {2}fields \/ version 3 \/ lr\.minRatio \/ value: [\d.]+ instead of [\d.]+$/,
      ...outlives,
    ],
  },
  'keeps the list that it returns': {
    check: 'plans the same way every time',
    plugin: keeping(),
    says: [
      'no options, planned once more, fails, after a plan that did not',
      '  strategies.subject[0], version 1, plugin own, onVersion: forks names a fork twice: f1, f2, f3, f1',
      '  strategies.subject[0], version 2, plugin own, onVersion: forks names a fork twice: f1, f2, f3, f1, f2',
      '  strategies.subject[0], version 3, plugin own, onVersion: forks names a fork twice: f1, f2, f3, f1, f2, f3',
      ...outlives,
    ],
  },
  'changes a map in its options': {
    check: 'does not modify its inputs',
    plugin: definePlugin({
      name: 'own',
      options: z.strictObject({
        steps: z
          .int()
          .default(4)
          .transform((steps) => new Map([['steps', steps]])),
      }),
      onVersion({ options }) {
        const steps = options.steps.get('steps')!;
        options.steps.set('steps', steps + 1);
        return { steps };
      },
    }).plugin,
    says: [
      'no options: own modified its inputs',
      '  onVersion wrote to its context / options / steps / entries / 0 / 1: 5 instead of 4',
      'Copy before you sort, fill or assign: others read the same objects.',
    ],
  },
  'changes its options and fails': {
    check: 'does not modify its inputs',
    plugin: {
      ...pluginOf({ options: schemaOf({ shares: Array.isArray }) }),
      onVersion({ options }: VersionContext<{ readonly shares: number[] }>) {
        if (options.shares.pop() === undefined) throw new Error('no shares');
      },
    },
    tests: { examples: [{ options: { shares: [] } }, { options: { shares: [1] } }] },
    says: ['strategies.subject[0], version 1, plugin own, onVersion: no shares'],
  },
  'writes to the experiment': {
    check: 'plans no options',
    plugin: pluginOf({
      onVersion({ experiment }) {
        (experiment.lr as { peak: number }).peak = 1;
      },
    }),
    says: [
      "strategies.subject[0], version 1, plugin own, onVersion: Cannot assign to read only property 'peak' of object '#<Object>'",
      '    Contexts, options and events are frozen: copy a value before you change it.',
    ],
  },
  'has a schema that looks at the calendar': {
    check: 'reads neither the clock nor Math.random',
    plugin: definePlugin({
      name: 'own',
      options: z.strictObject({ steps: z.int().default(() => 2 + (new Date().getFullYear() % 4)) }),
      onVersion: ({ options: { steps } }) => ({ steps }),
    }).plugin,
    says: sixDifferences(/^ {2}fields \/ version 1 \/ steps \/ value: \d instead of \d$/),
  },
  'decides by the environment': {
    check: 'reads neither the clock nor Math.random',
    plugin: pluginOf({ onVersion: () => ({ steps: process.env.PATH === undefined ? 3 : 4 }) }),
    says: sixDifferences('  fields / version 1 / steps / value: 3 instead of 4'),
  },
  'draws an identifier': {
    check: 'reads neither the clock nor Math.random',
    plugin: pluginOf({ onVersion: () => ({ steps: crypto.randomUUID().startsWith('0') ? 3 : 4 }) }),
    says: sixDifferences('  fields / version 1 / steps / value: 4 instead of 3'),
  },
  'measures time': {
    check: 'reads neither the clock nor Math.random',
    // Days since the machine started, which is not a year ago.
    plugin: pluginOf({ onVersion: () => ({ steps: process.hrtime.bigint() > 400n * 86_400_000_000_000n ? 3 : 4 }) }),
    says: sixDifferences('  fields / version 1 / steps / value: 3 instead of 4'),
  },
  'looks at the calendar': {
    check: 'reads neither the clock nor Math.random',
    plugin: pluginOf({ onVersion: () => ({ steps: 2 + (new Date().getFullYear() % 4) }) }),
    says: sixDifferences(/^ {2}fields \/ version 1 \/ steps \/ value: \d instead of \d$/),
  },
  'throws a rare dice': {
    check: 'reads neither the clock nor Math.random',
    plugin: pluginOf({
      onStep: () => {
        const chance: { random: () => number } = Math;
        return { lr: { factor: chance.random() > 0.9999 ? 0 : 1 } };
      },
    }),
    says: [
      'no options gives another plan under another clock and Math.random',
      ...new Array<RegExp>(3).fill(/^ {2}releases/),
      ...impure,
    ],
  },
};
