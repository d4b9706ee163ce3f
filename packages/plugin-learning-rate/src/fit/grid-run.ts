import type { Overrides } from '@branchline/core';

/** The curve of all decays of a grid. */
export const GRID_CURVE = '1-sqrt';

/** One run of a grid. */
export interface GridRun {
  /** Peak rate. */
  readonly rate: number;
  /** Steps from the first one to the end of the decay. */
  readonly steps: number;
  /** Share of the steps, at the end, in which the rate decays. */
  readonly cooldown: number;
}

/** Steps of a decay: at least one. */
export const decaySteps = ({ steps, cooldown }: Pick<GridRun, 'steps' | 'cooldown'>): number =>
  Math.max(1, Math.round(cooldown * steps));

/**
 * Overrides of a strategy with a main path at the peak, for example `stableOnly()`: a branch leaves it and decays, and
 * its end is released. Main paths of one rate begin alike, so the run graph trains one stable run with a branch for
 * each number of steps. The main path ends where the branch leaves, and a run keeps the ends of main paths: a longer
 * run continues there.
 */
export function gridOverrides({ rate, steps, cooldown }: GridRun): Overrides {
  const decay = decaySteps({ steps, cooldown });
  return {
    'lr.peak': rate,
    steps: steps - decay,
    forks: ['cooldown'],
    'release.path': 'cooldown',
    'fork.at': steps - decay,
    'fork.steps': decay,
    'fork.lr.schedule': [{ share: 1, curve: GRID_CURVE, to: 'min' }],
  };
}
