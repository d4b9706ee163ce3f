import { formatDifference, formatLoss, formatPercent } from './format.js';
import type { ReportView, StrategyView } from './view.js';

/** What the experiment found, in sentences that were computed from its data. */
export interface Finding {
  /** The one sentence at the top. */
  readonly headline: string;
  /** What else is worth a sentence; may be empty. */
  readonly support: readonly string[];
  /** How far the finding carries. */
  readonly caveat: string;
}

interface Candidate {
  readonly strategy: StrategyView;
  readonly loss: number;
  readonly ratio: number;
}

/** Losses are shown with three decimals; what looks equal is called equal. */
const level = 0.0005;

/**
 * The finding: the lowest loss among the strategies that cost less than the baseline, and whether it is below the
 * baseline's. Only strategies that released the last version are compared.
 */
export function findingOf(view: ReportView): Finding {
  const { baseline } = view;
  const complete = view.strategies.flatMap((strategy): Candidate[] =>
    strategy.last ? [{ strategy, loss: strategy.last.loss, ratio: strategy.result.cost.ratioToBaseline }] : [],
  );
  const base = complete.find(({ strategy }) => strategy.isBaseline);
  const others = complete.filter(({ strategy }) => !strategy.isBaseline);
  const caveat =
    'How much these losses vary from seed to seed was not measured, so a small difference may be chance. Costs are counted, not estimated.';
  if (!base)
    return {
      headline: `${baseline.name}, the baseline, did not release version ${view.lastVersion}.`,
      support: [],
      caveat,
    };
  const best = lowest(others.filter(({ ratio }) => ratio < 1)) ?? lowest(others);
  if (!best) {
    return {
      headline: `${baseline.name}: loss ${formatLoss(base.loss)} after version ${view.lastVersion}; nothing to compare it with.`,
      support: [],
      caveat,
    };
  }
  const lead = `${best.strategy.name}: ${formatPercent(best.ratio)} of the tokens of ${baseline.name}, loss ${short(best.loss, base.loss)} against ${short(base.loss, best.loss)}`;
  const support: string[] = [];
  if (best.loss > base.loss + level) support.push(`No cheaper strategy reached the loss of ${baseline.name}.`);
  // The cheapest that is at least as good says how far the bill can fall without a loss.
  const frugal = others
    .filter((other) => other !== best && other.loss <= base.loss + level && other.ratio < best.ratio)
    .sort((a, b) => a.ratio - b.ratio || a.loss - b.loss)[0];
  if (frugal) {
    support.push(
      `${frugal.strategy.name} needs ${formatPercent(frugal.ratio)} and reaches ${formatLoss(frugal.loss)} (${formatDifference(frugal.loss - base.loss)}).`,
    );
  }
  const worst = [...others].sort((a, b) => b.loss - a.loss)[0];
  if (worst && worst !== best && worst !== frugal && worst.loss > base.loss + level) {
    support.push(
      `The highest loss is that of ${worst.strategy.name}: ${formatLoss(worst.loss)} (${formatDifference(worst.loss - base.loss)}) at ${formatPercent(worst.ratio)}.`,
    );
  }
  return { headline: lead, support, caveat };
}

const lowest = (candidates: readonly Candidate[]): Candidate | undefined =>
  [...candidates].sort((a, b) => a.loss - b.loss || a.ratio - b.ratio)[0];

/** Two decimals where they tell the two losses apart: the headline should not promise more than one run can say. */
const short = (value: number, other: number): string =>
  value.toFixed(2) === other.toFixed(2) ? formatLoss(value) : value.toFixed(2);
