import { token } from '../di.js';

/** Options of one call to `run`. */
export interface RunOptions {
  /** Aborting stops the run after the current step, which is stored; the run then throws with code `interrupted`. */
  readonly signal?: AbortSignal;
  /**
   * Starts although strategies cannot be planned, or although the estimated cost exceeds the budget: the other
   * strategies are trained, and the run stops when the budget is spent. Default false: nothing is started.
   */
  readonly startAnyway?: boolean;
}

export const RUN_OPTIONS = token<RunOptions>('run-options');
