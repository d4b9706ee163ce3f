import type { Cost, Digest, JsonValue, StartWeights, TokenizerInfo, TrainerInfo } from '@branchline/core';
import type { ComparisonResult } from './comparison.js';
import type { TaskResult } from './task-results.js';
import type { TransferResult } from './transfer-result.js';
import type { ValidationInfo, ValidationResult } from './validation-result.js';

/** Losses of a release on the held-out text of one version and domain. */
export interface HeldOutResult {
  /** Index of the version that the text belongs to. */
  readonly version: number;
  readonly domain: string;
  readonly tokens: number;
  /** Nats per token. */
  readonly loss: number;
  readonly bitsPerByte: number;
}

/** One published model. */
export interface ReleaseResult {
  readonly version: number;
  readonly seed: number;
  /** Key of the checkpoint. */
  readonly checkpoint: Digest;
  /** SHA-256 of the weights file: equal digests mean equal models. */
  readonly weightsDigest: Digest;
  /** Number of averaged checkpoints; 1 for a trained release. */
  readonly averaged: number;
  /**
   * The processors that trained it and what it was made from, if there is another one than that of this run. Absent in
   * results of earlier releases of Branchline.
   */
  readonly processors?: readonly string[];
  /** Nats per token on the held-out text of versions 1 ... `version`. */
  readonly loss: number;
  readonly bitsPerByte: number;
  /** On the held-out text of versions 1 ... `version`, by domain. */
  readonly lossByDomain: Readonly<Record<string, number>>;
  /** On the held-out text of every version of the experiment, later ones included, by version name. */
  readonly lossByVersion: Readonly<Record<string, number>>;
  /** By version and domain, later versions included. Absent in results of earlier releases of Branchline. */
  readonly heldOut?: readonly HeldOutResult[];
  /** Absent for the first release, and wherever `heldOut` is absent. */
  readonly transfer?: TransferResult;
  /** On every validation set, in the order of the experiment; absent without any. */
  readonly validation?: readonly ValidationResult[];
  /** Task results, in the order of the experiment; absent without tasks. */
  readonly tasks?: readonly TaskResult[];
  /** Cost of publishing versions 1 ... `version` if the strategy ran alone. */
  readonly cumulative: Cost;
}

/** A path of a strategy, for charts. Positions count steps since the weights were initialized. */
export interface PathResult {
  readonly version: number;
  /** `main` or the fork's name. */
  readonly name: string;
  readonly begin: number;
  readonly end: number;
  /** True when the version releases this path's end or an average over it. */
  readonly releases: boolean;
  /** Learning rate as a polyline of [position, rate]. */
  readonly rate: readonly (readonly [number, number])[];
  /** Training loss as a polyline of [position, nats per token], reduced to a few hundred points at most. */
  readonly loss: readonly (readonly [number, number])[];
}

/** A strategy under one seed. */
export interface StrategyResult {
  /** Appears once per seed. */
  readonly name: string;
  readonly seed: number;
  readonly plugins: readonly { readonly name: string; readonly version?: string; readonly options: JsonValue }[];
  readonly cost: {
    /** Cost if this strategy ran alone. Its own paths still share common prefixes. */
    readonly standalone: Cost;
    /** Segments and evaluations divided equally among the strategies that need them, plus charges of its plugins. */
    readonly attributed: Cost;
    /** Of the standalone cost, the losses that its plugins measured to decide branches; absent if there are none. */
    readonly measured?: Cost;
    /**
     * Standalone tokens divided by those of the baseline under the same seed; null in partial results unless both
     * strategies have all their releases.
     */
    readonly ratioToBaseline: number | null;
  };
  readonly releases: readonly ReleaseResult[];
  /** States captured by a plugin's `onStep`. */
  readonly captures: readonly { readonly checkpoint: Digest; readonly position: number }[];
  readonly paths: readonly PathResult[];
}

/** A checkpoint in the run graph. */
export interface GraphNodeResult {
  /** Index in `nodes`. */
  readonly id: number;
  readonly key: Digest;
  /** `init`: fresh weights. `step`: end of a segment. `derived`: an average. `reset`: a checkpoint with parts reset. */
  readonly kind: 'init' | 'step' | 'derived' | 'reset';
  /** The processor that made it, if it is not that of this run. */
  readonly processor?: string;
  /** Steps since the weights were initialized. */
  readonly position: number;
  /** Seed of the initial weights. */
  readonly seed: number;
  readonly releases: readonly { readonly strategy: string; readonly version: number }[];
}

/** A segment (`train`), or the dependency of a derived or reset checkpoint on a source. */
export interface GraphEdgeResult {
  readonly from: number;
  readonly to: number;
  readonly kind: 'train' | 'average' | 'reset';
  readonly steps: number;
  /** Weight of `from` in an average; otherwise 1. */
  readonly weight: number;
  readonly strategies: readonly string[];
}

