/** The conformance kit for strategies. */
import type {
  DataProvider,
  ExperimentSpec,
  ModelDescription,
  PluginDefinition,
  PluginUse,
  Trainer,
} from '@branchline/core';
import { checkResume } from '../resume.js';
import { type Check, type Suite, suiteOf } from '../suite.js';
import { checkCosts } from './costs.js';
import { checkErrors, checkIdentity } from './errors.js';
import { Examples, type StrategyExample } from './examples.js';
import { checkFields } from './fields.js';
import { checkForeignForks, checkOrder } from './interference.js';
import { Lab, SUBJECT, show } from './lab.js';
import { checkObservers } from './observers.js';
import { checkOptions, checkUnknownOption } from './options.js';
import { checkClock, checkInputs, checkMemory, checkRepeatable } from './purity.js';
import { checkCuts, checkUpgrade } from './resumption.js';
import { checkExample, checkRefusal, type InvalidOptions } from './tables.js';

/** Another trainer on which the first example is run. */
export interface TrainerChoice {
  /** Part of the name of the check. */
  readonly name: string;
  readonly create: () => Promise<Trainer>;
  readonly model: ModelDescription;
  /** Default: the data of the tester. */
  readonly data?: DataProvider;
}

/** The tests of a plugin. */
export interface StrategyTests {
  /**
   * At least one example. Together they must set every option, lead to every field in `owns`, and call every hook.
   * Their order does not matter.
   */
  readonly examples: readonly StrategyExample[];
  /** Options that must be refused. */
  readonly invalid?: readonly InvalidOptions[];
  /** Plugins that precede it in every strategy, if it needs others to work. */
  readonly with?: readonly PluginUse[];
  /** Default: three versions of 40, 32 and 24 scored sequences, i.e. 10, 8 and 6 steps. */
  readonly data?: DataProvider;
  /** Changes to the experiment. Defaults: batches of 4, peak 0.05, warm-up of 2 steps, minRatio 0.1. */
  readonly spec?: Partial<Omit<ExperimentSpec, 'strategies'>>;
  /** A second trainer. All other checks run on the `ToyTrainer`. */
  readonly trainer?: TrainerChoice;
}

/**
 * A suite that checks on the real kernel what every strategy promises. `register` it in a test runner, or `run` it.
 * Each check that fails throws an Error with what was promised, what happened, and where to look.
 */
export function createStrategyTester(factory: { readonly plugin: unknown }, tests: StrategyTests): Suite {
  const plugin = factory.plugin as PluginDefinition;
  if (tests.examples.length === 0) throw new Error('a strategy needs at least one example, e.g. { options: {} }');
  const lab = new Lab(plugin, tests);
  const examples = new Examples(lab, tests.examples);
  const property = (name: string, check: (examples: Examples) => Promise<void>): Check => ({
    name,
    run: () => check(examples),
  });
  return suiteOf(`strategy ${plugin.name}`, [
    property('has a valid name and version', () => checkIdentity(lab)),
    ...tests.examples.map((example) =>
      property(`plans ${examples.titleOf(example)}`, () => checkExample(examples, example)),
    ),
    ...(tests.invalid ?? []).map((invalid) =>
      property(`refuses ${show(invalid.options)}`, () => checkRefusal(lab, invalid)),
    ),
    property('refuses an option it does not have', checkUnknownOption),
    property('has no option that changes nothing', checkOptions),
    property('owns exactly the fields it sets', checkFields),
    property('does not modify its inputs', checkInputs),
    property('plans the same way every time', checkRepeatable),
    property('reads neither the clock nor Math.random', checkClock),
    property('keeps state only in its state slot', checkMemory),
    property('observes without side effects', checkObservers),
    property('resumes after a stop or crash at any step', checkCuts),
    property('resumes under its next patch version', checkUpgrade),
    property('plans the same way before and after an independent plugin', checkOrder),
    property('leaves the branches of other plugins alone', checkForeignForks),
    property('is billed for its own cost', checkCosts),
    property('is named in errors', checkErrors),
    ...(tests.trainer === undefined ? [] : [onTrainer(examples, tests.trainer)]),
  ]);
}

/** Runs the first example on another trainer, with a stop and crashes. */
function onTrainer({ lab, all }: Examples, { name, create, model, data }: TrainerChoice): Check {
  return {
    name: `resumes after a stop or crash on ${name}`,
    async run() {
      const trainer = await create();
      const small = lab.small({ [SUBJECT]: lab.strategy(all[0]!.options) });
      try {
        const cuts = [
          { by: 'stop', after: 3 },
          { by: 'crash', after: 5 },
          { by: 'crash-in-save', after: 1 },
        ] as const;
        await checkResume({ ...small, ...(data && { data }), model, trainer, cuts });
      } finally {
        await trainer.dispose();
      }
    },
  };
}
