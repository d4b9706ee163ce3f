/** Plugins with wrong plans, and the messages expected for them. */
import { constant, type VersionContext, type VersionPart } from '@branchline/core';
import { ownedBy } from '../src/index.js';
import type { WrongPlugin } from './caught.js';
import { pluginOf, schemaOf, TIDY } from './plugins.js';

const floored = pluginOf({ onVersion: (): VersionPart => ({ lr: { minRatio: 0.2 }, forks: [] }) });
const number = { rate: (value: unknown) => typeof value === 'number' && value < 1 };
/** Module state that outlives plans. */
let plans = 0;

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
      '{ shares: [ 3, 1 ] }: the plugin modified its inputs',
      '  onVersion wrote to its context / options / shares / 0: 1 instead of 3',
      '  onVersion wrote to its context / options / shares / 1: 3 instead of 1',
      'Copy before you sort, fill or assign: others read the same objects.',
    ],
  },
  'sorts the sequences of a step': {
    check: 'does not modify its inputs',
    plugin: pluginOf({ onStep: ({ sequences }) => void sequences.sort() }),
    says: [
      'no options: the plugin modified its inputs',
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
      'State outlives a plan: a module variable, a cache, a file. Decide from the context alone.',
    ],
  },
  'looks at the calendar': {
    check: 'reads neither the clock nor Math.random',
    plugin: pluginOf({ onVersion: () => ({ steps: 2 + (new Date().getFullYear() % 4) }) }),
    says: [
      'no options gives another plan under another clock and Math.random',
      /^ {2}fields \/ version 1 \/ steps \/ value: \d instead of \d$/,
      ...new Array<RegExp>(4).fill(/^ {2}(fields|releases)/),
      '  and 1 more',
      'It reads Date, performance.now or Math.random. Draw from context.random in onStep, elsewhere from a RandomStream of',
      'context.experiment.seed.',
    ],
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
      /^It reads Date, performance.now or Math.random/,
      'context.experiment.seed.',
    ],
  },
};
