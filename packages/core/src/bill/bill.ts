/** The bill as plain data for queries: one row per strategy, item and device. */
import type { Segment } from '../graph/run-graph.js';
import type { Digest } from '../json.js';
import { segmentsBehind } from '../ledger/attribute.js';
import { type ExactCost, NO_COST } from '../ledger/cost.js';
import type { ExperimentPlan, StrategyPlan } from '../plan/experiment-plan.js';
import { pathsOf, pathUses } from '../plan/path-uses.js';
import { type ExperimentCosts, trainedStates } from './costs.js';

/** Amounts of one row. Integers that a float64 would round, seconds, joules and money are decimal strings. */
export interface BillAmounts {
  readonly steps: number;
  readonly tokens: number;
  /** Exact integer in decimal. */
  readonly flops: string;
  /** Decimal numbers; null when not known. */
  readonly device_seconds: string;
  readonly energy_joules: string | null;
  readonly money: string | null;
}

/** What one strategy owes for one item on one device. */
export interface BillRow {
  readonly strategy: string;
  readonly seed: number;
  /** The version that needed it first. */
  readonly version: number;
  /** `main` or a fork's name; empty for a charge. */
  readonly path: string;
  /** Plugin that requested the path or made the charge; `override` when the user did, otherwise `default`. */
  readonly plugin: string;
  readonly kind: 'train' | 'evaluate' | 'charge';
  readonly device: string;
  /** Key of the state that was trained or evaluated; empty for a charge. */
  readonly state: Digest;
  /** Number of strategies that need it; for a charge, number of seeds that made it. */
  readonly shared_by: number;
  /** Cost if the strategy ran alone. */
  readonly alone: BillAmounts;
  /** This strategy's share; the shares of all strategies add up to the amount paid. */
  readonly share: BillAmounts;
}

/** The rows of all strategies of a plan, in plan order. */
export function billOf(costs: ExperimentCosts): readonly BillRow[] {
  return costs.plan.strategies.flatMap((plan) => [
    ...trainingRows(plan, costs),
    ...evaluationRows(plan, costs),
    ...measurementRows(plan, costs),
    ...chargeRows(plan, costs),
  ]);
}

function trainingRows(plan: StrategyPlan, costs: ExperimentCosts): readonly BillRow[] {
  const { name, seed } = plan.strategy;
  const places = placesOf(plan, costs.plan);
  const needed = segmentsBehind(trainedStates(plan));
  return [...places].flatMap(([segment, place]) => {
    if (!needed.has(segment)) return [];
    return [...costs.segments.byDevice(segment)].map(
      ([device, cost]): BillRow => ({
        strategy: name,
        seed,
        ...place,
        kind: 'train',
        device,
        state: segment.to.key,
        shared_by: segment.strategies.size,
        alone: amounts(cost),
        share: amounts(costs.share(segment, cost, name)),
      }),
    );
  });
}

/** What a segment was first needed for. */
export type Place = Pick<BillRow, 'version' | 'path' | 'plugin'>;

/** For each segment, the first path that uses it and the plugin that requested this path. */
export function placesOf(
  { versions, decisions }: StrategyPlan,
  { graph }: ExperimentPlan,
): ReadonlyMap<Segment, Place> {
  const places = new Map<Segment, Place>();
  for (const [segment, [first]] of pathUses(pathsOf(versions), graph)) {
    const { version, path } = first!;
    const owner = decisions[version - 1]!.fields.get(path === 'main' ? 'start' : 'forks')?.owner;
    places.set(segment, { version, path, plugin: owner?.kind === 'plugin' ? owner.name : (owner?.kind ?? 'default') });
  }
  return places;
}

function evaluationRows({ strategy, versions, releases }: StrategyPlan, costs: ExperimentCosts): readonly BillRow[] {
  return versions.flatMap(({ release, version }, index): BillRow[] => {
    const node = releases[index]!;
    const cost = costs.evaluation(node);
    if (releases.indexOf(node) !== index || cost === NO_COST) return [];
    return [
      {
        strategy: strategy.name,
        seed: strategy.seed,
        version,
        path: release.path,
        plugin: 'default',
        kind: 'evaluate',
        device: costs.evaluatedOn(node),
        state: node.key,
        shared_by: costs.publishers(node).length,
        alone: amounts(cost),
        share: amounts(costs.shareOfEvaluation(node, strategy.name)),
      },
    ];
  });
}

function measurementRows(plan: StrategyPlan, costs: ExperimentCosts): readonly BillRow[] {
  return costs.measured(plan).map(
    ({ version, entry, cost, share, sharedBy }): BillRow => ({
      ...{ strategy: plan.strategy.name, seed: plan.strategy.seed, version, path: '', plugin: 'default' },
      kind: 'evaluate',
      device: entry.device,
      state: entry.to,
      shared_by: sharedBy,
      alone: amounts(cost),
      share: amounts(share),
    }),
  );
}

function chargeRows(plan: StrategyPlan, costs: ExperimentCosts): readonly BillRow[] {
  const { name: strategy, seed } = plan.strategy;
  return costs.charged(plan).map(({ charge: { version, plugin }, cost, share, seeds }): BillRow => {
    const place = { strategy, seed, version, path: '', plugin, device: '', state: '' };
    return { ...place, kind: 'charge', shared_by: seeds, alone: amounts(cost), share: amounts(share) };
  });
}

function amounts(cost: ExactCost): BillAmounts {
  return {
    steps: Number(cost.steps),
    tokens: Number(cost.tokens),
    flops: cost.flops.toString(),
    device_seconds: decimal(cost.microseconds, 6),
    energy_joules: cost.unmetered > 0n ? null : decimal(cost.millijoules, 3),
    money: cost.unpriced > 0n ? null : decimal(cost.nanos, 9),
  };
}

/** Formats a whole number of units of 10^-digits as a decimal number. */
function decimal(units: bigint, digits: number): string {
  const text = units.toString().padStart(digits + 1, '0');
  return `${text.slice(0, -digits)}.${text.slice(-digits)}`;
}
