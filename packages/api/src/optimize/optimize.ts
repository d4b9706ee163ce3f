/** Searches options of strategies for low cost and low predicted loss: `optimize`. */
import { BranchlineError, type Budget, type PredictedLosses, type Problem, type Resource } from '@branchline/core';
import { relativeInterval } from '@branchline/trainer-simulated';
import { type BudgetConfig, budgetLine, budgetObject } from '../config/budget.js';
import { parsePart } from '../config/issues.js';
import type { ExperimentInput } from '../experiment/input.js';
import type { Scale } from '../scale/scale.js';
import { comparisonsOf, type FrontLoss, type FrontPoint, type PlannedComparison } from './comparisons.js';
import { type Candidate, unknownLimits } from './evaluate.js';
import {
  type LeftOutCandidates,
  Search,
  type SearchedStrategy,
  type SearchPlan,
  type SearchProgress,
} from './search.js';
import { spacesOf, type Vary } from './search-space.js';
import { openSetting, type Setting, type SettingOptions } from './setting.js';

/** Evaluations of a search that says nothing else. */
export const USUAL_EVALUATIONS = 200;
const MOST_EVALUATIONS = 100_000;

/** Options of `optimize`. */
export interface OptimizeOptions extends SettingOptions {
  /** Options to vary. Default: what the plugins of the strategies propose. */
  readonly vary?: Vary;
  /** Limit on the cost of a strategy with all its versions. Default: none. */
  readonly budget?: BudgetConfig;
  /** The most candidates that are planned and predicted. Default 200. */
  readonly evaluations?: number;
  /**
   * Standard deviation, over seeds, of the difference between the losses of two strategies, nats per token. With it,
   * comparisons have the number of seeds that they need.
   */
  readonly deviation?: number;
  /** Called once, when it is known what will be evaluated. */
  readonly onStart?: (plan: SearchPlan) => void;
  /** Called after each evaluation. */
  readonly onProgress?: (progress: SearchProgress) => void;
  /** How options are called in messages: `--` on the command line. Default none. */
  readonly place?: string;
}

/** The result of a search. */
export interface Optimization {
  /** null: the experiment's own model and text. */
  readonly scale: Scale | null;
  /** The law, and half the width of its 95% interval relative to the loss. */
  readonly predicted: PredictedLosses;
  readonly assumptions: readonly string[];
  /** ISO 4217. */
  readonly currency: string;
  readonly budget: Budget;
  readonly baseline: string;
  readonly evaluations: number;
  /** Whether the search was stopped before its end: fronts are then those so far. */
  readonly interrupted: boolean;
  readonly searched: readonly SearchedStrategy[];
  /** Every candidate within the budget that the law covers, in the order of the search. */
  readonly candidates: readonly Candidate[];
  readonly leftOut: readonly LeftOutCandidates[];
  /** Fronts of cost against the loss of the last release, and against the mean over releases. */
  readonly fronts: Readonly<Record<FrontLoss, readonly FrontPoint[]>>;
  /** Comparisons of the points that are to be confirmed, with the seeds that they need. */
  readonly comparisons: readonly PlannedComparison[];
  /** Standard deviation of paired differences that the numbers of seeds are for; null if it is not known. */
  readonly deviation: number | null;
}

/**
 * Searches options of the strategies of an experiment: every candidate is planned, so that its cost is exact, and its
 * losses are predicted by a law. Nothing is trained or written. The same input gives the same result: nothing is drawn.
 *
 * An aborted signal ends the search early; the result is then that of the evaluations so far. Throws a BranchlineError:
 * `config` with all problems before the first evaluation, `budget` if no candidate fits.
 */
