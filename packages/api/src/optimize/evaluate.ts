/** Plans a candidate and predicts its losses. */

import type { StrategySpec } from '@branchline/core';
import { BranchlineError, type Budget, estimateStrategy, planExperiment, type Resource } from '@branchline/core';
import { LossPredictor } from '../scale/predicted-loss.js';
import type { ScaledCost } from '../scale/scaled-experiment.js';
import { taughtFlops } from '../scale/taught-flops.js';
import type { OptionValue } from './dimension.js';
import { strategyWith } from './search-space.js';
import type { Setting } from './setting.js';

/** A strategy with values of the varied options, its cost and its predicted losses. */
export interface Candidate {
  /** Name of the strategy, and the values: `path switching (alpha 0.35)`. */
  readonly name: string;
  /** Name of the strategy in the experiment. */
  readonly strategy: string;
  /** Values by plugin and option; none: as the experiment has it. */
  readonly options: Readonly<Record<string, OptionValue>>;
  /** Of all versions, trained by this strategy alone. */
  readonly cost: ScaledCost;
  /** Predicted loss of the last release, nats per token. */
  readonly loss: number;
  /** Mean of the predicted losses of all releases; null where the law does not cover one of them. */
  readonly meanLoss: number | null;
}

/** Why a candidate is left out. */
export interface LeftOut {
  readonly kind: 'budget' | 'not covered' | 'refused';
  /** A clause. */
  readonly reason: string;
}

/** A predicted candidate, or why there is none. */
export type Evaluation = { readonly candidate: Candidate; readonly uncovered: readonly string[] } | LeftOut;

/**
 * Plans a strategy with values of its options, and predicts its losses, unless it costs more than the budget. What its
 * plugins refuse and what no law covers is returned; other errors are thrown.
 */
export async function evaluate(
  setting: Setting,
  strategy: StrategySpec,
  values: Readonly<Record<string, OptionValue>>,
  budget: Budget,
): Promise<Evaluation> {
  const spec = strategyWith(strategy, values);
  const { model, data, law, costOf } = setting;
  const planned = await planExperiment({
    ...{ model, data, numerics: '', log: () => undefined },
    spec: { ...setting.spec, strategies: [spec], baseline: spec.name },
  }).catch((error: unknown) => {
    if (error instanceof BranchlineError) return error;
    throw error;
  });
  if (planned instanceof BranchlineError) return refusedBy(planned);
  const [failure] = planned.failures;
  if (failure !== undefined) return refusedBy(failure.error);
  if (planned.open.length > 0) return { kind: 'not covered', reason: 'branches that are decided by measured losses' };
  const [plan] = planned.strategies;
  const tokens = setting.spec.batch * model.context;
  const perStep = { steps: 1, tokens, flops: BigInt(model.flopsPerToken) * BigInt(tokens) };
  const estimate = estimateStrategy(plan!, perStep);
  const cost = costOf(estimate.steps, taughtFlops(estimate, perStep));
  const beyond = exceeded(cost, budget);
  if (beyond !== undefined) return { kind: 'budget', reason: `more than the budget of ${beyond}` };
  const { last, mean, uncovered } = new LossPredictor(law).releases(plan!);
  if (last === null) return { kind: 'not covered', reason: uncovered.join('; ') };
  const candidate = { name: spec.name, strategy: strategy.name, options: values, cost, loss: last, meanLoss: mean };
  return { candidate, uncovered };
}

function refusedBy({ problems }: BranchlineError): LeftOut {
  return { kind: 'refused', reason: [...new Set(problems.map(({ message }) => message))].join('; ') };
}

/** The amounts of a cost that budgets limit. */
const AMOUNTS: Readonly<Record<Resource, (cost: ScaledCost) => number | null>> = {
  tokens: ({ tokens }) => tokens,
  flops: ({ flops }) => flops,
  deviceHours: ({ deviceHours }) => deviceHours,
  energy: ({ kilowattHours }) => kilowattHours,
  money: ({ money }) => money,
};

/** The first limit that a cost exceeds; undefined if it fits. */
function exceeded(cost: ScaledCost, budget: Budget): Resource | undefined {
  return (Object.keys(budget) as Resource[]).find((resource) => AMOUNTS[resource](cost)! > budget[resource]!);
}

/** Limits that no cost of a setting can be compared with. */
export function unknownLimits({ costOf }: Setting, budget: Budget): readonly Resource[] {
  const cost = costOf(1);
  return (Object.keys(budget) as Resource[]).filter((resource) => AMOUNTS[resource](cost) === null);
}
