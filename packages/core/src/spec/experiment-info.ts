/** What decisions may depend on besides the plugins' options; the same for all strategies. */

/** What every plugin may know of a version's data. */
export interface VersionInfo {
  /** 1 for the first version. */
  readonly index: number;
  readonly name: string;
  /** Training sequences of the increment. */
  readonly sequences: number;
  /** Training tokens of the increment. */
  readonly tokens: number;
}

/** The experiment, as far as hooks see it. */
export interface ExperimentInfo {
  readonly versions: readonly VersionInfo[];
  /** Sequences per step. */
  readonly batch: number;
  /** Tokens per sequence. */
  readonly context: number;
  readonly seed: number;
  /** Whether sequences have scores to be ordered by. */
  readonly scored: boolean;
  /** The rates a path has when no plugin sets them; `warmup` in steps, `minRatio` as a share of the peak. */
  readonly lr: { readonly peak: number; readonly warmup: number; readonly minRatio: number };
}
