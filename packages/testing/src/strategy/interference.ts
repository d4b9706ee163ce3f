/** Checks a plugin together with other plugins in one strategy. */
import {
  BranchlineError,
  definePlugin,
  type ForkPart,
  type PluginUse,
  type StepPart,
  type VersionPart,
} from '@branchline/core';
import { alike, differences, failed } from '../outcome.js';
import type { Examples, StrategyExample } from './examples.js';
import { planSnapshot, SUBJECT } from './lab.js';

/** Calls the plugin before and after another one that shares no field with it. */
export async function checkOrder(examples: Examples): Promise<void> {
  const { lab } = examples;
  const taken = new Set([...(await examples.fieldsSet()), ...(lab.plugin.owns ?? [])]);
  const other = independentPlugin(taken);
  for (const example of examples.all) {
    const own = lab.strategy(example.options);
    const was = planSnapshot(await lab.plan({ [SUBJECT]: [other, ...own] }));
    const is = planSnapshot(await lab.plan({ [SUBJECT]: [...lab.strategy(example.options), other] }));
    const found = differences(was, is);
    if (found.length === 0) continue;
    throw failed(
      `${examples.titleOf(example)} gives another plan when it is called before ${other.plugin.name}, an independent plugin`,
      found,
      ['It modifies its inputs or shared state. Each field has one owner, so the order of plugins must not matter.'],
    );
  }
}

/**
 * Sets one version field and one step field, of those not taken. The step field depends on everything in the context.
 */
function independentPlugin(taken: ReadonlySet<string>): PluginUse {
  const version: VersionPart = taken.has('lr.peak')
    ? { order: { scope: taken.has('order.scope') ? undefined : 'by-version' } }
    : { lr: { peak: 0.04 } };
  return definePlugin({
    name: 'kit-independent',
    initialState: 0,
    onVersion({ charge }): VersionPart {
      charge({ what: 'living here', flops: 1 });
      return version;
    },
    onStep({ sequences, state, random }): StepPart {
      const count = (state.get() as number) + 1;
      state.set(count);
      const seen = (random('kit').uniform() + count / 3 + sequences[0]! / 7) % 1;
      if (!taken.has('weights')) return { weights: [...sequences.keys()].map((place) => 0.5 + place * seen) };
      return { lr: { factor: taken.has('lr.factor') ? undefined : 0.5 + seen } };
    },
  })();
}

/** Adds a branch that another plugin decides. */
export async function checkForeignForks(examples: Examples): Promise<void> {
  const { lab } = examples;
  const foreign = 'kit-foreign';
  const other = definePlugin({ name: 'kit-other', onFork: { [foreign]: (): ForkPart => ({ at: 1, steps: 2 }) } });
  for (const example of examples.all) {
    const forks = await forksOf(examples, example);
    if (forks === undefined) continue;
    const plugins = [...lab.strategy(example.options), other()];
    const strategy = { plugins, overrides: { forks: [...forks, foreign] } };
    const error = await lab.plan({ [SUBJECT]: strategy }).catch((cause: unknown) => cause);
    const clash = error instanceof BranchlineError && error.message.includes(`plugin ${lab.plugin.name} `);
    if (!clash) continue;
    throw failed(
      `${examples.titleOf(example)} conflicts with a branch of another plugin`,
      [error.message],
      [
        'A function as onFork is called for every branch of the strategy. Name your own: onFork: { branch: (context) => ... }.',
      ],
    );
  }
}

/** The branches of every version. Undefined when versions differ, because an override cannot add to them. */
async function forksOf(examples: Examples, example: StrategyExample): Promise<readonly string[] | undefined> {
  const { plan } = await examples.planned(example);
  const lists = plan.strategies[0]!.decisions.map(({ spec }) => spec.forks);
  return lists.every((list) => alike(list, lists[0])) ? lists[0] : undefined;
}
