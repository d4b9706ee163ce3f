/** Plans strategies with the kernel's own planner over a corpus without text. */
import {
  type DataProvider,
  type ExperimentInfo,
  type ExperimentSpec,
  estimateGraph,
  type PluginUse,
  planExperiment,
} from '@branchline/core';
import { syntheticData } from './synthetic-data.js';
import { toyTeacher } from './toy-trainer.js';

/** Plugins with fields that override their decisions. */
export interface Overridden {
  readonly plugins: readonly PluginUse[];
  readonly overrides: Readonly<Record<string, unknown>>;
}

/** Strategies by name. */
export type Strategies = Readonly<Record<string, readonly PluginUse[] | Overridden>>;

/** A synthetic corpus with the versions of an experiment. */
function corpus({ versions, scored, context }: ExperimentInfo): DataProvider {
  const data = syntheticData({ versions: versions.map(({ sequences }) => sequences), scored, context });
  return { ...data, versions };
}

/** An experiment spec with these strategies and defaults for the rest. */
export function specOf(
  { seed, batch, lr }: Pick<ExperimentInfo, 'seed' | 'batch' | 'lr'>,
  strategies: Strategies,
): ExperimentSpec {
  return {
    name: 'test',
    seeds: [seed],
    batch,
    lr,
    optimizer: { name: 'adamw', beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.1, clipNorm: 1 },
    objectives: ['distil', 'prefix'],
    strategies: Object.entries(strategies).map(([name, strategy]) => ({
      name,
      ...('plugins' in strategy ? strategy : { plugins: strategy }),
      configPath: `strategies.${name}`,
    })),
    baseline: Object.keys(strategies)[0]!,
    checkpointEvery: 1000,
  };
}

/** Plans strategies together. Throws a `BranchlineError` when the kernel finds a problem. */
export async function planOf(info: ExperimentInfo, strategies: Strategies) {
  const model = { ...info.model, spec: null, context: info.context, flopsPerToken: 1 };
  const plan = await planExperiment({
    spec: specOf(info, strategies),
    model,
    data: corpus(info),
    findTeacher: toyTeacher(model),
    numerics: 'exact',
    log: () => undefined,
  });
  if (plan.failures[0]) throw plan.failures[0].error;
  const byName = new Map(plan.strategies.map((planned) => [planned.strategy.name, planned]));
  return {
    /** Steps to train; shared steps count once. */
    steps: estimateGraph(plan, { steps: 1, tokens: 0, flops: 0n }).steps,
    /** Sequence ids of every data order by its digest, which the step ranges of a path name. */
    orders: plan.orders as ReadonlyMap<string, Uint32Array>,
    of: (name: string) => byName.get(name)!,
    /** Keys of the states that a strategy releases. Equal keys mean bit-identical weights. */
    releases: (name: string) => byName.get(name)!.releases.map(({ key }) => key),
  };
}
