/** What every strategy of a plan cost, from the ledger. No formula of any strategy enters. */
import type { GraphNode, Segment } from '../graph/run-graph.js';
import type { Digest } from '../json.js';
import { CostsBySegment, evaluationsOf, LOSSES, segmentsBehind } from '../ledger/attribute.js';
import { type ExactCost, NO_COST, partOfCost, sumCosts } from '../ledger/cost.js';
import type { PluginCharge } from '../ledger/entry.js';
import { chargeId, costOfEntry, evaluationId, type LedgerEntry } from '../ledger/entry.js';
import type { ExperimentPlan, StrategyPlan } from '../plan/experiment-plan.js';

export interface StrategyCost {
  /** What it would have trained alone. */
  readonly trained: ExactCost;
  /** The same, with the evaluation of its releases and what its plugins charged. */
  readonly standalone: ExactCost;
  readonly attributed: ExactCost;
  /** Standalone, up to and including each version. */
  readonly cumulative: readonly ExactCost[];
}

/** A measurement of losses: its entry, and what it cost alone and shared. */
export interface Measurement {
  readonly version: number;
  readonly entry: LedgerEntry;
  readonly cost: ExactCost;
  readonly share: ExactCost;
  /** Strategies whose branches it decided. */
  readonly askers: number;
}

/** A charge of a plugin: what it cost alone and shared. */
export interface ChargedCost {
  readonly charge: PluginCharge;
  readonly cost: ExactCost;
  readonly share: ExactCost;
  /** Seeds that made it. */
  readonly seeds: number;
}

/** The ledger laid over a plan. */
export class ExperimentCosts {
  readonly segments: CostsBySegment;
  readonly #evaluations: ReturnType<typeof evaluationsOf>;
  readonly #publishers = new Map<GraphNode, string[]>();
  /** Entries of losses by id, and the strategies whose branches they decided. */
  readonly #losses: ReadonlyMap<Digest, LedgerEntry>;
  readonly #askers = new Map<Digest, string[]>();
  /** Seeds under which a strategy's plugins made the same charge, by its id. */
  readonly #chargers = new Map<Digest, number[]>();

  constructor(
    readonly plan: ExperimentPlan,
    private readonly entries: readonly LedgerEntry[],
    /** Digests of the sets that releases are evaluated on. */
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
      for (const id of new Set(measured.map(({ state, question }) => evaluationId(state, question)))) {
        this.#askers.set(id, [...(this.#askers.get(id) ?? []), strategy.name]);
      }
      for (const node of new Set(releases)) {
        this.#publishers.set(node, [...(this.#publishers.get(node) ?? []), strategy.name]);
      }
    }
  }

  /** Of the segments of the graph, each once. */
  get graph(): ExactCost {
    return sumCosts(this.plan.graph.segments().map((segment) => this.segments.of(segment)));
  }

  /** Everything that was ever booked in the run directory. */
  get actual(): ExactCost {
    return sumCosts(this.entries.map(costOfEntry));
  }

  /** Steps of the graph that the ledger has no entry for. */
  get stepsMissing(): number {
    return this.plan.graph
      .segments()
      .reduce((sum, segment) => sum + segment.steps - Number(this.segments.of(segment).steps), 0);
  }

  /** What a strategy cost. */
  of(plan: StrategyPlan): StrategyCost {
    const { strategy, releases, captures } = plan;
    const { name } = strategy;
    const charges = this.charged(plan);
    const charged = (version: number) =>
      sumCosts(charges.filter(({ charge }) => charge.version <= version).map(({ cost }) => cost));
    const trained = (nodes: readonly GraphNode[]) =>
      sumCosts([...segmentsBehind(nodes)].map((segment) => this.segments.of(segment)));
    const evaluated = (nodes: readonly GraphNode[]) =>
      sumCosts([...new Set(nodes)].map((node) => this.evaluation(node)));
    const all = [...releases, ...captures];
    const measured = this.measured(plan);
    return {
      trained: trained(all),
      standalone: sumCosts([
        ...[trained(all), evaluated(releases), charged(Number.POSITIVE_INFINITY)],
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
        return sumCosts([
          trained(published),
          evaluated(published),
          charged(index + 1),
          ...before.map(({ cost }) => cost),
        ]);
      }),
    };
  }

  /** Losses that decided a strategy's branches: what each cost, and the part of it that the strategy owes. */
  measured({ strategy, measured }: StrategyPlan): readonly Measurement[] {
    return measured.flatMap(({ version, state, question }) => {
      const entry = this.#losses.get(evaluationId(state, question));
      if (entry === undefined) return [];
      const cost = costOfEntry(entry);
      const askers = this.#askers.get(entry.id)!;
      return [{ version, entry, cost, share: shareAmong(askers, strategy.name, cost), askers: askers.length }];
    });
  }

  /**
   * What a strategy's plugins charged, and the part of it that this seed owes: a charge that several seeds make alike
   * is one.
   */
  charged({ strategy }: StrategyPlan): readonly ChargedCost[] {
    return [...strategy.charges.values()].map((charge) => {
      const cost = costOfCharge(charge);
      const seeds = this.#chargers.get(chargeId(strategy.name, charge))!;
      const index = seeds.indexOf(strategy.seed);
      return { charge, cost, share: partOfCost(cost, index, index + 1, seeds.length), seeds: seeds.length };
    });
  }

  /** What the evaluation of a release cost, tasks included. */
  evaluation(node: GraphNode): ExactCost {
    return this.#evaluations.get(node.key)?.cost ?? NO_COST;
  }

  /** The device that evaluated a release; empty when none did. */
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

  /**
   * The part of a segment's cost that one of the strategies that need it owes. The parts of all add up to the whole.
   */
  share(segment: Segment, cost: ExactCost, strategy: string): ExactCost {
    return shareAmong([...segment.strategies], strategy, cost);
  }
}

function shareAmong(strategies: readonly string[], strategy: string, cost: ExactCost): ExactCost {
  const index = strategies.indexOf(strategy);
  return partOfCost(cost, index, index + 1, strategies.length);
}

/** What a plugin charged. */
function costOfCharge({ tokens, flops }: PluginCharge): ExactCost {
  return { ...NO_COST, tokens: BigInt(Math.round(tokens)), flops: BigInt(Math.round(flops)) };
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