/** Why strategies are missing from the results. */
export interface FailureResult {
  readonly strategies: readonly string[];
  /** Absent: under every seed. */
  readonly seeds?: readonly number[];
  readonly message: string;
}

/** Releases of a strategy under one seed that partial results lack. */
export interface MissingReleases {
  readonly strategy: string;
  readonly seed: number;
  /** Indices of the versions, ascending. */
  readonly versions: readonly number[];
}

/** What the results of an unfinished run lack. Releases count once per strategy and seed. */
export interface PartialResult {
  /** Releases in the results. */
  readonly releases: number;
  /** Releases of the whole plan. */
  readonly of: number;
  readonly missing: readonly MissingReleases[];
}

/** Something that the reader of the results should know about some strategies. */
export interface WarningResult {
  readonly strategies: readonly string[];
  readonly message: string;
}

/** Content of `results.json`. Its schema is `packages/report/results.schema.json`. */
export interface Results {
  readonly format: 2;
  /**
   * Present while the run is not finished. Then every planned strategy is listed, also without releases; costs cover
   * what was trained so far, paths and graph are those of the plan, and there are no verdicts and no
   * `averagingSaved`. The next finished run of the directory replaces these results.
   */
  readonly partial?: PartialResult;
  readonly experiment: {
    readonly name: string;
    /** The command that repeats the run. */
    readonly command: string;
    /** ISO 8601. */
    readonly finishedAt: string;
    /** Digest of the experiment: model, optimizer, data, plans. Equal digests mean equal models. */
    readonly digest: Digest;
  };
  readonly model: {
    readonly spec: JsonValue;
    readonly parameters: number;
    /** Those outside of the embedding and the output matrix. Absent in results of earlier releases of Branchline. */
    readonly nonEmbeddingParameters?: number;
    /** Those that one token uses; absent: all of them. */
    readonly activeParameters?: number;
    readonly context: number;
    readonly flopsPerToken: number;
    /** The weights that training started from; absent: they were drawn from the seed. */
    readonly start?: StartWeights;
  };
  readonly training: {
    readonly batch: number;
    readonly lr: { readonly peak: number; readonly warmup: number; readonly minRatio: number };
    readonly optimizer: JsonValue;
  };
  readonly data: {
    readonly digest: Digest;
    readonly versions: readonly {
      readonly index: number;
      readonly name: string;
      readonly sequences: number;
      readonly tokens: number;
    }[];
    readonly domains: readonly string[];
    readonly heldOutTokens: number;
    /** Absent if the tokens are no text, and in results of earlier releases. */
    readonly tokenizer?: TokenizerInfo;
    /**
     * Loss of guessing every token alike, in nats per token: a release above it diverged. Absent for trainers that
     * score no text, and in results of earlier releases of Branchline.
     */
    readonly uniformLoss?: number;
    /** Validation sets, in the order of the experiment; absent without any. */
    readonly validation?: readonly ValidationInfo[];
  };
  readonly trainer: TrainerInfo;
  /** Seeds of everything random except the corpus; the first is the one that the others were added to. */
  readonly seeds: readonly number[];
  readonly baseline: string;
  readonly strategies: readonly StrategyResult[];
  readonly graph: {
    /** Number of segments that the strategies of these results need. */
    readonly segments: number;
    /** Tokens trained for them according to the ledger, also by earlier runs; each segment counts once. */
    readonly tokensTrained: number;
    /** Sum of the tokens that each strategy would have trained alone. */
    readonly tokensStandalone: number;
    readonly nodes: readonly GraphNodeResult[];
    readonly edges: readonly GraphEdgeResult[];
  };
  /** Strategies stopped by an error of a plugin, or by a segment that could not be trained. */
  readonly failures: readonly FailureResult[];
  /** One for each fault. Absent in results of earlier releases of Branchline. */
  readonly warnings?: readonly WarningResult[];
  /** Strategies that release averages, each compared with the cheapest one that trains branches off the same path. */
  readonly averagingSaved: readonly {
    readonly strategy: string;
    readonly seed: number;
    readonly insteadOf: string;
    /** Cost of the branches that averaging avoids. */
    readonly branches: Cost;
    /** Cost of what only the averages need: a longer path. */
    readonly extra: Cost;
  }[];
  /** Verdicts over seeds; null with one seed and no rule in the experiment file. */
  readonly comparison: ComparisonResult | null;
  /** Everything trained, evaluated and charged in the run directory, over all starts of the run. */
  readonly actual: Cost;
  /** Currency of all `money` amounts, ISO 4217. */
  readonly currency: string;
}
