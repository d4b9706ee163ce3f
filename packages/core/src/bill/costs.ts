/** Costs of the strategies of a plan, computed from the ledger alone, without formulas about strategies. */
import { type GraphNode, objectiveIn, type Segment } from '../graph/run-graph.js';
import type { Digest } from '../json.js';
import { CostsBySegment, evaluationsOf, LOSSES, segmentsBehind } from '../ledger/attribute.js';
import { type ExactCost, NO_COST, partOfCost, sumCosts } from '../ledger/cost.js';
import type { PluginCharge } from '../ledger/entry.js';
import { chargeId, costOfEntry, evaluationId, type LedgerEntry } from '../ledger/entry.js';
import type { ExperimentPlan, StrategyPlan } from '../plan/experiment-plan.js';

/** What a strategy costs. */
export interface StrategyCost {
  /** Training cost if the strategy ran alone. */
  readonly trained: ExactCost;
  /** Training cost alone, plus evaluation of its releases, charges of its plugins, and loss measurements. */
  readonly standalone: ExactCost;
  /** Its share of the amount paid. The shares of all strategies add up to the amount. */
  readonly attributed: ExactCost;
  /** Cost of the losses that its plugins measured to decide branches; part of the standalone cost. */
  readonly measured: ExactCost;
  /** Standalone cost up to and including each version, without training that only captures need. */
  readonly cumulative: readonly ExactCost[];
}

/** A loss measurement: its ledger entry, full cost and share. */
export interface Measurement {
  readonly version: number;
  readonly entry: LedgerEntry;
  readonly cost: ExactCost;
  readonly share: ExactCost;
  /** Number of strategies that used it to decide branches. */
  readonly sharedBy: number;
}

/** A charge of a plugin: full cost and share. */
export interface ChargedCost {
  readonly charge: PluginCharge;
  readonly cost: ExactCost;
  readonly share: ExactCost;
  /** Number of seeds that made it. */
  readonly seeds: number;
}

/** Costs of a plan according to ledger entries. */
export class ExperimentCosts {
  readonly segments: CostsBySegment;
  readonly #evaluations: ReturnType<typeof evaluationsOf>;
  readonly #publishers = new Map<GraphNode, string[]>();
  /** Ledger entries of loss measurements by id, and the strategies that used each to decide branches. */
  readonly #losses: ReadonlyMap<Digest, LedgerEntry>;
  readonly #measurers = new Map<Digest, string[]>();
  /** Seeds under which a strategy's plugins made the same charge, by id of the charge. */
  readonly #chargers = new Map<Digest, number[]>();

  constructor(
    readonly plan: ExperimentPlan,
    private readonly entries: readonly LedgerEntry[],
    /** Digests of the evaluation sets of releases. */
    sets: readonly Digest[] = [],
  ) {
    this.segments = new CostsBySegment(plan.graph, entries);
    this.#evaluations = evaluationsOf(entries, sets);
    this.#losses = new Map(entries.filter(({ note }) => note === LOSSES).map((entry) => [entry.id, entry]));
    for (const { strategy, releases, measured } of plan.strategies) {
      for (const charge of strategy.charges.values()) {
        const id = chargeId(strategy.name, charge);
        this.#chargers.set(id, [...(this.#chargers.get(id) ?? []), strategy.seed]);
      }
      for (const id of new Set(measured.map(({ node, question }) => evaluationId(node.key, question)))) {
        this.#measurers.set(id, [...(this.#measurers.get(id) ?? []), strategy.name]);
      }
      for (const node of new Set(releases)) {
        this.#publishers.set(node, [...(this.#publishers.get(node) ?? []), strategy.name]);
      }
    }
  }

  /** Cost of all segments of the graph, each counted once. */
  get graph(): ExactCost {
    return sumCosts(this.plan.graph.segments().map((segment) => this.segments.of(segment)));
  }

  /** Everything booked in the run directory so far. */
  get actual(): ExactCost {
    return sumCosts(this.entries.map(costOfEntry));
  }

  /** Steps of the graph without a ledger entry. */
  get stepsMissing(): number {
    return this.plan.graph
      .segments()
      .reduce((sum, segment) => sum + segment.steps - Number(this.segments.of(segment).steps), 0);
  }

