/**
 * Claims that are ours: controls, the best data at the end, curricula within path switching, and leaving text out.
 * Fixed here before any run on target-scored data.
 */
import type { Metric } from '@branchline/evaluation';
import { type PaperClaim, pair } from '../paper/definition.js';
import { claimsAs } from './claims.js';
import {
  averageName,
  BASELINE,
  CDMA,
  CMA,
  constantName,
  FINISH,
  FINISHED,
  fullName,
  NOISE,
  SCORERS,
  type Scorer,
  SWITCHING,
  SWITCHING_LARGER,
  SWITCHING_NARROWER,
  scoredName,
  selectedName,
  selectedSortedName,
} from './names.js';
import type { Elsewhere } from './text.js';

type Test = PaperClaim['test'];
type Expectation = Parameters<typeof pair>[2];

const CONTROL = 'ours: a control';
const BEYOND = 'ours: the step beyond';

/** Scores that say nothing about the target: the effects of the paper should be absent. */
export const CLAIMS_OF_CONTROLS: readonly PaperClaim[] = [
  ...SCORERS.flatMap((scorer) => {
    const by = { compression: 'compression ratio', ngram: 'an n-gram model' }[scorer satisfies Scorer];
    return absent(scorer, scoredName(scorer), `Scored by ${by}`);
  }),
  ...absent(NOISE, NOISE, 'Scored by the noise in it'),
];

function absent(prefix: string, experiment: string, words: string): readonly PaperClaim[] {
  const claim = (id: string, what: string, [strategy, against]: readonly [string, string]): PaperClaim => ({
    id: `${prefix}-${id}`,
    claim: `${words}, ${what}`,
    where: CONTROL,
    test: pair(experiment, [strategy, against], '>= -margin'),
  });
  return [
    claim('cma', 'CMA gains no more than the margin over shuffling with a full decay', [CMA, BASELINE]),
    claim('cdma', 'CDMA gains no more than the margin over shuffling with a full decay', [CDMA, BASELINE]),
    claim('finish', 'an average after the best fifth gains no more than the margin over shuffling with a full decay', [
      FINISHED,
      BASELINE,
    ]),
    claim('finish-order', 'an average after the best fifth gains no more than the margin over that of shuffled text', [
      FINISHED,
      averageName(constantName('shuffled'), 'ema'),
    ]),
  ];
}

/** The best fifth sorted at the end of one version. */
export function claimsOfFinish(experiment: string): readonly PaperClaim[] {
  const claim = (id: string, says: string, strategies: readonly [string, string]): PaperClaim => ({
    id,
    claim: says,
    where: BEYOND,
    test: pair(experiment, strategies, '< 0'),
  });
  return [
    claim('finish', 'The best fifth at the end, a constant rate and an average beat shuffling with a full decay', [
      FINISHED,
      BASELINE,
    ]),
    claim(
      'finish-order',
      'The best fifth at the end, a constant rate and an average beat the same average of shuffled text',
      [FINISHED, averageName(constantName('shuffled'), 'ema')],
    ),
    claim('finish-decay', 'The best fifth at the end of a full decay beats shuffling with a full decay', [
      fullName(FINISH),
      BASELINE,
    ]),
    claim('finish-average', 'After the best fifth, an average of a constant rate beats a full decay', [
      FINISHED,
      fullName(FINISH),
    ]),
  ];
}

