/** The claims of Luo et al. (ICLR 2026, arXiv 2511.18903), fixed here before any run. */
import {
  averageName,
  BASELINE,
  constantName,
  DEEPEST,
  decayName,
  ENDS,
  LENGTHS,
  LONGEST,
  MODERATE,
  ORDERS,
  type Order,
  PHASES,
} from './curriculum-names.js';
import { type PaperClaim, pair } from './definition.js';

/** The claims about one experiment with orders, schedules and averages; `words` says on what, and `prefix` keeps ids apart. */
export function claimsOfOrders(experiment: string, prefix = '', words = ''): readonly PaperClaim[] {
  const claim = (id: string, says: string, where: string, test: PaperClaim['test']): PaperClaim => ({
    id: `${prefix}${id}`,
    claim: after(words, says),
    where,
    test,
  });
  const against = (strategies: readonly [string, string], expect: '< 0' | '> 0') =>
    pair(experiment, strategies, expect);
  const parts = (...ids: readonly string[]): PaperClaim['test'] => ({
    by: 'parts',
    parts: ids.map((id) => `${prefix}${id}`),
  });
  const decay = (order: Order, end: number) => decayName(order, LONGEST, end);
  return [
    claim(
      'ascending-constant',
      'Ascending order beats shuffling under a constant rate',
      'abstract',
      against([constantName('ascending'), constantName('shuffled')], '< 0'),
    ),
    claim(
      'deeper',
      'The advantage of ascending order shrinks as the decay deepens, from none to peak/300',
      'abstract; sweep of end rates',
      trend(experiment, [constantName, ...ENDS.map((end) => (order: Order) => decay(order, end))]),
    ),
    claim(
      'longer',
      'The advantage of ascending order shrinks as the decay lengthens, from none to 37%',
      'sweep of decay lengths',
      trend(experiment, [
        constantName,
        ...LENGTHS.map((length) => (order: Order) => decayName(order, length, DEEPEST)),
      ]),
    ),
    claim(
      'end-shuffled',
      'Shuffled, an end near zero (peak/300) is better than one at peak/3',
      'sweep of end rates',
      against([decay('shuffled', DEEPEST), decay('shuffled', 1 / 3)], '< 0'),
    ),
    claim(
      'end-ascending-deep',
      'Ascending, an end at peak/3 is better than one near zero (peak/300)',
      'sweep of end rates',
      against([decay('ascending', 1 / 3), decay('ascending', DEEPEST)], '< 0'),
    ),
    claim(
      'end-ascending-none',
      'Ascending, an end at peak/3 is better than no decay',
      'sweep of end rates',
      against([decay('ascending', 1 / 3), constantName('ascending')], '< 0'),
    ),
    claim(
      'end-ascending',
      'Ascending, the best end is moderate: near peak/3',
      'sweep of end rates',
      parts('end-ascending-deep', 'end-ascending-none'),
    ),
    claim(
      'cma',
      'Ascending order, a constant rate and an average (CMA) beat shuffling with a full decay',
      'table 1',
      against([averageName(constantName('ascending'), 'ema'), BASELINE], '< 0'),
    ),
    claim(
      'cdma',
      'Ascending order, a moderate decay and an average (CDMA) beat shuffling with a full decay',
      'abstract',
      against([averageName(MODERATE, 'ema'), BASELINE], '< 0'),
    ),
    claim(
      'averaging-alone',
      'Averaging alone does not explain it: shuffled, a constant rate with an average is worse than a full decay',
      'table 1',
      against([averageName(constantName('shuffled'), 'ema'), BASELINE], '> 0'),
    ),
  ];
}

/** The claims about an experiment of two phases. */
export function claimsOfPhases(experiment: string, prefix = '', words = ''): readonly PaperClaim[] {
  return [
    {
      id: `${prefix}last-phase`,
      claim: after(words, 'Sorting the last of two phases only is worse than shuffling both with a full decay'),
      where: 'table 2',
      test: pair(experiment, [PHASES.lastOnly, PHASES.baseline], '> 0'),
    },
    {
      id: `${prefix}both-phases`,
      claim: after(words, 'Sorting both phases is better than sorting the last only'),
      where: 'table 2',
      test: pair(experiment, [PHASES.each, PHASES.lastOnly], '< 0'),
    },
  ];
}

/** A claim behind the words that say what it is about, if there are any. */
const after = (words: string, says: string) =>
  words === '' ? says : `${words}${says[0]!.toLowerCase()}${says.slice(1)}`;

/** The least-squares slope of the advantage of ascending order over steps of a ladder is below 0. */
function trend(experiment: string, ladder: readonly ((order: Order) => string)[]): PaperClaim['test'] {
  const middle = (ladder.length - 1) / 2;
  const size = ladder.reduce((sum, _, rung) => sum + (rung - middle) ** 2, 0);
  const terms = ladder.flatMap((name, rung) =>
    ORDERS.map((order) => ({
      strategy: name(order),
      // The advantage is the loss of shuffled less that of ascending order.
      weight: ((order === 'shuffled' ? 1 : -1) * (rung - middle)) / size,
    })),
  );
  return { by: 'seeds', experiment, contrast: { terms: terms.filter(({ weight }) => weight !== 0), expect: '< 0' } };
}
