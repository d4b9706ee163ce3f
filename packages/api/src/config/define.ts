import type { Overrides, PluginUse } from '@branchline/core';
import type { DataConfig, TasksConfig } from '@branchline/data';
import type { modelOptionsSchema, optimizerSchema } from '@branchline/model';
import type { z } from 'zod';
import type { BudgetConfig } from './budget.js';
import type { CompareConfig } from './compare.js';
import type { LogConfig } from './log.js';
import type { startSchema } from './model.js';
import type { OnConfig } from './on.js';
import type { PricesConfig } from './prices.js';
import type { TrainerConfig } from './trainer.js';

/**
 * An architecture, whose weights are drawn, or a checkpoint to continue. The vocabulary of an architecture is the
 * tokenizer's unless it is given; a checkpoint decides its architecture, its vocabulary and, by default, the tokenizer.
 */
export type ModelConfig =
  | (z.input<typeof modelOptionsSchema> & {
      /** Rows of the embedding; at least the tokenizer's vocabulary size. Default: the tokenizer's. */
      readonly vocabulary?: number;
    })
  | z.input<typeof startSchema>;

/** Training settings that plugins do not decide: batch size, base learning rate, optimizer. */
export interface TrainingConfig {
  /** Sequences per step. Default 8. */
  readonly batch?: number;
  readonly lr?: {
    /** Peak learning rate. Default 0.002. */
    readonly peak?: number;
    /** Steps of linear warm-up. Default 20. */
    readonly warmup?: number;
    /** Ratio of the rate at the end of a decay to the peak. Default 0.1. */
    readonly minRatio?: number;
  };
  readonly optimizer?: z.input<typeof optimizerSchema>;
}

export type { Overrides };

/** A plugin of a strategy: a call, or a name in files without functions. */
export type PluginEntry =
  | PluginUse
  | string
  | { readonly plugin: string; readonly options?: Readonly<Record<string, unknown>> };

/** The plugins of a strategy, in order. `overrides` set fields regardless of what plugins decide. */
export type StrategyConfig =
  | readonly PluginEntry[]
  | { readonly plugins: readonly PluginEntry[]; readonly overrides?: Overrides };

/** An experiment file. */
export interface ExperimentConfig {
  /** Name of the run directory. Default: the file's name. */
  readonly name?: string;
  readonly model: ModelConfig;
  /** Training text and how it is divided into versions. Paths are relative to the experiment file. */
  readonly data: DataConfig;
  /**
   * Multiple-choice tasks that are evaluated on every release. Paths are relative to the experiment file; see
   * docs/tasks.md. Default: none.
   */
  readonly tasks?: TasksConfig;
  readonly training?: TrainingConfig;
  readonly trainer?: TrainerConfig;
  /** Strategies to compare, by name. */
  readonly strategies: Readonly<Record<string, StrategyConfig>>;
  /** The strategy that all others are compared with. Default: the first. */
  readonly baseline?: string;
  /** How strategies are compared over seeds. Registered before the run and recorded with it; see docs/statistics.md. */
  readonly compare?: CompareConfig;
  /** Seed of all random draws except the split of the text, which has its own (`data.seed`). Default 1. */
  readonly seed?: number;
  /**
   * A number of seeds, counted up from `seed`, or a list. Every strategy is trained with each seed, and strategies are
   * compared seed by seed. Default: `seed` alone, which gives no estimate of variance.
   */
  readonly seeds?: number | readonly number[];
  /** Steps between the checkpoints that an interrupted run resumes from. Default 100. */
  readonly checkpointEvery?: number;
  /**
   * Limit on the total cost of the run directory: `'2usd'`, `'1e18 flops'`, `'1.5B tokens, 3h'`, or an object. A plan
   * that exceeds it is refused. A run that uses it up stops with its state stored, and resumes when the limit is
   * raised.
   */
  readonly budget?: BudgetConfig;
  /**
   * Prices, power draw and peak FLOPS of devices, or a JSON or YAML file with them. They take precedence over the
   * built-in table.
   */
  readonly prices?: PricesConfig;
  /** Limit on the disk space of checkpoints, e.g. `'2GB'`. Default: none. */
  readonly disk?: number | string;
  /**
   * Segments that are trained at the same time, where they do not depend on each other. Each lane has a trainer of its
   * own: with `tfjs` a part of the threads, with `torch` the next GPU. Never changes a result. Default: with `tfjs` and
   * a small model, as many as there are threads, if the plan keeps them all busy; else 1.
   */
  readonly lanes?: number;
  /**
   * Where segments are trained: `local`, the default, is this process; `slurm` makes each a job of a Slurm cluster.
   * Never changes a bit of a result on machines of one kind.
   */
  readonly on?: OnConfig;
  /**
   * Where steps and releases are logged, such as `tensorboard()` or `[csv(), mlflow({ uri: 'http://127.0.0.1:5000' })]`.
   * Never changes a bit of a result; see docs/logging.md. Default: nowhere.
   */
  readonly log?: LogConfig;
  /** Timeout of a plugin hook in seconds. Default 30. */
  readonly hookSeconds?: number;
}

/** Returns its argument. Gives an experiment file types, and so completion in an editor. */
export function defineExperiment(config: ExperimentConfig): ExperimentConfig {
  return config;
}
