import type { Problem } from '../errors.js';

/** Something in a plan that can be trained, but that its author hardly means. */
export interface PlanWarning extends Problem {
  /** The strategies that it is about. */
  readonly strategies: readonly string[];
  /** True when the user wrote it: a run then starts only if it is started anyway. */
  readonly refuses: boolean;
}

/** A warning as a problem. */
export function problemOf({ strategies: _strategies, refuses: _refuses, ...problem }: PlanWarning): Problem {
  return problem;
}
