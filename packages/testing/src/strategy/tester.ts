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

/** Another trainer that the first example is run on. */
export interface TrainerChoice {
  /** For the name of the check. */
  readonly name: string;
  readonly create: () => Promise<Trainer>;
  readonly model: ModelDescription;
  /** Default: that of the tester. */
  readonly data?: DataProvider;
}

/** What a plugin is tested with. */
export interface StrategyTests {
  /**
   * Options as users write them, at least one. Together they must show every option, every field in `owns` and every
   * hook; the order does not matter.
   */
  readonly examples: readonly StrategyExample[];
  /** Options that are refused. */
  readonly invalid?: readonly InvalidOptions[];
  /** Plugins that stand before it in every strategy: those without which it makes no sense. */
  readonly with?: readonly PluginUse[];
  /** Default: scored sequences in three versions of 40, 32 and 24, which is 10, 8 and 6 steps. */
  readonly data?: DataProvider;
  /** Changes to the experiment: batches of 4, a peak of 0.05, a warm-up of 2 steps, a minRatio of 0.1. */
  readonly spec?: Partial<Omit<ExperimentSpec, 'strategies'>>;
  /** A trainer beside the toy that everything else is run on. */
  readonly trainer?: TrainerChoice;
}

/**
 * A suite that checks what every strategy promises, on the real kernel: `register` it in a test runner, or `run` it.
 * Each check throws an Error that says what was promised, what happened, and what to look at.
 */
export function createStrategyTester(factory: { readonly plugin: unknown }, tests: StrategyTests): Suite {
  const plugin = factory.plugin as PluginDefinition;
  if (tests.examples.length === 0)
    throw new Error('a strategy is tested with at least one example; { options: {} } is one');
  const lab = new Lab(plugin, tests);
  const examples = new Examples(lab, tests.examples);
  const property = (name: string, check: (examples: Examples) => Promise<void>): Check => ({
    name,
    run: () => check(examples),
  });
  return suiteOf(`strategy ${plugin.name}`, [
    property('introduces itself', () => checkIdentity(lab)),
    ...tests.examples.map((example) =>
      property(`plans ${examples.titleOf(example)}`, () => checkExample(examples, example)),
    ),
    ...(tests.invalid ?? []).map((invalid) =>
      property(`refuses ${show(invalid.options)}`, () => checkRefusal(lab, invalid)),
    ),
    property('refuses an option it does not have', checkUnknownOption),
    property('has no option that changes nothing', checkOptions),
    property('owns the fields it sets, and sets those it owns', checkFields),
    property('leaves what it is given as it was', checkInputs),
    property('plans alike whenever it is asked', checkRepeatable),
    property('asks neither the clock nor chance', checkClock),
    property('remembers in its state slot alone', checkMemory),
    property('observes without changing anything', checkObservers),
    property('goes on after a stop or a crash anywhere', checkCuts),
    property('goes on under the next version of itself', checkUpgrade),
    property('may stand before or behind an independent plugin', checkOrder),
    property('leaves the branches of other plugins alone', checkForeignForks),
    property('pays for itself', checkCosts),
    property('is named in errors', checkErrors),
    ...(tests.trainer === undefined ? [] : [onTrainer(examples, tests.trainer)]),
  ]);
}

/** The first example on another trainer, stopped and broken down on its way. */
function onTrainer({ lab, all }: Examples, { name, create, model, data }: TrainerChoice): Check {
  return {
    name: `goes on after a stop or a crash on ${name}`,
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
