import { BranchlineError, type Failure } from '../errors.js';
import { type GraphNode, RunGraph } from '../graph/run-graph.js';
import { type Digest, digestJson } from '../json.js';
import type { DataProvider } from '../plan/data.js';
import type { DecidedVersion } from '../plan/decide.js';
import { expand } from '../plan/expand.js';
import type { Orders } from '../plan/orders.js';
import type { PlannedVersion } from '../plan/path.js';
import type { PreparedStrategy } from '../plugin/prepare.js';
import type { ExperimentInfo } from '../plugin/types.js';
import type { ModelDescription } from '../trainer/trainer.js';
import { checkStrategies, experimentInfo } from './check.js';
import type { ExperimentSpec } from './spec.js';

/** One strategy, planned. */
export interface StrategyPlan {
  readonly strategy: PreparedStrategy;
  readonly decisions: readonly DecidedVersion[];
  readonly versions: readonly PlannedVersion[];
  /** Nodes of the releases, by version. */
  readonly releases: readonly GraphNode[];
  /** Nodes that `onStep` wants kept. */
  readonly captures: readonly GraphNode[];
}

/** The whole experiment, planned; nothing was trained for it. */
export interface ExperimentPlan {
  readonly info: ExperimentInfo;
  readonly strategies: readonly StrategyPlan[];
  readonly graph: RunGraph;
  readonly orders: Orders;
  readonly failures: readonly Failure[];
  /** Of everything that decides a bit of any release. */
  readonly digest: Digest;
}

export interface PlanInput {
  readonly spec: ExperimentSpec;
  readonly model: ModelDescription;
  readonly data: DataProvider;
  /** The trainer's numerics fingerprint. */
  readonly numerics: string;
  readonly log: (level: 'info' | 'warn', message: string) => void;
}

/** Asks all deciders, lays out all paths and merges them. Throws one error with all the user's mistakes. */
export async function planExperiment(input: PlanInput): Promise<ExperimentPlan> {
  const { spec, model, data, numerics } = input;
  const info = experimentInfo(spec, data);
  const { decided, problems, failures } = await checkStrategies(spec, info, input.log);
  if (problems.length > 0) throw new BranchlineError('config', problems);

  const { optimizer, batch } = spec;
  const basis = digestJson({
    format: 1,
    model: model.spec,
    optimizer: { ...optimizer },
    batch,
    corpus: data.digest,
    numerics,
  });
  const graph = new RunGraph({ digest: basis, batch });
  const orders: Orders = new Map();
  const strategies: StrategyPlan[] = [];
  const failed = [...failures];
  for (const { strategy, decision } of decided) {
    let versions: readonly PlannedVersion[];
    try {
      versions = expand(strategy, decision.versions, info, data, orders);
    } catch (error) {
      if (!(error instanceof BranchlineError)) throw error;
      failed.push({ strategies: [strategy.name], error });
      continue;
    }
    const releases = versions.map(({ release }) => graph.demand(release.point, strategy.name));
    const captures = versions.flatMap((version) => version.captures.map((point) => graph.demand(point, strategy.name)));
    strategies.push({ strategy, decisions: decision.versions, versions, releases, captures });
  }
  const digest = digestJson(
    strategies.map(({ strategy, releases }) => [strategy.name, ...releases.map(({ key }) => key)]),
  );
  return { info, strategies, graph, orders, failures: failed, digest };
}

/** States that must exist at the end: releases and captures of all strategies. */
export function targetsOf(plan: ExperimentPlan): readonly GraphNode[] {
  return [...new Set(plan.strategies.flatMap(({ releases, captures }) => [...releases, ...captures]))];
}
