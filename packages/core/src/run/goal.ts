import { token } from '../di.js';
import type { GraphNode } from '../graph/run-graph.js';

/** What a run makes: all of its plan, or one state with its evaluations. */
export interface Goal {
  /** The only state to make. Absent: everything. */
  readonly node?: GraphNode;
}

export const GOAL = token<Goal>('goal');
