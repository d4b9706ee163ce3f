/** The strategies of the path-switching paper, and others for comparison. */
import { continual, fromScratch, infiniteSchedule, replay, stableOnly, wsdS } from '@branchline/plugin-baselines';
import { lawa, modelAveraging, wsm } from '@branchline/plugin-model-averaging';
import { pathSwitching } from '@branchline/plugin-path-switching';
import type { PaperStrategy } from '../paper/experiment.js';
import {
  ALPHA,
  ALPHAS,
  AVERAGINGS,
  type Averaging,
  averaged,
  averagedBranch,
  CPT,
  IN_ORDER,
  lowStageOne,
  MAIN,
  MIN_RATIOS,
  OTHER_PATHS,
  PEAK_AGAIN,
  PEAK_SHARES,
  PTFS,
  SCHEDULES,
  SHORT_ALPHAS,
  SWITCHING,
  switchingOver,
  USUAL,
  weakStageTwo,
} from './names.js';

type Strategies = Readonly<Record<string, PaperStrategy>>;

const named = <Of>(all: readonly Of[], one: (of: Of) => readonly [string, PaperStrategy]): Strategies =>
  Object.fromEntries(all.map(one));

/** A decay as long as a branch. */
const LATE_DECAY = { kind: 'stable-decay', decay: ALPHA, of: 'increment' } as const;

/**
 * Warm-up-stable-decay with data in order of arrival, where each version's decay is as long as a branch. This is path
 * switching, for the graph to discover.
 */
export const inOrderOfArrival = () => fromScratch({ schedule: LATE_DECAY, order: 'arrival' });

/** The same schedule with all data of each version reshuffled: nothing can be shared. */
export const shuffledFromScratch = () => fromScratch({ schedule: LATE_DECAY });

/** The paradigms with each schedule, both ablations, the sweep of alpha, and every other strategy of the repository. */
export function comparedStrategies(peak: number): Strategies {
  const branch = { alpha: ALPHA, schedule: 'cosine' } as const;
  const again = [pathSwitching({ ...branch, carry: { schedule: false } })];
  return {
    ...named(SCHEDULES, (schedule) => [PTFS(schedule), [fromScratch({ schedule })]]),
    [PTFS('stable-decay')]: [shuffledFromScratch()],
    [IN_ORDER]: [inOrderOfArrival()],
    ...named(SCHEDULES, (schedule) => [CPT(schedule), [continual({ schedule })]]),
    [CPT('low constant')]: [continual({ rewarm: false })],
    [CPT('replay')]: [continual(), replay({ ratio: 0.05 })],
    ...named(SCHEDULES, (schedule) => [SWITCHING(schedule), [pathSwitching({ alpha: ALPHA, schedule })]]),
    [SWITCHING('1-sqrt')]: [pathSwitching({ alpha: ALPHA })],
    ...named(
      ALPHAS.filter((alpha) => alpha !== ALPHA),
      (alpha) => [switchingOver(alpha), [pathSwitching({ alpha, schedule: 'cosine' })]],
    ),
    // The branch is unchanged and starts at the full peak, from a state trained at a low rate.
    ...named(PEAK_SHARES, (share) => [
      lowStageOne(share),
      { plugins: again, overrides: { 'lr.peak': peak * share, 'fork.lr.peak': peak } },
    ]),
    [PEAK_AGAIN]: again,
    ...named(MIN_RATIOS, (minRatio) => [weakStageTwo(minRatio), [pathSwitching({ ...branch, minRatio })]]),
    'WSD-S': [wsdS()],
    'infinite schedule': [infiniteSchedule()],
    [MAIN]: [stableOnly()],
    [averaged(MAIN)]: [stableOnly(), modelAveraging()],
    'main path, LAWA': [stableOnly(), lawa()],
    'main path, merge for 1-sqrt over 0.6T': [stableOnly(), wsm({ decay: '1-sqrt', span: ALPHA })],
  };
}

/** All paths that are averaged, with their averages. */
export function averagedStrategies(peak: number): Strategies {
  const branch = (alpha: number) => pathSwitching({ alpha, schedule: 'cosine' });
  const paths: Readonly<Record<(typeof OTHER_PATHS)[number], PaperStrategy>> = {
    'half the peak': { plugins: [stableOnly(), average(USUAL)], overrides: { 'lr.peak': peak / 2 } },
    'WSD-S': [wsdS(), average(USUAL)],
    'infinite schedule, constant': [infiniteSchedule({ anneal: 0 }), average(USUAL)],
    [CPT('cosine')]: [continual({ schedule: 'cosine' }), average(USUAL)],
  };
  return {
    [switchingOver(ALPHA)]: [branch(ALPHA)],
    ...named(SHORT_ALPHAS, (alpha) => [switchingOver(alpha), [branch(alpha)]]),
    ...named(SHORT_ALPHAS, (alpha) => [averagedBranch(alpha), [branch(alpha), average({ ...USUAL, span: alpha })]]),
    [MAIN]: [stableOnly()],
    ...named(AVERAGINGS, (averaging) => [averaged(MAIN, averaging), [stableOnly(), average(averaging)]]),
    ...named(OTHER_PATHS, (path) => [averaged(path), paths[path]!]),
  };
}

function average({ weights, last, span }: Averaging) {
  return weights === 'merge for 1-sqrt'
    ? wsm({ decay: '1-sqrt', last, span })
    : modelAveraging({ weights, last, span });
}

/** The paradigms only, for other numbers of versions. */
export const paradigms = (): Strategies => ({
  [PTFS('cosine')]: [fromScratch({ schedule: 'cosine' })],
  [CPT('cosine')]: [continual({ schedule: 'cosine' })],
  [SWITCHING('cosine')]: [pathSwitching({ alpha: ALPHA, schedule: 'cosine' })],
  [MAIN]: [stableOnly()],
  [averaged(MAIN)]: [stableOnly(), modelAveraging()],
});

/** The paradigms, and training from scratch with a decay as late as path switching's, for another model. */
export const paradigmsOfLarger = (): Strategies => ({
  ...paradigms(),
  [PTFS('stable-decay')]: [shuffledFromScratch()],
  [SWITCHING('1-sqrt')]: [pathSwitching({ alpha: ALPHA })],
});
