/** Random experiments with random interruptions. */
import {
  BranchlineError,
  type DataProvider,
  type ExperimentSpec,
  type ModelDescription,
  type PluginUse,
  planExperiment,
} from '@branchline/core';
import { type Cut, type Overridden, smallExperiment, syntheticData } from '@branchline/testing';
import fc from 'fast-check';
import { ALL_PLUGINS, type DrawnUse, drawnOverrides, drawnUses } from './plugins.js';

/** A drawn strategy; its parts may be incompatible. */
interface DrawnStrategy {
  readonly uses: readonly DrawnUse[];
  readonly overrides: readonly (readonly [string, unknown])[];
}

/** A case as plain data, so that counterexamples are readable. */
export interface DrawnCase {
  readonly strategies: readonly DrawnStrategy[];
  /** Training sequences of each version. */
  readonly versions: readonly number[];
  readonly domains: number;
  readonly batch: number;
  readonly seed: number;
  readonly warmup: number;
  readonly checkpointEvery: number;
  readonly lanes: number;
  /** Each in thousandths of its part of the whole run. */
  readonly cuts: readonly { readonly by: Cut['by']; readonly thousandth: number }[];
}

/** Cases with at most this many strategies and versions, and with one of these batch sizes. */
export const drawnCases = (most: { strategies: number; versions: number; batches: readonly number[] }) =>
  fc.record<DrawnCase>({
    strategies: fc.array(fc.record({ uses: drawnUses, overrides: drawnOverrides }), {
      minLength: 1,
      maxLength: most.strategies,
    }),
    versions: fc.array(fc.integer({ min: 8, max: 30 }), { minLength: 1, maxLength: most.versions }),
    domains: fc.integer({ min: 1, max: 2 }),
    batch: fc.constantFrom(...most.batches),
    seed: fc.nat(1000),
    warmup: fc.nat(4),
    checkpointEvery: fc.integer({ min: 1, max: 7 }),
    lanes: fc.integer({ min: 1, max: 3 }),
    cuts: fc.array(
      fc.record({
        by: fc.constantFrom<Cut['by']>('stop', 'stop', 'crash', 'crash-in-save', 'crash-in-evaluation'),
        thousandth: fc.nat(999),
      }),
      { minLength: 1, maxLength: 4 },
    ),
  });

/** The input of `checkResume`. */
export interface Case {
  readonly strategies: Readonly<Record<string, Overridden>>;
  readonly data: DataProvider;
  readonly spec: Partial<Omit<ExperimentSpec, 'strategies'>>;
  readonly cuts: readonly Cut[];
  readonly lanes: number;
}

/**
 * Removes incompatible parts: combinations of options that a plugin refuses, plugins that set a field of an earlier
 * one or refuse the model, overrides that do not apply, averages that reach back before the first step. Undefined if
 * no strategy remains.
 */
export async function caseOf(drawn: DrawnCase, model: ModelDescription): Promise<Case | undefined> {
  const { versions, domains, batch, seed, warmup, checkpointEvery } = drawn;
  const data = syntheticData({ versions: versions.map((size) => Math.max(size, batch)), domains });
  const spec = { batch, seeds: [seed], checkpointEvery, lr: { peak: 0.05, warmup, minRatio: 0.1 } };
  const stepsOf = (some: Case['strategies']) =>
    stepsOfPlan(smallExperiment({ strategies: some, data, spec, model }, ''));
  const strategies: Record<string, Overridden> = {};
  for (const [index, { uses, overrides }] of drawn.strategies.entries()) {
    let plugins: readonly PluginUse[] = [];
    let settled: Overridden['overrides'] = {};
    const fits = async (strategy: Overridden) => (await stepsOf({ strategy })) !== undefined;
    for (const use of uses) {
      const used = usable(use);
      if (used === undefined) continue;
      const more = [...plugins, used];
      if (await fits({ plugins: more, overrides: {} })) plugins = more;
    }
    for (const [field, value] of overrides) {
      const more = { ...settled, [field]: value };
      if (await fits({ plugins, overrides: more })) settled = more;
    }
    if (plugins.length > 0) strategies[`s${index + 1}`] = { plugins, overrides: settled };
  }
  if (Object.keys(strategies).length === 0) return undefined;
  const steps = (await stepsOf(strategies))!;
  const part = steps / drawn.cuts.length / 1000;
  const cuts = drawn.cuts.map(({ by, thousandth }) => ({ by, after: 1 + Math.floor(thousandth * part) }));
  return { strategies, data, spec, cuts, lanes: drawn.lanes };
}

/** Steps that the plan trains; undefined if the kernel refuses it. */
async function stepsOfPlan({ spec, model, data }: ReturnType<typeof smallExperiment>): Promise<number | undefined> {
  try {
    const plan = await planExperiment({ spec, model, data, numerics: '', log: () => undefined });
    if (plan.failures.length > 0) return undefined;
    return plan.graph.segments().reduce((sum, segment) => sum + segment.steps, 0);
  } catch (error) {
    if (error instanceof BranchlineError) return undefined;
    throw error;
  }
}

/** A plugin with those of its options that it accepts together; undefined if it needs one that was not drawn. */
function usable({ name, options }: DrawnUse): PluginUse | undefined {
  const plugin = ALL_PLUGINS.get(name)!;
  if (plugin.options === undefined) return { plugin, options: undefined };
  const kept = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  for (;;) {
    const result = plugin.options['~standard'].validate(kept);
    if (result instanceof Promise) throw new Error(`${name}: options are checked at once`);
    const refused = result.issues?.[0]?.path?.[0];
    if (result.issues === undefined) return { plugin, options: kept };
    if (typeof refused !== 'string') throw new Error(`${name}: ${result.issues[0]!.message}`);
    if (!(refused in kept)) return undefined;
    delete kept[refused];
  }
}
