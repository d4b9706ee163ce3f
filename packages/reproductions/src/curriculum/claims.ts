/** The claims of Luo et al. (ICLR 2026, arXiv 2511.18903). Fixed here before any run on target-scored data. */

import { type PaperClaim, pair } from '../paper/definition.js';
import {
  averageName,
  BASELINE,
  CDMA,
  CMA,
  constantName,
  DEEPEST,
  decayName,
  ENDS,
  fullName,
  LARGER,
  LENGTH,
  LENGTHS,
  moderateName,
  type Order,
  oldFavouredName,
  PHASES,
  SPACINGS,
  SWEPT,
  spacingName,
} from './names.js';

type Test = PaperClaim['test'];
type Expectation = Parameters<typeof pair>[2];

/** The paper's claims about one version, `orders`, and two, `phases`. */
export const claimsOfPaper = (): readonly PaperClaim[] => [...claimsOfOrders('orders'), ...claimsOfPhases('phases')];

/** Those of the claims about orders whose strategies the second size has. */
export function claimsOfLarger(): readonly PaperClaim[] {
  const swept = ['end-shuffled', 'end-ascending-deep', 'end-ascending-none', 'end-ascending'];
  const heart = ['ascending-constant', ...swept, 'cma', 'cdma', 'averaging-alone'];
  const again = claimsOfOrders(LARGER).filter(({ id }) => heart.includes(id));
  return claimsAs(again, { prefix: `${LARGER}-`, words: 'At the second size, ' });
}

/** The same claims under other ids, preceded by words that name the setting. */
export const claimsAs = (
  claims: readonly PaperClaim[],
  { prefix, words }: { readonly prefix: string; readonly words: string },
): readonly PaperClaim[] =>
  claims.map(({ id, claim, test, ...rest }) => ({
    ...rest,
    id: `${prefix}${id}`,
    claim: `${words}${claim[0]!.toLowerCase()}${claim.slice(1)}`,
    test: test.by === 'parts' ? { ...test, parts: test.parts.map((part) => `${prefix}${part}`) } : test,
  }));

