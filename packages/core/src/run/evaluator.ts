import { token } from '../di.js';
import type { GraphNode } from '../graph/run-graph.js';
import type { Digest } from '../json.js';
import type { Trainer, TrainerState } from '../trainer/trainer.js';

/** Evaluations that are not stored yet: `count` releases, with `tokens` tokens each. */
export interface EvaluationWork {
  readonly count: number;
  readonly tokens: number;
}

/** Where a state is evaluated. */
export interface EvaluationPlace {
  /** The trainer of the lane; nothing else uses it before the evaluation is done. */
  readonly trainer: Trainer;
  /** The state, owned by the caller. Absent: it is stored, but not in memory. */
  readonly state?: TrainerState;
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
   * Evaluates a target state, unless its evaluation is stored, and books the cost. Several states can be evaluated at
   * the same time. A BranchlineError with code `trainer` stops only the strategies that need the state.
   */
  evaluate(node: GraphNode, place: EvaluationPlace): Promise<void>;
  /** Whether everything is stored that `evaluate` would make for a state. Absent: it stores nothing. */
  isStored?(node: GraphNode): Promise<boolean>;
  /** Announces a release to its strategies; called after all evaluators have evaluated it. */
  release?(node: GraphNode, reused: boolean): void;
  /** Whether a state was evaluated since the run began. */
  has(node: GraphNode): boolean;
}

/** All evaluators of a run, in calling order. */
export const EVALUATORS = token<readonly Evaluator[]>('evaluators');
