/** Command-line arguments about an experiment. */
export interface ExperimentArguments {
  readonly config?: string;
  readonly data?: readonly string[];
  /** Directory of all runs. Always excluded from `data`: run output is never read as training text. */
  readonly runs?: string;
  readonly strategies?: string;
  readonly seed?: number;
  /** A number of seeds or a list: `5`, `1,4,9`. */
  readonly seeds?: string;
  readonly budget?: string;
  /** File with prices, relative to the working directory. */
  readonly prices?: string;
  readonly disk?: string;
  readonly lanes?: number;
  /** Where segments are trained: `local` or `slurm`. */
  readonly on?: string;
  /** Names or paths of loggers. */
  readonly log?: readonly string[];
  /** Name or path of a trainer. */
  readonly trainer?: string;
  /** Names of the strategies to keep. */
  readonly only?: readonly string[];
}
