import { token } from '../di.js';
import type { GraphNode } from '../graph/run-graph.js';
import type { Digest } from '../json.js';
import type { TrainerState } from '../trainer/trainer.js';

/** Evaluations that are not stored yet: so many releases, on so many tokens each. */
export interface EvaluationWork {
  readonly count: number;
  readonly tokens: number;
}

/**
 * Evaluates releases. Core knows no metric: whoever composes an experiment provides evaluators, and reads what they
 * found.
 */
export interface Evaluator {
  /** Digests of the sets it evaluates on: evaluations on them are part of what a release costs. */
  readonly sets: readonly Digest[];
  /** What must still be evaluated, for budgets and the time left; one entry for each set. */
  ahead(): Promise<readonly EvaluationWork[]>;
  /**
   * Evaluates a state that must exist at the end, unless its evaluation is stored, and books what that costs. `state`
   * is lent, and absent for a state that was stored before. A BranchlineError with code `trainer` stops only the
   * strategies that need the state.
   */
  evaluate(node: GraphNode, state: TrainerState | undefined): Promise<void>;
  /** Announces a release to its strategies; called after every evaluator has evaluated it. */
  release?(node: GraphNode, reused: boolean): void;
  /** Whether a state was evaluated since the run began. */
  has(node: GraphNode): boolean;
}

/** All evaluators of a run, in the order in which they are asked. */
export const EVALUATORS = token<readonly Evaluator[]>('evaluators');
