/** Which paths a law covers, as far as their rates and their length go. */
import type { LossLaw } from './law.js';

/**
 * Runs may be so many times as long as the longest fitted curve, or shorter than the shortest. On public curves, laws
 * that were fitted to runs three times as long or as short predict the end of other schedules within 1%: see
 * docs/predict-losses.md, with the test that measures it.
 */
const FARTHEST_LENGTH = 3;

/** Peaks are compared with this tolerance: CSV files and products of shares are rounded. */
const SAME_PEAK = 0.01;

/** A path, from fresh weights on. */
export interface CoveredPath {
  /** Number of steps. */
  readonly steps: number;
  /** Highest rate. */
  readonly peak: number;
}

/** Why a law does not cover a path, as clauses; empty if it does. */
export function outsideOfFit({ fitted }: Pick<LossLaw, 'fitted'>, { steps, peak }: CoveredPath): readonly string[] {
  const [lowest, highest] = fitted.peaks;
  const [shortest, longest] = fitted.steps;
  const reasons: string[] = [];
  if (peak > highest * (1 + SAME_PEAK) || peak < lowest * (1 - SAME_PEAK)) {
    const range = lowest === highest ? `${lowest}` : `${lowest} to ${highest}`;
    reasons.push(`a peak rate of ${Number(peak.toPrecision(4))}: the law was fitted at ${range}`);
  }
  if (steps > FARTHEST_LENGTH * longest) {
    reasons.push(`more than ${FARTHEST_LENGTH * longest} steps: the longest fitted run has ${longest}`);
  }
  if (steps < shortest / FARTHEST_LENGTH) {
    reasons.push(`fewer than ${Math.ceil(shortest / FARTHEST_LENGTH)} steps: the shortest fitted run has ${shortest}`);
  }
  return reasons;
}
