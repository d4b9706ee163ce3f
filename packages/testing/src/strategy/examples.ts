/** The examples of a tester, planned once for all checks. */
import type { HookName, ObserverName, PluginDefinition } from '@branchline/core';
import type { Strategies } from '../plan.js';
import type { ExpectedPlan } from './expected-plan.js';
import { type Lab, type Planned, type PlanSnapshot, planSnapshot, SUBJECT, show } from './lab.js';
import { decidersIn, wrapObservers } from './wrapped-hooks.js';

/** Options and the plan expected from them. */
export interface StrategyExample {
  /** Shown in messages. Default: the options. */
  readonly name?: string;
  /** Options as a user writes them. Default: none. */
  readonly options?: unknown;
  /** Expected fields of the places to compare. */
  readonly plan?: ExpectedPlan;
}

/** A strategy to run, with the plugin or a replacement for it. */
export interface Scene {
  readonly title: string;
  readonly strategy: (plugin?: PluginDefinition) => Strategies[string];
}

/** Overrides that add an early branch and release it. */
const BRANCHED = { forks: ['kit-branch'], 'fork.at': 2, 'fork.steps': 3, 'release.path': 'kit-branch' };

/** Plans each example when it is first needed. */
export class Examples {
  readonly #planned = new Map<StrategyExample, Promise<Planned>>();

  constructor(
    readonly lab: Lab,
    readonly all: readonly StrategyExample[],
  ) {}

  /** The name of an example in messages. */
  titleOf({ name, options }: StrategyExample): string {
    return name ?? (options === undefined ? 'no options' : show(options));
  }

  planned(example: StrategyExample): Promise<Planned> {
    const known = this.#planned.get(example);
    if (known !== undefined) return known;
    const planned = this.lab.plan({ [SUBJECT]: this.lab.strategy(example.options) });
    this.#planned.set(example, planned);
    return planned;
  }

  async snapshot(example: StrategyExample): Promise<PlanSnapshot> {
    return planSnapshot(await this.planned(example));
  }

  /** Names of the plugin's hooks, including the observers that `observe` returns for any example. */
  async hooks(): Promise<ReadonlySet<HookName | ObserverName>> {
    const { plugin } = this.lab;
    const found = new Set<HookName | ObserverName>(decidersIn(plugin));
    if (plugin.observe === undefined) return found;
    found.add('observe');
    const listing = wrapObservers(plugin, (name, hook) => {
      found.add(name);
      return hook;
    });
    for (const { options } of this.all) await this.lab.run({ [SUBJECT]: this.lab.strategy(options, listing) });
    return found;
  }

  /**
   * Strategies to run: the examples with different plans. If the plugin has `onStep` and no example has a branch, also
   * the first example with a branch.
   */
  async scenes(): Promise<readonly Scene[]> {
    const { lab } = this;
    const scenes = (await this.different()).map(
      (example): Scene => ({
        title: this.titleOf(example),
        strategy: (plugin) => lab.strategy(example.options, plugin),
      }),
    );
    if (this.lab.plugin.onStep === undefined || (await this.fieldsSet()).has('forks')) return scenes;
    const first = this.all[0]!;
    const branched: Scene = {
      title: `${this.titleOf(first)}, with a branch`,
      strategy: (plugin) => ({ plugins: lab.strategy(first.options, plugin), overrides: BRANCHED }),
    };
    return [...scenes, branched];
  }

  /** One example for each distinct plan: examples that train the same steps need one run. */
  async different(): Promise<readonly StrategyExample[]> {
    const seen = new Set<string>();
    const found: StrategyExample[] = [];
    for (const example of this.all) {
      const { releases, captures } = await this.snapshot(example);
      const key = [...releases, ...captures].join();
      if (!seen.has(key)) found.push(example);
      seen.add(key);
    }
    return found;
  }

  /** Every field of versions and forks that the plugin sets in any example. */
  async fieldsSet(): Promise<ReadonlySet<string>> {
    const found = new Set<string>();
    for (const example of this.all) {
      const { fields } = await this.snapshot(example);
      for (const place of Object.values(fields)) {
        for (const [field, { owner }] of Object.entries(place)) if (owner === this.lab.plugin.name) found.add(field);
      }
    }
    return found;
  }
}
