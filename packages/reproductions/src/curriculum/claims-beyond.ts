/**
 * Claims that go beyond the curriculum paper: scored instead of known quality, and curricula within path switching.
 * Fixed here before any run.
 */

import { type PaperClaim, pair } from '../paper/definition.js';
import {
  averageName,
  BASELINE,
  constantName,
  moderateName,
  SCORERS,
  type Scorer,
  SWITCHING,
  scoredName,
} from './names.js';

/** Claims about data with scored quality. They are about the decoder only: the quadratic has no text to score. */
export const CLAIMS_OF_SCORERS: readonly PaperClaim[] = SCORERS.flatMap((scorer) => {
  const by = { compression: 'compression ratio', ngram: 'an n-gram model' }[scorer satisfies Scorer];
  const claim = (id: string, says: string, strategies: readonly [string, string]): PaperClaim => ({
    id: `${scorer}-${id}`,
    claim: `Scored by ${by}, ${says}`,
    where: 'scored data; the scorer is ours',
    test: pair(scoredName(scorer), strategies, '< 0'),
  });
  return [
    claim('constant', 'ascending order beats shuffling under a constant rate', [
      constantName('ascending'),
      constantName('shuffled'),
    ]),
    claim('cma', 'ascending order, a constant rate and an average beat shuffling with a full decay', [
      averageName(constantName('ascending'), 'ema'),
      BASELINE,
    ]),
    claim('cdma', 'ascending order, a moderate decay and an average beat shuffling with a full decay', [
      averageName(moderateName('ascending'), 'ema'),
      BASELINE,
    ]),
  ];
});

/**
 * Claims about curricula within path switching: does sorting each version's increment help releases, and does it harm
 * the main path? Each is tested in both directions.
 */
export function claimsOfSwitching(experiment: string): readonly PaperClaim[] {
  const beyond = (id: string, says: string, test: PaperClaim['test']): PaperClaim => ({
    id: `switching-${id}`,
    claim: says,
    where: 'the step beyond',
    test,
  });
  const { baseline, sorted, moderate, moderateAverage, sortedBefore, mainAverage, mainSortedAverage } = SWITCHING;
  // Releases are averaged over versions; effects on the main path show in the last one.
  const releases = (strategies: readonly [string, string], expect: Parameters<typeof pair>[2]) =>
    pair(experiment, strategies, expect, { version: 'mean' });
  const harmless = 'does no harm beyond the margin';
  return [
    beyond(
      'helps',
      'Sorting every increment helps the releases of path switching',
      releases([sorted, baseline], '< 0'),
    ),
    beyond(
      'harmless',
      `Sorting every increment ${harmless} to the releases of path switching`,
      releases([sorted, baseline], '<= margin'),
    ),
    beyond(
      'moderate',
      'Sorted increments with branches that decay to peak/3 beat shuffled ones that decay in full',
      releases([moderate, baseline], '< 0'),
    ),
    beyond(
      'average',
      'Sorted increments with branches that decay to peak/3 and an average beat shuffled ones that decay in full',
      releases([moderateAverage, baseline], '< 0'),
    ),
    beyond(
      'main-helps',
      'Sorting all increments but the last, which only the main path can pass on, helps the last release',
      pair(experiment, [sortedBefore, baseline], '< 0'),
    ),
    beyond(
      'main-harmless',
      `Sorting all increments but the last, which only the main path can pass on, ${harmless} to the last release`,
      pair(experiment, [sortedBefore, baseline], '<= margin'),
    ),
    beyond(
      'main-average',
      'Sorting every increment helps the average of the main path',
      releases([mainSortedAverage, mainAverage], '< 0'),
    ),
  ];
}
