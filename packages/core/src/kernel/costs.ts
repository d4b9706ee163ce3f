/** What every strategy of a plan cost, from the ledger. */
import type { GraphNode } from '../graph/run-graph.js';
import { addCost, CostsBySegment, costOfEntry, type ExactCost, NO_COST, segmentsBehind } from '../ledger/attribute.js';
import type { LedgerEntry } from '../ledger/ledger.js';
import type { PlacedCharge } from '../plugin/services.js';
import type { ExperimentPlan, StrategyPlan } from './plan.js';

export interface StrategyCost {
  /** What it would have trained alone. */
  readonly trained: ExactCost;
  /** The same, with what its plugins charged. */
  readonly standalone: ExactCost;
  readonly attributed: ExactCost;
  /** Standalone, up to and including each version. */
  readonly cumulative: readonly ExactCost[];
}

export interface ExperimentCosts {
  readonly byStrategy: ReadonlyMap<string, StrategyCost>;
  /** Of the segments of the graph, each once. */
  readonly graph: ExactCost;
  /** Everything that was ever trained in the run directory. */
  readonly actual: ExactCost;
  /** Steps of the graph that the ledger has no entry for. */
  readonly stepsMissing: number;
}

export function costsOf(plan: ExperimentPlan, entries: readonly LedgerEntry[]): ExperimentCosts {
  const costs = new CostsBySegment(plan.graph, entries);
  const behind = (nodes: readonly GraphNode[]) =>
    [...segmentsBehind(nodes)].reduce((sum, segment) => addCost(sum, costs.of(segment)), NO_COST);
  const byStrategy = new Map<string, StrategyCost>();
  for (const { strategy, releases, captures } of plan.strategies) {
    const charges = (version: number) =>
      [...strategy.charges.values()]
        .filter((charge) => charge.version <= version)
        .reduce((sum, charge) => addCost(sum, costOfCharge(charge)), NO_COST);
    const needed = [...segmentsBehind([...releases, ...captures])];
    const attributed = needed.reduce(
      (sum, segment) => addCost(sum, divide(costs.of(segment), segment.strategies.size)),
      NO_COST,
    );
    byStrategy.set(strategy.name, {
      trained: behind([...releases, ...captures]),
      standalone: addCost(behind([...releases, ...captures]), charges(Number.POSITIVE_INFINITY)),
      attributed: addCost(attributed, charges(Number.POSITIVE_INFINITY)),
      cumulative: releases.map((_, index) => addCost(behind(releases.slice(0, index + 1)), charges(index + 1))),
    });
  }
  const segments = plan.graph.segments();
  return {
    byStrategy,
    graph: segments.reduce((sum, segment) => addCost(sum, costs.of(segment)), NO_COST),
    actual: entries.reduce((sum, entry) => addCost(sum, costOfEntry(entry)), NO_COST),
    stepsMissing: segments.reduce((sum, segment) => sum + Math.max(0, segment.steps - costs.of(segment).steps), 0),
  };
}

function costOfCharge({ tokens, flops }: PlacedCharge): ExactCost {
  return { tokens, flops: BigInt(Math.round(flops)), steps: 0, deviceSeconds: 0 };
}

/** FLOPs are divided to the nearest whole one; the rest divides as it comes. */
function divide(cost: ExactCost, by: number): ExactCost {
  const parts = BigInt(by);
  return {
    tokens: cost.tokens / by,
    flops: (cost.flops + parts / 2n) / parts,
    steps: cost.steps / by,
    deviceSeconds: cost.deviceSeconds / by,
  };
}

/** Steps, tokens and FLOPs a plan will cost, before anything is trained. */
export interface Estimate {
  readonly steps: number;
  readonly tokens: number;
  readonly flops: bigint;
}

/** What a strategy would train alone, from the graph. */
export function estimateStrategy(plan: StrategyPlan, perStep: Estimate): Estimate {
  const steps = [...segmentsBehind([...plan.releases, ...plan.captures])].reduce(
    (sum, segment) => sum + segment.steps,
    0,
  );
  return times(perStep, steps);
}

/** What the whole graph trains, each segment once. */
export function estimateGraph(plan: ExperimentPlan, perStep: Estimate): Estimate {
  return times(
    perStep,
    plan.graph.segments().reduce((sum, segment) => sum + segment.steps, 0),
  );
}

function times({ tokens, flops }: Estimate, steps: number): Estimate {
  return { steps, tokens: tokens * steps, flops: flops * BigInt(steps) };
}
