import type { Overrides, PluginUse } from '@branchline/core';
import type { DataConfig, TasksConfig } from '@branchline/data';
import type { modelOptionsSchema, optimizerSchema } from '@branchline/model';
import type { z } from 'zod';
import type { BudgetConfig } from './budget.js';
import type { CompareConfig } from './compare.js';
import type { PricesConfig } from './prices.js';
import type { TrainerConfig } from './trainer.js';

/** The architecture. The vocabulary is the tokenizer's unless it is given. */
export type ModelConfig = z.input<typeof modelOptionsSchema> & {
  /** Distinct tokens the embedding has room for; at least the tokenizer's. Default: the tokenizer's. */
  readonly vocabulary?: number;
};

/** What the plugins do not decide: batch, the rates they start from, the optimizer. */
export interface TrainingConfig {
  /** Sequences per step. Default 8. */
  readonly batch?: number;
  readonly lr?: {
    /** The highest learning rate. Default 0.002. */
    readonly peak?: number;
    /** Steps of linear warm-up. Default 20. */
    readonly warmup?: number;
    /** Where decays end, as a share of the peak. Default 0.1. */
    readonly minRatio?: number;
  };
  readonly optimizer?: z.input<typeof optimizerSchema>;
}

export type { Overrides };

/** A plugin in a strategy: called, or by name where there are no functions. */
export type PluginEntry =
  | PluginUse
  | string
  | { readonly plugin: string; readonly options?: Readonly<Record<string, unknown>> };

/** The plugins of a strategy in order; with `overrides` where the user settles a field. */
export type StrategyConfig =
  | readonly PluginEntry[]
  | { readonly plugins: readonly PluginEntry[]; readonly overrides?: Overrides };

/** An experiment file. */
export interface ExperimentConfig {
  /** Names the run directory. Default: the file's name. */
  readonly name?: string;
  readonly model: ModelConfig;
  /** Text and how it arrives in versions; paths are relative to the experiment file. */
  readonly data: DataConfig;
  /**
   * Multiple-choice tasks that every release answers; paths are relative to the experiment file. See docs/tasks.md.
   * Default: none.
   */
  readonly tasks?: TasksConfig;
  readonly training?: TrainingConfig;
  readonly trainer?: TrainerConfig;
  /** Strategies to compare, by name. */
  readonly strategies: Readonly<Record<string, StrategyConfig>>;
  /** The strategy that the others are compared with. Default: the first. */
  readonly baseline?: string;
  /** How strategies are compared over seeds. Fixed before the run, and recorded with it; see docs/statistics.md. */
  readonly compare?: CompareConfig;
  /** Decides everything that is drawn but the split of the text, which has its own (`data.seed`). Default 1. */
  readonly seed?: number;
  /**
   * So many seeds, `seed`, `seed + 1` and so on, or these: every strategy is trained under each, and strategies are
   * compared seed by seed. Default: `seed` alone, which says nothing about chance.
   */
  readonly seeds?: number | readonly number[];
  /** Steps between checkpoints that exist only so that a killed run continues near where it was. Default 100. */
  readonly checkpointEvery?: number;
  /**
   * What the run directory may cost in all: `'2usd'`, `'1e18 flops'`, `'1.5B tokens, 3h'`, or an object. A plan that
   * cannot fit is refused; a run that uses it up stops with everything stored, and goes on when it is raised.
   */
  readonly budget?: BudgetConfig;
  /** Prices, power and peaks of devices, or a JSON or YAML file with them; they come before the built-in ones. */
  readonly prices?: PricesConfig;
  /** Disk that checkpoints may take, e.g. `'2GB'`. Default: no limit. */
  readonly disk?: number | string;
  /** Seconds after which a plugin that does not answer is ended. Default 30. */
  readonly hookSeconds?: number;
}

/** Types an experiment file, so that an editor completes it. Returns what it is given. */
export function defineExperiment(config: ExperimentConfig): ExperimentConfig {
  return config;
}
