import { token } from '../di.js';

/** Options of one call to `run`. */
export interface RunOptions {
  /** Aborting stops the run after the current step, which is stored; the run then throws with code `interrupted`. */
  readonly signal?: AbortSignal;
}

export const RUN_OPTIONS = token<RunOptions>('run-options');
