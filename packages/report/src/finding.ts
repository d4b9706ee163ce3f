import { type Standing, standingOf } from '@branchline/evaluation';
import { formatDifference, formatLoss, formatPercent } from './format.js';
import { type ReportView, type StrategyView, validationOf } from './view.js';

/** A sentence of plain text and strategies, which are rendered as their names. */
export type Sentence = readonly (string | StrategyView)[];

/** The finding of an experiment, in sentences computed from its results. */
export interface Finding {
  /** The sentence at the top of the report. */
  readonly headline: Sentence;
  /** What is known of the difference that the headline names; absent if it names none. */
  readonly standing?: Standing;
  /** Further sentences; may be empty. */
  readonly support: readonly Sentence[];
}

interface Candidate {
  readonly strategy: StrategyView;
  readonly loss: number;
  readonly ratio: number;
}

/** Half a unit of the third decimal: losses that print as equal count as equal. */
const level = 0.0005;

/**
 * The finding: the lowest loss among the strategies that cost less than the baseline, compared with the baseline's
 * loss, and what is known of that difference. Only strategies that released the last version are compared. Partial
 * results have no finding but their extent.
 */
export function findingOf(view: ReportView): Finding {
  const { baseline, lastVersion } = view;
  const { partial } = view.results;
  if (partial !== undefined) {
    return { headline: [`Partial: ${partial.releases} of ${partial.of} releases`], support: [] };
  }
  const complete = view.strategies.flatMap((strategy): Candidate[] =>
    strategy.last
      ? [{ strategy, loss: strategy.last.loss, ratio: strategy.result.cost.ratioToBaseline ?? Number.NaN }]
      : [],
  );
  const base = complete.find(({ strategy }) => strategy.isBaseline);
  const others = complete.filter(({ strategy }) => !strategy.isBaseline);
  if (!base)
    return { headline: [baseline, `, the baseline, did not release ${view.versionName(lastVersion)}`], support: [] };
  const best = lowest(others.filter(({ ratio }) => ratio < 1)) ?? lowest(others);
  if (!best) {
    return {
      headline: [
        baseline,
        `: loss ${formatLoss(base.loss)} after ${view.versionName(lastVersion)}, without a strategy to compare it with`,
      ],
      support: [],
    };
  }
  return {
    headline: [
      best.strategy,
      `: ${formatPercent(best.ratio)} of the tokens of `,
      baseline,
      `, loss ${short(best.loss, base.loss)} against ${short(base.loss, best.loss)}`,
    ],
    standing: standingOf(view.results, best.strategy.name),
    support: [...supportOf(view, base, best, others), ...setsOf(view), ...verdictsOf(view)],
  };
}

function supportOf(
  { results }: ReportView,
  base: Candidate,
  best: Candidate,
  others: readonly Candidate[],
): Sentence[] {
  const sentences: Sentence[] = [];
  const gap = ({ loss, strategy }: Candidate) => {
    const { verdict, words } = standingOf(results, strategy.name);
    const difference = formatDifference(loss - base.loss);
    // The headline says once that nothing was tested.
    return verdict === 'none' ? difference : `${difference}, ${words}`;
  };
  if (best.loss > base.loss + level && best.ratio < 1) {
    sentences.push(['No cheaper strategy has a loss as low as that of ', base.strategy, '.']);
  }
  // The cheapest strategy whose loss is not above the baseline's.
  const frugal = others
    .filter((other) => other !== best && other.loss <= base.loss + level && other.ratio < best.ratio)
    .sort((a, b) => a.ratio - b.ratio || a.loss - b.loss)[0];
  if (frugal) {
    sentences.push([
      frugal.strategy,
      ` needs ${formatPercent(frugal.ratio)} and reaches ${formatLoss(frugal.loss)} (${gap(frugal)}).`,
    ]);
  }
  const worst = [...others].sort((a, b) => b.loss - a.loss)[0];
  if (worst && worst !== best && worst !== frugal && worst.loss > base.loss + level) {
    sentences.push([
      'The highest loss is that of ',
      worst.strategy,
      `: ${formatLoss(worst.loss)} (${gap(worst)}) at ${formatPercent(worst.ratio)}.`,
    ]);
  }
  return sentences;
}

/** A sentence on each validation set: the lowest loss on it, compared with the baseline's. */
function setsOf({ results, strategies, baseline }: ReportView): Sentence[] {
  return (results.data.validation ?? []).flatMap(({ name }): Sentence[] => {
    const candidates = strategies.flatMap((strategy): Candidate[] => {
      const loss = validationOf(strategy.last, name)?.loss;
      const ratio = strategy.result.cost.ratioToBaseline ?? Number.NaN;
      return loss === undefined ? [] : [{ strategy, loss, ratio }];
    });
    const base = candidates.find(({ strategy }) => strategy.isBaseline);
    const best = lowest(candidates);
    if (best === undefined || base === undefined) return [];
    if (best.strategy.isBaseline) return [[`On ${name}, the lowest loss is that of `, baseline, '.']];
    const gap = formatDifference(best.loss - base.loss);
    const at = `: ${formatLoss(best.loss)} (${gap}) at ${formatPercent(best.ratio)}.`;
    return [[`On ${name}, the lowest loss is that of `, best.strategy, at]];
  });
}

/** Strategies that the sentence names of each verdict; the others are counted. */
const NAMED = 8;

/** A sentence with the verdicts over seeds, if there are any. */
function verdictsOf({ results, byName, baseline }: ReportView): Sentence[] {
  const { comparison, seeds } = results;
  if (comparison === null || seeds.length === 1) return [];
  const groups = ['better', 'equivalent', 'worse', 'undecided'].flatMap((verdict) => {
    const found = comparison.comparisons.filter((result) => result.verdict === verdict);
    const names = found
      .flatMap(({ terms }) => byName.get(terms[0]!.strategy) ?? [])
      // Those that the charts draw come first.
      .sort((a, b) => Number(b.isShown) - Number(a.isShown));
    return names.length === 0 ? [] : [{ verdict, names: names.slice(0, NAMED), more: names.length - NAMED }];
  });
  if (groups.length === 0) return [];
  const pieces = groups.flatMap(({ verdict, names, more }, index) => [
    `${index > 0 ? '; ' : ''}${verdict}: `,
    ...names.flatMap((name, place): (string | StrategyView)[] => (place > 0 ? [', ', name] : [name])),
    ...(more > 0 ? [` and ${more} more`] : []),
  ]);
  return [[`Over ${seeds.length} seeds against `, baseline, ', ', ...pieces, '.']];
}

const lowest = (candidates: readonly Candidate[]): Candidate | undefined =>
  [...candidates].sort((a, b) => a.loss - b.loss || a.ratio - b.ratio)[0];

/**
 * Two decimals if they distinguish the losses, else three: the headline should not suggest more precision than it has.
 */
const short = (value: number, other: number): string =>
  value.toFixed(2) === other.toFixed(2) ? formatLoss(value) : value.toFixed(2);
