import { token } from '../di.js';
import type { GraphNode } from '../graph/run-graph.js';
import type { Digest } from '../json.js';
import type { TrainerState } from '../trainer/trainer.js';

/** Evaluations that are not stored yet: `count` releases, with `tokens` tokens each. */
export interface EvaluationWork {
  readonly count: number;
  readonly tokens: number;
}

/**
 * Evaluates releases. Core defines no metric: the caller that composes an experiment provides evaluators and reads
 * their results.
 */
export interface Evaluator {
  /** Digests of its evaluation sets; evaluations on them count as cost of releases. */
  readonly sets: readonly Digest[];
  /** Remaining evaluations, for budget checks and progress; one entry per set. */
  ahead(): Promise<readonly EvaluationWork[]>;
  /**
   * Evaluates a target state, unless its evaluation is stored, and books the cost. `state` remains owned by the caller;
   * it is undefined when the state is stored but not in memory. A BranchlineError with code `trainer` stops only the
   * strategies that need the state.
   */
  evaluate(node: GraphNode, state: TrainerState | undefined): Promise<void>;
  /** Announces a release to its strategies; called after all evaluators have evaluated it. */
  release?(node: GraphNode, reused: boolean): void;
  /** Whether a state was evaluated since the run began. */
  has(node: GraphNode): boolean;
}

/** All evaluators of a run, in calling order. */
export const EVALUATORS = token<readonly Evaluator[]>('evaluators');
