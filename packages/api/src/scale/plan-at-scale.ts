/** Plans the strategies of an experiment for a model and text that need not exist here. */
import {
  BranchlineError,
  type DiskForecast,
  type Estimate,
  estimateGraph,
  estimateStrategy,
  type Failure,
  forecastDisk,
  formatProblem,
  type PredictedLosses,
  planExperiment,
  type StrategyPlan,
  targetsOf,
} from '@branchline/core';
import { relativeInterval } from '@branchline/trainer-simulated';
import type { ExperimentInput } from '../experiment/input.js';
import { LossPredictor, type PredictedReleases } from './predicted-loss.js';
import type { Scale } from './scale.js';
import { type ScaledCost, type ScaleOptions, scaledExperiment } from './scaled-experiment.js';
import { taughtFlops } from './taught-flops.js';

/** A strategy at scale, with all versions. */
export interface ScaledStrategy {
  readonly name: string;
  readonly cost: ScaledCost;
  /** Cost of what the last version adds to those before it. */
  readonly lastVersion: ScaledCost;
  /** Tokens relative to the baseline. */
  readonly ratioToBaseline: number;
  /** Predicted loss of the last release, nats per token; null without a law, and where the law does not cover it. */
  readonly loss: number | null;
  /** Interval of `loss` in which 95% of the measured losses were that the law was compared with. */
  readonly lossInterval: readonly [low: number, high: number] | null;
  /** Mean of the predicted losses of all releases; null like `loss`, and where one of them is not covered. */
  readonly meanLoss: number | null;
  /** Why a loss is missing although there is a law: clauses such as `averages of checkpoints`. */
  readonly uncovered: readonly string[];
  /** Whether no other strategy costs less and has a lower predicted loss; null without a predicted loss. */
  readonly onFront: boolean | null;
}

/** A plan at scale. */
export interface ScalePlan {
  readonly scale: Scale;
  readonly baseline: string;
  /** The law that predicts losses, and half the width of its 95% interval relative to the loss; null without one. */
  readonly predicted: PredictedLosses | null;
  /** Everything that was assumed, in words, with sources. */
  readonly assumptions: readonly string[];
  /** Tokens per step, and steps for the new tokens of the first version. */
  readonly batch: number;
  readonly stepsPerVersion: number;
  /** Steps for the new tokens of each version. */
  readonly stepsOfVersions: readonly number[];
  /** ISO 4217. */
  readonly currency: string;
  readonly strategies: readonly ScaledStrategy[];
  /** All strategies together, with what they share trained once. */
  readonly together: ScaledCost & { readonly saved: number };
  /** Bytes of all checkpoints. */
  readonly disk: DiskForecast;
  /** Strategies that cannot be planned, with the reason. */
  readonly failures: readonly { readonly strategies: readonly string[]; readonly message: string }[];
}

/**
 * Plans every strategy of an experiment at a scale, which replaces its model and its text; strategies, baseline, rates
 * and prices are those of the experiment. Nothing is read but the experiment, and nothing is written. Throws a
 * BranchlineError (`config`) with all problems of scale, strategies and prices.
 */
export async function planAtScale(
  experiment: ExperimentInput,
  scale: string | Scale,
  options: ScaleOptions = {},
): Promise<ScalePlan> {
  const scaled = await scaledExperiment(experiment, scale, options);
  const { spec, model, data, law, batch, costOf } = scaled;
  const plan = await planExperiment({ spec, model, data, numerics: '', log: () => undefined });
  if (plan.strategies.length === 0) throw failedPlan(plan.failures);
  const perStep = { steps: 1, tokens: batch, flops: BigInt(model.flopsPerToken) * BigInt(batch) };
  const stepsOf = (strategy: StrategyPlan) => estimateStrategy(strategy, perStep).steps;
  const costOfEstimate = (estimate: Estimate) => costOf(estimate.steps, taughtFlops(estimate, perStep));
  const baseline = plan.strategies.find(({ strategy }) => strategy.name === spec.baseline) ?? plan.strategies[0]!;
  const predictor = law && new LossPredictor(law);
  const interval = law === undefined ? 0 : relativeInterval(law);
  const strategies = plan.strategies.map((strategy): Omit<ScaledStrategy, 'onFront'> => {
    const { last, mean, uncovered } = predictor?.releases(strategy) ?? NOTHING;
    return {
      name: strategy.strategy.name,
      cost: costOfEstimate(estimateStrategy(strategy, perStep)),
      lastVersion: costOfEstimate(lastVersionOf(strategy, perStep)),
      ratioToBaseline: stepsOf(strategy) / stepsOf(baseline),
      ...{ loss: last, meanLoss: mean, uncovered },
      lossInterval: last === null ? null : [last * (1 - interval), last * (1 + interval)],
    };
  });
  const alone = strategies.reduce((sum, { cost }) => sum + cost.steps, 0);
  const graph = estimateGraph(plan, perStep);
  const together = graph.steps;
  return {
    scale: scaled.scale,
    baseline: baseline.strategy.name,
    predicted: law === undefined ? null : { law: law.name ?? law.form, interval },
    assumptions: scaled.assumptions,
    batch,
    stepsPerVersion: scaled.stepsOfVersions[0]!,
    stepsOfVersions: scaled.stepsOfVersions,
    currency: scaled.currency,
    strategies: strategies.map((one) => ({ ...one, onFront: one.loss === null ? null : !isBeaten(one, strategies) })),
    disk: forecastDisk({ graph: plan.graph, targets: targetsOf(plan), parameters: model.parameters }),
    together: { ...costOfEstimate(graph), saved: alone > 0 ? 1 - together / alone : 0 },
    failures: plan.failures.map(({ strategies: failed, error }) => ({
      strategies: failed,
      message: error.problems.map(formatProblem).join('\n'),
    })),
  };
}

const NOTHING: PredictedReleases = { last: null, mean: null, uncovered: [] };

type Compared = Pick<ScaledStrategy, 'cost' | 'loss'>;

/** Whether another strategy with a predicted loss costs no more, is no worse, and differs in one of the two. */
function isBeaten({ cost, loss }: Compared, others: readonly Compared[]): boolean {
  return others.some(
    (other) =>
      other.loss !== null &&
      other.cost.steps <= cost.steps &&
      other.loss <= loss! &&
      (other.cost.steps < cost.steps || other.loss < loss!),
  );
}

/** What the last version of a strategy adds. */
function lastVersionOf(strategy: StrategyPlan, perStep: Estimate): Estimate {
  const before = { ...strategy, releases: strategy.releases.slice(0, -1), captures: [] };
  const [all, earlier] = [strategy, before].map((one) => estimateStrategy(one, perStep)) as [Estimate, Estimate];
  return { ...all, steps: all.steps - earlier.steps, flops: all.flops - earlier.flops };
}

function failedPlan(failures: readonly Failure[]): BranchlineError {
  return new BranchlineError(
    'config',
    failures.flatMap(({ error }) => error.problems),
  );
}
