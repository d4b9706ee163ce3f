/** Experiments of a reproduction: the subset of the experiment configuration that papers use. */
import type { CompareConfig } from '@branchline/comparison';
import type { ExperimentPlan, OptimizerSpec, Overrides, PluginUse } from '@branchline/core';
import type { DataConfig } from '@branchline/data';
import type { Outcome } from '@branchline/evaluation';

/** The plugins of a strategy, in order. `overrides` set fields regardless of what the plugins decide. */
export type PaperStrategy =
  | readonly PluginUse[]
  | {
      readonly plugins: readonly PluginUse[];
      readonly overrides: Overrides;
    };

/** An experiment of a paper. It is a valid Branchline configuration. */
export interface PaperExperiment {
  /** Name of the run directory, and of the results in `Facts`. */
  readonly name: string;
  readonly model: {
    readonly layers: number;
    readonly width: number;
    readonly heads: number;
    readonly context: number;
    readonly tieEmbeddings?: boolean;
    readonly experts?: { readonly count: number; readonly active: number };
    readonly initStd?: number;
    /** Standard deviations of initial weights by kind, where they differ. */
    readonly init?: Readonly<Record<string, number>>;
    /** Factors in the forward pass. */
    readonly multipliers?: Readonly<Record<string, number>>;
  };
  readonly data: DataConfig;
  readonly training?: {
    /** Sequences per step. */
    readonly batch?: number;
    /** `warmup` is in steps; `minRatio` is the ratio of the rate at the end of a decay to the peak. */
    readonly lr?: { readonly peak?: number; readonly warmup?: number; readonly minRatio?: number };
    readonly optimizer?: {
      readonly beta1?: number;
      readonly beta2?: number;
      readonly epsilon?: number;
      readonly weightDecay?: number;
      /** Factors by class of parameters. */
      readonly groups?: OptimizerSpec['groups'];
    };
  };
  /** Default: the embedded trainer. */
  readonly trainer?: { readonly trainer: 'quadratic'; readonly options: Readonly<Record<string, unknown>> };
  readonly strategies: Readonly<Record<string, PaperStrategy>>;
  /** Default: the first strategy. */
  readonly baseline?: string;
  readonly compare?: CompareConfig;
  /** A number of seeds, or a list. Default: one. */
  readonly seeds?: number | readonly number[];
}

/** An experiment without a name. */
export type UnnamedExperiment = Omit<PaperExperiment, 'name'>;

/** Plans an experiment without training it. Throws a BranchlineError if the experiment is invalid. */
export type PlanExperiment = (experiment: PaperExperiment) => Promise<ExperimentPlan>;

/**
 * Trains and evaluates an experiment, reusing stored steps. `index` counts from 0 to `count` - 1. The outcome lists
 * strategies that failed. Throws a BranchlineError if the experiment is invalid or interrupted.
 */
export type TrainExperiment = (
  experiment: PaperExperiment,
  place: { readonly index: number; readonly count: number },
) => Promise<Outcome>;
