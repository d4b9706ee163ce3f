/** Curricula inside path switching: where the best data comes last, and what replaces the branch. */
import type { OrderBy } from '@branchline/core';
import { fromScratch, stableOnly } from '@branchline/plugin-baselines';
import { curriculum } from '@branchline/plugin-curriculum';
import { modelAveraging } from '@branchline/plugin-model-averaging';
import { pathSwitching } from '@branchline/plugin-path-switching';
import type { PaperStrategy, UnnamedExperiment } from '../paper/experiment.js';
import {
  AVERAGES,
  BEST,
  BESTS,
  bestName,
  DEEPEST,
  LENGTH,
  MODERATE,
  SPANS,
  SWITCHING,
  spanName,
  weightsName,
} from './names.js';
import { averageOver } from './orders.js';
import { experimentOf, type Scale } from './scale.js';
import type { ScoredText } from './text.js';

/** Number of versions, and fraction of an increment in each branch: the setting of the path-switching paper. */
const [VERSIONS, ALPHA] = [4, 0.6];

/**
 * Four versions, in as many steps as the other experiments take for all text. Averages have the plugin's default span
 * for the order where the name says nothing else.
 */
export function switchingOf(scale: Scale, text: ScoredText): UnnamedExperiment {
  const quarter = { ...scale, steps: scale.steps / VERSIONS };
  const inOrder = (order: Exclude<OrderBy, { by: 'shuffled' }>) =>
    curriculum({ order: { ...order, domains: text.domains } });
  const [sorted, ema] = [inOrder({ by: 'ascending' }), modelAveraging({ weights: 'ema' })];
  const ending = (best: number) => inOrder({ by: 'finish', best });
  const scratch = fromScratch({ schedule: { kind: 'stable-decay', decay: LENGTH }, minRatio: DEEPEST });
  const switching = pathSwitching({ alpha: ALPHA, minRatio: DEEPEST });
  const moderate = pathSwitching({ alpha: ALPHA, minRatio: MODERATE });
  const strategies: Record<string, PaperStrategy> = {
    // At the full cost.
    [SWITCHING.scratch]: [scratch],
    [SWITCHING.scratchBest]: [scratch, ending(BEST)],
    // Its ladder is that of all steps, and so is the span of its average.
    [SWITCHING.together]: [fromScratch({ schedule: 'constant' }), sorted, averageOver(scale.steps, { weights: 'ema' })],
    // With branches.
    [SWITCHING.baseline]: [switching],
    [SWITCHING.branchBest]: [switching, ending(BEST)],
    [SWITCHING.sorted]: [switching, sorted],
    [SWITCHING.moderate]: [moderate, sorted],
    [SWITCHING.moderateAverage]: [moderate, sorted, ema],
    // On the main path, at the least cost.
    [SWITCHING.main]: [stableOnly()],
    [SWITCHING.mainAverage]: [stableOnly(), ema],
    [SWITCHING.mainSorted]: [stableOnly(), sorted, ema],
    [SWITCHING.mainSortedWide]: [stableOnly(), sorted, modelAveraging({ weights: 'ema', span: 0.5 })],
    [SWITCHING.bestAlone]: [stableOnly(), ending(BEST)],
  };
  for (const best of BESTS) strategies[bestName(best)] = [stableOnly(), ending(best), ema];
  for (const span of SPANS) {
    strategies[spanName(span)] = [stableOnly(), ending(BEST), modelAveraging({ weights: 'ema', span })];
  }
  for (const weights of AVERAGES) {
    strategies[weightsName(weights)] ??= [stableOnly(), ending(BEST), modelAveraging({ weights })];
  }
  return { ...experimentOf(quarter, text, { count: VERSIONS }), strategies, baseline: SWITCHING.scratch };
}

/** The strategies that carry the step beyond, for other sizes. */
export function switchingHeartOf(scale: Scale, text: ScoredText): UnnamedExperiment {
  const { strategies, ...rest } = switchingOf(scale, text);
  const { scratch, baseline, branchBest, mainAverage, best } = SWITCHING;
  const names = [scratch, baseline, branchBest, mainAverage, best, bestName(0.5)];
  return { ...rest, strategies: Object.fromEntries(names.map((name) => [name, strategies[name]!])) };
}
