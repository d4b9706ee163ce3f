import { token } from '../di.js';

/** Completes the plan of a round: in this process, or by jobs of a cluster. */
export interface Runner {
  /** Makes everything that is missing. Adds failures of parts of the graph; throws errors that stop the whole run. */
  run(): Promise<void>;
}

export const RUNNER = token<Runner>('runner');
