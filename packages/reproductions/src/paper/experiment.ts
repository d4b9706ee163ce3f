/** What a reproduction asks to be trained: the part of an experiment's configuration that papers use. */
import type { CompareConfig } from '@branchline/comparison';
import type { ExperimentPlan, PluginUse } from '@branchline/core';
import type { DataConfig } from '@branchline/data';
import type { Outcome } from '@branchline/evaluation';

/** The plugins of a strategy in order; `overrides` are rates that the experiment sets whatever the plugins decide. */
export type PaperStrategy =
  | readonly PluginUse[]
  | {
      readonly plugins: readonly PluginUse[];
      readonly overrides: { readonly 'lr.peak'?: number; readonly 'fork.lr.peak'?: number };
    };

/** An experiment of a paper. Every one of these is a configuration that Branchline takes as it is. */
export interface PaperExperiment {
  /** Names the run directory, and the results among the facts. */
  readonly name: string;
  readonly model: { readonly layers: number; readonly width: number; readonly heads: number; readonly context: number };
  readonly data: DataConfig;
  readonly training?: {
    /** Sequences per step. */
    readonly batch?: number;
    /** `warmup` in steps; `minRatio`, where decays end, as a share of the peak. */
    readonly lr?: { readonly peak?: number; readonly warmup?: number; readonly minRatio?: number };
  };
  /** Default: the embedded trainer. */
  readonly trainer?: { readonly trainer: 'quadratic'; readonly options: { readonly drift?: number } };
  readonly strategies: Readonly<Record<string, PaperStrategy>>;
  /** Default: the first strategy. */
  readonly baseline?: string;
  readonly compare?: CompareConfig;
  /** How many, or which. Default: one. */
  readonly seeds?: number | readonly number[];
}

/** An experiment that gets its name later. */
export type UnnamedExperiment = Omit<PaperExperiment, 'name'>;

/** Plans an experiment and trains nothing. Throws a BranchlineError when the experiment is wrong. */
export type PlanExperiment = (experiment: PaperExperiment) => Promise<ExperimentPlan>;

/**
 * Trains what is not stored yet, and measures it; `index` of `count` experiments, from 0. Strategies that fail are in
 * the outcome. Throws a BranchlineError when the experiment is wrong, or was interrupted.
 */
export type TrainExperiment = (
  experiment: PaperExperiment,
  place: { readonly index: number; readonly count: number },
) => Promise<Outcome>;
