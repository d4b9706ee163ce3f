import { token } from '../di.js';
import type { Budget } from '../ledger/budget.js';
import type { PriceTable } from '../ledger/prices.js';
import type { StrategySpec } from '../plugin/strategy-spec.js';
import type { ObjectivePart, OptimizerSpec } from '../trainer/trainer.js';

/** The part of an experiment file that the kernel needs. */
export interface ExperimentSpec {
  readonly name: string;
  /**
   * At least one, without repeats. A seed determines initial weights, data orders and random streams of plugins, but
   * not the corpus. Every strategy is planned once for each seed, in one experiment.
   */
  readonly seeds: readonly number[];
  /** Sequences per step. */
  readonly batch: number;
  /** Defaults for every path; `warmup` in steps, `minRatio` as a share of `peak`. */
  readonly lr: { readonly peak: number; readonly warmup: number; readonly minRatio: number };
  /**
   * True when the user did not write `lr.warmup`: one that is longer than a path is then a warning, and an error
   * otherwise. Default false.
   */
  readonly warmupAssumed?: boolean;
  readonly optimizer: OptimizerSpec;
  /** False when the trainer cannot average checkpoints: strategies that release averages fail. Default true. */
  readonly averages?: boolean;
  /** What the trainer can optimise besides the loss of sequences: strategies that need more fail. Default: nothing. */
  readonly objectives?: readonly ObjectivePart[];
  readonly strategies: readonly StrategySpec[];
  /** The strategy that the others are compared with. */
  readonly baseline: string;
  /** Steps between rolling checkpoints, which limit the work lost when a run is killed. */
  readonly checkpointEvery: number;
  /** Timeout of plugin hooks in seconds; default 30. */
  readonly hookSeconds?: number;
  /** Limits on the total cost of the run directory; default unlimited. */
  readonly budget?: Budget;
  /** Default: no prices, so that energy and money are unknown. */
  readonly prices?: PriceTable;
  /** Limit on the bytes of checkpoints on disk; default unlimited. */
  readonly diskLimit?: number;
}

export const SPEC = token<ExperimentSpec>('spec');
