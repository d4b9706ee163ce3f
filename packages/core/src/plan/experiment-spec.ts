import { token } from '../di.js';
import type { Budget } from '../ledger/budget.js';
import type { PriceTable } from '../ledger/prices.js';
import type { StrategySpec } from '../plugin/strategy-spec.js';
import type { OptimizerSpec } from '../trainer/trainer.js';

/** The kernel's share of an experiment file. */
export interface ExperimentSpec {
  readonly name: string;
  /**
   * At least one, each once. A seed decides initial weights, orders of data and random streams of plugins, and nothing
   * of the corpus. All seeds are one experiment: every strategy is planned once for each.
   */
  readonly seeds: readonly number[];
  /** Sequences per step. */
  readonly batch: number;
  /** Defaults of every path; `warmup` in steps, `minRatio` as a share of `peak`. */
  readonly lr: { readonly peak: number; readonly warmup: number; readonly minRatio: number };
  readonly optimizer: OptimizerSpec;
  readonly strategies: readonly StrategySpec[];
  /** Name of the strategy that the others are compared with. */
  readonly baseline: string;
  /** Steps between checkpoints that exist only so that a killed run continues near where it was. */
  readonly checkpointEvery: number;
  /** Seconds after which a plugin that does not answer is ended; default 30. */
  readonly hookSeconds?: number;
  /** What the run directory may cost in all; default without bounds. */
  readonly budget?: Budget;
  /** Default: none, so that energy and money are not known. */
  readonly prices?: PriceTable;
  /** Bytes that checkpoints may take on the disk; default without bounds. */
  readonly diskLimit?: number;
}

export const SPEC = token<ExperimentSpec>('spec');
