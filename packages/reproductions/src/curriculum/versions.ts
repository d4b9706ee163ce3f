/** Experiments with several versions: two phases, and curricula within path switching. */
import { definePlugin, type VersionContext } from '@branchline/core';
import { fromScratch, stableOnly } from '@branchline/plugin-baselines';
import { curriculum } from '@branchline/plugin-curriculum';
import { pathSwitching } from '@branchline/plugin-path-switching';
import type { Text } from '../paper/definition.js';
import type { UnnamedExperiment } from '../paper/experiment.js';
import { DEEPEST, LONGEST, MODERATE, PHASES, SWITCHING } from './names.js';
import { averageOver } from './orders.js';
import { experimentOf, type Scale } from './scale.js';

/** Number of versions, and fraction of an increment in each branch: the setting of the path-switching paper. */
const [VERSIONS, ALPHA] = [4, 0.6];

/** Sorts the data of the versions that `sorts` selects. */
const sorting = (name: string, sorts: (context: VersionContext) => boolean) =>
  definePlugin({
    name,
    owns: ['order.by'],
    onVersion: (context) => (sorts(context) ? { order: { by: { by: 'ascending' } } } : undefined),
  });

const isLast = ({ version, count }: VersionContext) => version.index === count;
const sortingTheLast = sorting('curriculum-of-the-last-version', isLast);
const sortingAllButTheLast = sorting('curriculum-of-all-but-the-last-version', (context) => !isLast(context));

/** Two versions are the two phases. Releases of the first are not compared. */
export function phasesOf(scale: Scale, text: Text): UnnamedExperiment {
  const average = averageOver(scale.steps, { weights: 'ema' });
  const half = { ...scale, steps: scale.steps / 2 };
  return {
    ...experimentOf(half, text, { count: 2 }),
    strategies: {
      // The baseline's decay is 37% of both phases, which is 74% of the second.
      [PHASES.baseline]: [pathSwitching({ alpha: 2 * LONGEST, minRatio: DEEPEST })],
      [PHASES.shuffled]: [stableOnly(), average],
      [PHASES.lastOnly]: [stableOnly(), sortingTheLast(), average],
      [PHASES.each]: [stableOnly(), curriculum(), average],
      [PHASES.together]: [fromScratch({ schedule: 'constant' }), curriculum(), average],
      [PHASES.togetherDecay]: [
        fromScratch({ schedule: { kind: 'stable-decay', decay: LONGEST }, minRatio: DEEPEST }),
        curriculum(),
      ],
    },
    baseline: PHASES.baseline,
  };
}

/**
 * Four versions of path switching, with and without sorted increments. The total number of steps is that of the other
 * experiments.
 */
export function switchingOf(scale: Scale, text: Text): UnnamedExperiment {
  const quarter = { ...scale, steps: scale.steps / VERSIONS };
  const switching = pathSwitching({ alpha: ALPHA, minRatio: DEEPEST });
  const moderate = pathSwitching({ alpha: ALPHA, minRatio: MODERATE });
  const average = (spacing: number) => averageOver(quarter.steps, { weights: 'ema', spacing });
  // Spans within the branch, and half an increment for a path that never decays.
  const [ofBranch, ofMain] = [average(1 / 40), average(1 / 10)];
  return {
    ...experimentOf(quarter, text, { count: VERSIONS }),
    strategies: {
      [SWITCHING.baseline]: [switching],
      [SWITCHING.sorted]: [switching, curriculum()],
      [SWITCHING.moderate]: [moderate, curriculum()],
      [SWITCHING.moderateAverage]: [moderate, curriculum(), ofBranch],
      // The last branch is the baseline's but starts from another main path, so the two differ only in what sorting did
      // to that path.
      [SWITCHING.sortedBefore]: [switching, sortingAllButTheLast()],
      [SWITCHING.main]: [stableOnly()],
      [SWITCHING.mainSorted]: [stableOnly(), curriculum()],
      [SWITCHING.mainAverage]: [stableOnly(), ofMain],
      [SWITCHING.mainSortedAverage]: [stableOnly(), curriculum(), ofMain],
    },
    baseline: SWITCHING.baseline,
  };
}