/** The claims about one experiment that varies orders, schedules and averages. */
export function claimsOfOrders(experiment: string): readonly PaperClaim[] {
  const against = (first: string, second: string, expect: Expectation): Test =>
    pair(experiment, [first, second], expect);
  const decay = (order: Order, end: number) => decayName(order, LENGTH, end);
  return [
    {
      id: 'ascending-constant',
      claim: 'Ascending order beats shuffling under a constant rate',
      where: 'abstract',
      test: against(constantName('ascending'), constantName('shuffled'), '< 0'),
    },
    {
      id: 'ascending-descending',
      claim: 'Ascending order beats descending order under a constant rate',
      where: 'orders; follows from best data last',
      test: against(constantName('ascending'), constantName('descending'), '< 0'),
    },
    {
      id: 'folded',
      claim: 'Ascending order in three folds beats shuffling under a constant rate',
      where: 'orders; follows from best data last',
      test: against(constantName('folded ascending'), constantName('shuffled'), '< 0'),
    },
    {
      id: 'deeper',
      claim: 'The advantage of ascending order shrinks as the decay deepens, from none to peak/300',
      where: 'abstract; sweep of end rates',
      test: trend(experiment, [constantName, ...ENDS.map((end) => (order: Order) => decay(order, end))]),
    },
    {
      id: 'longer',
      claim: 'The advantage of ascending order shrinks as the decay lengthens, from none to 37%',
      where: 'sweep of decay lengths',
      test: trend(experiment, [
        constantName,
        ...LENGTHS.map((length) => (order: Order) => decayName(order, length, DEEPEST)),
      ]),
    },
    {
      id: 'end-shuffled',
      claim: 'Shuffled, an end near zero (peak/300) is better than one at peak/3',
      where: 'sweep of end rates',
      test: against(fullName('shuffled'), moderateName('shuffled'), '< 0'),
    },
    {
      id: 'end-ascending-deep',
      claim: 'Ascending, an end at peak/3 is better than one near zero (peak/300)',
      where: 'sweep of end rates',
      test: against(moderateName('ascending'), fullName('ascending'), '< 0'),
    },
    {
      id: 'end-ascending-none',
      claim: 'Ascending, an end at peak/3 is better than no decay',
      where: 'sweep of end rates',
      test: against(moderateName('ascending'), constantName('ascending'), '< 0'),
    },
    {
      id: 'end-ascending',
      claim: 'Ascending, the best end is moderate: near peak/3',
      where: 'sweep of end rates',
      test: { by: 'parts', parts: ['end-ascending-deep', 'end-ascending-none'] },
    },
    {
      id: 'cma',
      claim: 'Ascending order, a constant rate and an average (CMA) beat shuffling with a full decay',
      where: 'table 1',
      test: against(CMA, BASELINE, '< 0'),
    },
    {
      id: 'cdma',
      claim: 'Ascending order, a moderate decay and an average (CDMA) beat shuffling with a full decay',
      where: 'abstract',
      test: against(CDMA, BASELINE, '< 0'),
    },
    {
      id: 'averaging-alone',
      claim:
        'Averaging alone does not explain it: shuffled, a constant rate with an average is worse than a full decay',
      where: 'table 1',
      test: against(averageName(constantName('shuffled'), 'ema'), BASELINE, '> 0'),
    },
    {
      id: 'weights',
      claim: 'Ascending, an average whose weights favour old checkpoints is worse than one with equal weights',
      where: 'weights of the averages',
      test: against(oldFavouredName('ascending'), averageName(constantName('ascending'), 'sma'), '> 0'),
    },
    {
      id: 'spacing',
      claim:
        'Ascending, an average of widely spaced checkpoints (a 20th of the training) is worse than of close ones (an 80th)',
      where: 'ours: older checkpoints have seen worse data',
      test: against(spacingName('ascending', SPACINGS[2]), spacingName('ascending', SPACINGS[0]), '> 0'),
    },
  ];
}

/** The claims about two phases. */
export function claimsOfPhases(experiment: string): readonly PaperClaim[] {
  return [
    {
      id: 'last-phase',
      claim: 'Sorting the last of two phases only is worse than shuffling both with a full decay',
      where: 'table 2',
      test: pair(experiment, [PHASES.lastOnly, PHASES.baseline], '> 0'),
    },
    {
      id: 'both-phases',
      claim: 'Sorting both phases is better than sorting the last only',
      where: 'table 2',
      test: pair(experiment, [PHASES.each, PHASES.lastOnly], '< 0'),
    },
    {
      id: 'together',
      claim: 'Sorting both phases as one, with a constant rate and an average, beats shuffling with a full decay',
      where: 'table 2',
      test: pair(experiment, [PHASES.together, PHASES.baseline], '< 0'),
    },
    {
      id: 'together-decay',
      claim: 'Sorting both phases as one beats shuffling under a full decay',
      where: 'table 2',
      test: pair(experiment, [PHASES.togetherDecay, PHASES.baseline], '< 0'),
    },
  ];
}

/** Tests that the least-squares slope of the advantage of ascending order over the rungs of a ladder is negative. */
function trend(experiment: string, ladder: readonly ((order: Order) => string)[]): Test {
  const middle = (ladder.length - 1) / 2;
  const size = ladder.reduce((sum, _, rung) => sum + (rung - middle) ** 2, 0);
  const terms = ladder.flatMap((name, rung) =>
    SWEPT.map((order) => ({
      strategy: name(order),
      // The advantage is the loss of shuffled order minus that of ascending order.
      weight: ((order === 'shuffled' ? 1 : -1) * (rung - middle)) / size,
    })),
  );
  return { by: 'seeds', experiment, contrast: { terms: terms.filter(({ weight }) => weight !== 0), expect: '< 0' } };
}
