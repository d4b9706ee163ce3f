import { token } from '../di.js';
import type { Digest } from '../json.js';

/** Completes the plan of a round: in this process, or by jobs of a cluster. */
export interface Runner {
  /**
   * Makes everything that is missing but for held states, and what comes after them. Adds failures of parts of the
   * graph; throws errors that stop the whole run.
   */
  run(held: ReadonlySet<Digest>): Promise<void>;
}

export const RUNNER = token<Runner>('runner');