/** Curricula within path switching. `elsewhere` is undefined where there is no text that the model is not for. */
export function claimsOfSwitching(experiment: string, elsewhere: Elsewhere | undefined): readonly PaperClaim[] {
  const beyond = (id: string, says: string, test: Test): PaperClaim => ({
    id: `switching-${id}`,
    claim: says,
    where: BEYOND,
    test,
  });
  const { best, mainAverage, scratch, baseline, branchBest, scratchBest, together } = SWITCHING;
  const { sorted, moderate, moderateAverage, mainSorted, mainSortedWide } = SWITCHING;
  const against = (strategies: readonly [string, string], expect: Expectation) => pair(experiment, strategies, expect);
  // Releases are averaged over versions where the branches of all of them are compared.
  const releases = (strategies: readonly [string, string], expect: Expectation) =>
    pair(experiment, strategies, expect, { version: 'mean' });
  const finish = 'The average of a main path whose versions end with their best fifth';
  return [
    beyond('best-scratch', `${finish} beats training from scratch`, against([best, scratch], '< 0')),
    beyond('best', `${finish} beats path switching`, against([best, baseline], '< 0')),
    beyond('best-order', `${finish} beats that of a shuffled main path`, against([best, mainAverage], '< 0')),
    beyond('best-sorted', `${finish} beats that of one whose versions are sorted`, against([best, mainSorted], '< 0')),
    beyond(
      'best-together',
      `${finish} is as good as sorting all versions as one from scratch, or better`,
      against([best, together], '<= margin'),
    ),
    beyond(
      'best-scratch-best',
      `${finish} is as good as training from scratch in the same order, or better`,
      against([best, scratchBest], '<= margin'),
    ),
    beyond(
      'best-branch',
      `${finish} is as good as path switching in the same order, or better`,
      against([best, branchBest], '<= margin'),
    ),
    beyond(
      'branch-best',
      'Path switching whose versions end with their best fifth beats path switching',
      against([branchBest, baseline], '< 0'),
    ),
    beyond(
      'helps',
      'Sorting every increment helps the releases of path switching, whose branches decay in full',
      releases([sorted, baseline], '< 0'),
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
      'main-average',
      'Sorting every increment helps the average of the main path',
      releases([mainSorted, mainAverage], '< 0'),
    ),
    beyond(
      'span',
      'Where every increment is sorted, an average over half of it is worse than one over the shorter default span',
      releases([mainSortedWide, mainSorted], '> 0'),
    ),
    ...(elsewhere === undefined
      ? []
      : [
          beyond(
            'elsewhere',
            `${finish} is worse than path switching on text that the model is not for`,
            away(experiment, [best, baseline], elsewhere.metrics),
          ),
        ]),
  ];
}

/** Those of the heart again, at other sizes. Fixed after the first size was run, before these were. */
export function claimsOfSwitchingSizes(elsewhere: Elsewhere): readonly PaperClaim[] {
  const heart = ['best-scratch', 'best', 'best-order', 'best-branch', 'branch-best', 'elsewhere'];
  const at = (experiment: string, prefix: string, words: string) =>
    claimsAs(
      claimsOfSwitching(experiment, elsewhere).filter(({ id }) => heart.includes(id.replace(/^switching-/, ''))),
      { prefix, words },
    );
  return [
    ...at(SWITCHING_NARROWER, 'narrower-', 'At half the width, '),
    ...at(SWITCHING_LARGER, 'larger-', 'At the second size, '),
  ];
}

/** Whether the mean of the metrics is higher for the first strategy. */
function away(experiment: string, [name, against]: readonly [string, string], metrics: readonly Metric[]): Test {
  const terms = metrics.flatMap((metric) => [
    { strategy: name, weight: 1 / metrics.length, metric },
    { strategy: against, weight: -1 / metrics.length, metric },
  ]);
  return { by: 'seeds', experiment, contrast: { terms, expect: '> 0' } };
}

/** Leaving the worst text out, against sorting it. */
export function claimsOfSelection(experiment: string): readonly PaperClaim[] {
  const claim = (id: string, says: string, strategies: readonly [string, string], expect: Expectation): PaperClaim => ({
    id: `selection-${id}`,
    claim: says,
    where: BEYOND,
    test: pair(experiment, strategies, expect),
  });
  return [
    claim(
      'fewer',
      'Without the worst 30%, shuffled in fewer steps, training is as good as on all text, or better',
      [selectedName(0.3, 'fewer'), BASELINE],
      '<= margin',
    ),
    claim(
      'equal',
      'Without the worst 60%, shuffled and repeated in equal steps, training is better than on all text',
      [selectedName(0.6, 'equal'), BASELINE],
      '< 0',
    ),
    claim(
      'sorting',
      'Sorting all text (CMA) beats leaving out the worst 60% in equal steps',
      [CMA, selectedName(0.6, 'equal')],
      '< 0',
    ),
    claim(
      'both',
      'Without the worst 60% in fewer steps, sorting the rest beats shuffling it',
      [selectedSortedName(0.6), selectedName(0.6, 'fewer')],
      '< 0',
    ),
    claim(
      'sorted-fewer',
      'Without the worst 60% in fewer steps, sorting the rest is as good as sorting all text, or better',
      [selectedSortedName(0.6), CMA],
      '<= margin',
    ),
  ];
}
