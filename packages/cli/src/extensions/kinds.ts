/** Differences between plugins and trainers in the output of the commands. */
import {
  type Finder,
  type InstalledPackage,
  type Listed,
  type ListedPlugin,
  type ListedTrainer,
  listedPlugin,
  listedTrainer,
  type Noun,
  PluginFinder,
  TrainerFinder,
} from '@branchline/api/internal';
import { KERNEL_API, type PluginDefinition, type TrainerDefinition } from '@branchline/core';
import { LOADING } from '../experiment/module-guard.js';

/** What has commands of its own; loggers have none. */
export type CommandNoun = Exclude<Noun, 'logger'>;

/** An option with its default, to show the syntax of options. */
export type ExampleOption = readonly [string, string];

/** Plugins or trainers, on the command line. */
export interface ExtensionKind<T, L extends Listed> {
  /** Searches from the working directory. */
  readonly finder: () => Finder<T>;
  readonly describe: (definition: T, found?: InstalledPackage) => L;
  /** Facts for listings, in parentheses after the version. */
  readonly facts: (listed: L) => readonly string[];
  /** An extra line in listings, below the description. */
  readonly line?: (listed: L) => readonly [string, string];
  /** Facts for `show`, each a label and a text. */
  readonly details: (listed: L) => readonly (readonly [string, string | undefined])[];
  /** How to write it in each kind of file, with or without an option. */
  readonly uses: (name: string, option: ExampleOption | undefined) => readonly (readonly [string, string])[];
}

const setsOf = ({ owns }: ListedPlugin) => owns.join(', ') || 'no declared fields';

/** Plugins on the command line. */
export const PLUGIN_KIND: ExtensionKind<PluginDefinition, ListedPlugin> = {
  finder: () => new PluginFinder(process.cwd(), LOADING),
  describe: listedPlugin,
  facts: ({ kernel, fits, reactive }) => [
    ...(kernel === undefined ? [] : [`kernel ${kernel}${fits ? '' : `, which is not ${KERNEL_API}`}`]),
    ...(reactive ? ['reactive'] : []),
  ],
  line: (listed) => ['sets', setsOf(listed)],
  details: (listed) => [
    [
      'kernel',
      listed.kernel && `${listed.kernel}; this is ${KERNEL_API}, which ${listed.fits ? 'fits' : 'does not fit'}`,
    ],
    [
      'decides',
      listed.reactive
        ? `from losses${listed.heldOut ? ', of held-out text too,' : ''} that are measured during training (reactive)`
        : undefined,
    ],
    ['sets', setsOf(listed)],
  ],
  uses: (name, option) =>
    option === undefined
      ? [
          ['in YAML', `[${name}]`],
          ['typed', name],
        ]
      : [
          ['in YAML', `[{ plugin: ${name}, options: { ${option[0]}: ${option[1]} } }]`],
          ['typed', `${name}(${option[0]}=${option[1]})`],
        ],
};

/** Trainers on the command line. */
export const TRAINER_KIND: ExtensionKind<TrainerDefinition, ListedTrainer> = {
  finder: () => new TrainerFinder(process.cwd(), LOADING),
  describe: listedTrainer,
  facts: ({ scoresText, averages, predicts }) => [
    ...(scoresText ? [] : ['scores no text']),
    ...(averages ? [] : ['cannot average']),
    ...(predicts ? ['predicts losses'] : []),
  ],
  details: ({ scoresText, averages, predicts }) => [
    [
      'tasks',
      scoresText ? 'scores text, so that releases can answer tasks' : 'scores no text: an experiment has no tasks',
    ],
    ['averages', averages ? 'releases can be averages of checkpoints' : 'no release can be an average'],
    ...(predicts ? [['losses', 'predicted by a law, not measured'] as const] : []),
  ],
  uses: (name, option) => [
    [
      'in YAML',
      option === undefined
        ? `trainer: ${name}`
        : `trainer: { trainer: ${name}, options: { ${option[0]}: ${option[1]} } }`,
    ],
  ],
};
