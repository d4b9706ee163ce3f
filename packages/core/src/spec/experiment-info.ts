/** What decisions may depend on besides plugin options; the same for all strategies. */

/** What plugins may know about a version's data. */
export interface VersionInfo {
  /** From 1. */
  readonly index: number;
  readonly name: string;
  /** Number of training sequences in the increment. */
  readonly sequences: number;
  /** Number of training tokens in the increment. */
  readonly tokens: number;
}

/** What plugins may know about the model. */
export interface ModelInfo {
  /** Number of trainable scalars. */
  readonly parameters: number;
  /** Those outside of the embedding and the output matrix: the model size in scaling laws. */
  readonly nonEmbeddingParameters: number;
}

/** The experiment as hooks see it. */
export interface ExperimentInfo {
  readonly versions: readonly VersionInfo[];
  readonly model: ModelInfo;
  /** Sequences per step. */
  readonly batch: number;
  /** Tokens per sequence. */
  readonly context: number;
  readonly seed: number;
  /** Whether sequences have scores to order by. */
  readonly scored: boolean;
  /** Default learning rates of a path; `warmup` in steps, `minRatio` as a share of the peak. */
  readonly lr: { readonly peak: number; readonly warmup: number; readonly minRatio: number };
}