export async function optimize(experiment: ExperimentInput, options: OptimizeOptions = {}): Promise<Optimization> {
  const { place = '', deviation } = options;
  const evaluations = wholeEvaluations(options.evaluations ?? USUAL_EVALUATIONS, place);
  if (deviation !== undefined && !(deviation > 0 && Number.isFinite(deviation))) {
    const remedy = 'Give a standard deviation in nats per token, such as 0.004.';
    throw new BranchlineError('config', { configPath: `${place}deviation`, message: `is ${deviation}`, remedy });
  }
  const setting = await openSetting(experiment, options);
  try {
    const budget = readBudget(options.budget, setting, place);
    const spaces = await spacesOf(setting.spec.strategies, options.vary, `${place}vary`);
    if (evaluations < spaces.length) {
      const message = `is ${evaluations}, but there are ${spaces.length} strategies`;
      throw new BranchlineError('config', {
        ...{ configPath: `${place}evaluations`, message, remedy: 'Give at least as many.' },
      });
    }
    const { signal, onStart, onProgress } = options;
    const search = new Search(setting, { budget, signal, onStart, onProgress });
    await search.run(spaces, evaluations);
    return resultOf(search, setting, budget, deviation);
  } finally {
    await setting.close();
  }
}

function wholeEvaluations(wanted: number, place: string): number {
  if (Number.isInteger(wanted) && wanted >= 1 && wanted <= MOST_EVALUATIONS) return wanted;
  const remedy = `Give a whole number from 1 to ${MOST_EVALUATIONS}.`;
  throw new BranchlineError('config', { configPath: `${place}evaluations`, message: `is ${wanted}`, remedy });
}

/** The budget, if its amounts are known here. */
function readBudget(value: BudgetConfig | undefined, setting: Setting, place: string): Budget {
  if (value === undefined) return {};
  const configPath = `${place}budget`;
  const problems: Problem[] = [];
  const parsed = parsePart(typeof value === 'string' ? budgetLine : budgetObject, value, configPath, problems);
  if (parsed === undefined) throw new BranchlineError('config', problems);
  const { budget, currency } = parsed;
  if (currency !== undefined && currency !== setting.currency) {
    const message = `is in ${currency}, but the prices are in ${setting.currency}`;
    throw new BranchlineError('config', { configPath, message, remedy: `Give it in ${setting.currency}.` });
  }
  const unknown = unknownLimits(setting, budget);
  if (unknown.length > 0) {
    const message = `limits ${unknown.map((resource) => WORDS[resource]).join(' and ')}, which are not known here`;
    const remedy =
      setting.scale === null
        ? 'Limit tokens or flops, or name devices: a scale with devices=8xh100.'
        : 'Add devices=8xh100 to the scale, or a price of these devices to prices.';
    throw new BranchlineError('config', { configPath, message, remedy });
  }
  return budget;
}

const WORDS: Readonly<Record<Resource, string>> = {
  ...{ tokens: 'tokens', flops: 'FLOPs', deviceHours: 'device-hours', energy: 'energy', money: 'money' },
};

/** Throws a BranchlineError if there is no candidate: `budget`, or `config` if no law covers one. */
function resultOf(search: Search, setting: Setting, budget: Budget, deviation: number | undefined): Optimization {
  const { interrupted, candidates, leftOut } = search;
  if (candidates.length === 0 && !interrupted) throw nothingLeft(leftOut);
  const { law, spec, scale, assumptions, currency } = setting;
  const interval = relativeInterval(law);
  const fronts = search.fronts();
  return {
    ...{ scale, assumptions, currency, budget, candidates, leftOut, fronts, interrupted },
    predicted: { law: law.name ?? law.form, interval },
    baseline: spec.baseline,
    evaluations: search.evaluations,
    searched: search.searched,
    comparisons: comparisonsOf(fronts, interval, deviation),
    deviation: deviation ?? null,
  };
}

function nothingLeft(leftOut: readonly LeftOutCandidates[]): BranchlineError {
  const overBudget = leftOut.some(({ kind }) => kind === 'budget');
  const problems = leftOut.map(({ strategy, reason, candidates }) => ({
    strategy,
    message: `${candidates === 1 ? 'is' : `${candidates} candidates are`} left out: ${reason}`,
  }));
  return new BranchlineError(overBudget ? 'budget' : 'config', problems);
}