  /** The cost of a strategy. */
  of(plan: StrategyPlan): StrategyCost {
    const { strategy, releases } = plan;
    const { name } = strategy;
    const charges = this.charged(plan);
    const charged = (version: number) =>
      sumCosts(charges.filter(({ charge }) => charge.version <= version).map(({ cost }) => cost));
    const trained = (nodes: readonly GraphNode[]) =>
      sumCosts([...segmentsBehind(nodes)].map((segment) => this.segments.of(segment)));
    const evaluated = (nodes: readonly GraphNode[]) =>
      sumCosts([...new Set(nodes)].map((node) => this.evaluation(node)));
    const all = trainedStates(plan);
    const measured = this.measured(plan);
    const training = trained(all);
    return {
      trained: training,
      measured: sumCosts(measured.map(({ cost }) => cost)),
      standalone: sumCosts([
        training,
        evaluated(releases),
        charged(Number.POSITIVE_INFINITY),
        ...measured.map(({ cost }) => cost),
      ]),
      attributed: sumCosts([
        ...[...segmentsBehind(all)].map((segment) => this.share(segment, this.segments.of(segment), name)),
        ...[...new Set(releases)].map((node) => this.shareOfEvaluation(node, name)),
        ...charges.map(({ share }) => share),
        ...measured.map(({ share }) => share),
      ]),
      cumulative: releases.map((_, index) => {
        const published = releases.slice(0, index + 1);
        const before = measured.filter(({ version }) => version <= index + 1);
        const looked = plan.measured.filter(({ version }) => version <= index + 1).map(({ node }) => node);
        return sumCosts([
          trained([...published, ...looked]),
          evaluated(published),
          charged(index + 1),
          ...before.map(({ cost }) => cost),
        ]);
      }),
    };
  }

  /** Loss measurements that decided the strategy's branches, with the cost of each and the strategy's share. */
  measured({ strategy, measured }: StrategyPlan): readonly Measurement[] {
    return measured.flatMap(({ version, node, question }) => {
      const entry = this.#losses.get(evaluationId(node.key, question));
      if (entry === undefined) return [];
      const cost = costOfEntry(entry);
      const sharedBy = this.#measurers.get(entry.id)!;
      return [{ version, entry, cost, share: shareAmong(sharedBy, strategy.name, cost), sharedBy: sharedBy.length }];
    });
  }

  /** Charges of a strategy's plugins, with this seed's share. Equal charges of several seeds are paid once. */
  charged({ strategy }: StrategyPlan): readonly ChargedCost[] {
    return [...strategy.charges.values()].map((charge) => {
      const cost = costOfCharge(charge);
      const seeds = this.#chargers.get(chargeId(strategy.name, charge))!;
      const index = seeds.indexOf(strategy.seed);
      return { charge, cost, share: partOfCost(cost, index, index + 1, seeds.length), seeds: seeds.length };
    });
  }

  /** Evaluation cost of a release, tasks included. */
  evaluation(node: GraphNode): ExactCost {
    return this.#evaluations.get(node.key)?.cost ?? NO_COST;
  }

  /** The device that evaluated a release; empty if it was not evaluated. */
  evaluatedOn(node: GraphNode): string {
    return this.#evaluations.get(node.key)?.device ?? '';
  }

  /** Strategies that release a node. */
  publishers(node: GraphNode): readonly string[] {
    return this.#publishers.get(node) ?? [];
  }

  shareOfEvaluation(node: GraphNode, strategy: string): ExactCost {
    return shareAmong(this.publishers(node), strategy, this.evaluation(node));
  }

  /** A strategy's share of a segment's cost. The shares of all strategies that need it add up to the cost. */
  share(segment: Segment, cost: ExactCost, strategy: string): ExactCost {
    return shareAmong([...segment.strategies], strategy, cost);
  }
}

/** The states that a strategy trains for: it releases, captures or measures them. */
export const trainedStates = ({ releases, captures, measured }: StrategyPlan): readonly GraphNode[] => [
  ...releases,
  ...captures,
  ...measured.map(({ node }) => node),
];

function shareAmong(strategies: readonly string[], strategy: string, cost: ExactCost): ExactCost {
  const index = strategies.indexOf(strategy);
  return partOfCost(cost, index, index + 1, strategies.length);
}

function costOfCharge({ tokens, flops }: PluginCharge): ExactCost {
  return { ...NO_COST, tokens: BigInt(Math.round(tokens)), flops: BigInt(Math.round(flops)) };
}

/** Estimated steps, tokens and FLOPs of a plan before training; as `perStep`, those of a step with the usual loss. */
export interface Estimate {
  readonly steps: number;
  readonly tokens: number;
  readonly flops: bigint;
}

/** Estimates the standalone training of a strategy. */
export function estimateStrategy(plan: StrategyPlan, perStep: Estimate): Estimate {
  return estimateSegments(segmentsBehind(trainedStates(plan)), perStep);
}

/** Estimates the training of the whole graph, each segment counted once. */
export function estimateGraph(plan: ExperimentPlan, perStep: Estimate): Estimate {
  return estimateSegments(plan.graph.segments(), perStep);
}

function estimateSegments(segments: Iterable<Segment>, perStep: Estimate): Estimate {
  let steps = 0;
  let flops = 0n;
  for (const segment of segments) {
    const objective = objectiveIn(segment);
    const own = objective === undefined ? perStep.flops : BigInt(objective.flopsPerToken) * BigInt(perStep.tokens);
    steps += segment.steps;
    flops += own * BigInt(segment.steps);
  }
  return { steps, tokens: perStep.tokens * steps, flops };
}
