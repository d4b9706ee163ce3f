import { token } from '../di.js';

/** What the caller of a run decides. */
export interface RunOptions {
  /**
   * Aborting stops the run after the current step, with that step stored; the run then throws with code `interrupted`.
   */
  readonly signal?: AbortSignal;
}

export const RUN_OPTIONS = token<RunOptions>('run-options');
