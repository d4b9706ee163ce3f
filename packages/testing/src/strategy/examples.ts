/** The examples of a tester, planned once for all its checks. */
import type { HookName, ObserverName, PluginDefinition } from '@branchline/core';
import type { Strategies } from '../plan.js';
import { type Lab, type Planned, type PlanSnapshot, planSnapshot, SUBJECT, show } from './lab.js';
import type { ExpectedPlan } from './tables.js';
import { decidersIn, wrapObservers } from './wrapped-hooks.js';

/** Options with what they lead to. */
export interface StrategyExample {
  /** For messages; default the options themselves. */
  readonly name?: string;
  /** As a user writes them; absent: none. */
  readonly options?: unknown;
  /** Fields with their values, as far as they are to be compared. */
  readonly plan?: ExpectedPlan;
}

/** A strategy with the plugin, or a changed one, in it. */
export interface Scene {
  readonly title: string;
  readonly strategy: (plugin?: PluginDefinition) => Strategies[string];
}

/** A branch that leaves early and is released, put over the head of a plugin that has none. */
const BRANCHED = { forks: ['kit-branch'], 'fork.at': 2, 'fork.steps': 3, 'release.path': 'kit-branch' };

/** Plans every example when it is first needed. */
export class Examples {
  readonly #planned = new Map<StrategyExample, Promise<Planned>>();

  constructor(
    readonly lab: Lab,
    readonly all: readonly StrategyExample[],
  ) {}

  /** How an example is called in messages. */
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

  /** Names of the hooks the plugin has; those that `observe` returns, over all examples. */
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
   * What is run: the examples that differ, and, where steps are decided and nobody branches, the first of them with a
   * branch.
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

  /** Those whose plans differ: what holds for one holds for those that train the same. */
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

  /** Every field the plugin sets when versions and forks are decided, over all examples. */
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
