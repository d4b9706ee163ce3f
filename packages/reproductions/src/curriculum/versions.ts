/** The paper's two phases, as two versions. */
import { definePlugin, type VersionContext } from '@branchline/core';
import { fromScratch, stableOnly } from '@branchline/plugin-baselines';
import { curriculum } from '@branchline/plugin-curriculum';
import { pathSwitching } from '@branchline/plugin-path-switching';
import type { UnnamedExperiment } from '../paper/experiment.js';
import { DEEPEST, LENGTH, PHASES } from './names.js';
import { averageOver } from './orders.js';
import { experimentOf, type Scale } from './scale.js';
import type { ScoredText } from './text.js';

/** Sorts the data of the last version only. */
const sortingTheLast = (domains: ScoredText['domains']) =>
  definePlugin({
    name: 'curriculum-of-the-last-version',
    owns: ['order.by'],
    onVersion: ({ version, count }: VersionContext) =>
      version.index === count ? { order: { by: { by: 'ascending', domains } } } : undefined,
  })();

/** Two versions are the two phases. Releases of the first are not compared. */
export function phasesOf(scale: Scale, text: ScoredText): UnnamedExperiment {
  const average = averageOver(scale.steps, { weights: 'ema' });
  const half = { ...scale, steps: scale.steps / 2 };
  const sorted = curriculum({ order: { by: 'ascending', domains: text.domains } });
  return {
    ...experimentOf(half, text, { count: 2 }),
    strategies: {
      // The baseline's decay is a share of both phases, which is twice that share of the second.
      [PHASES.baseline]: [pathSwitching({ alpha: 2 * LENGTH, minRatio: DEEPEST })],
      [PHASES.shuffled]: [stableOnly(), average],
      [PHASES.lastOnly]: [stableOnly(), sortingTheLast(text.domains), average],
      [PHASES.each]: [stableOnly(), sorted, average],
      [PHASES.together]: [fromScratch({ schedule: 'constant' }), sorted, average],
      [PHASES.togetherDecay]: [
        fromScratch({ schedule: { kind: 'stable-decay', decay: LENGTH }, minRatio: DEEPEST }),
        sorted,
      ],
    },
    baseline: PHASES.baseline,
  };
}
