import type { Cost, Digest, JsonValue, TrainerInfo } from '@branchline/core';
import type { ComparisonResult } from './comparison.js';
import type { TaskResult } from './task-results.js';
import type { TransferResult } from './transfer-result.js';

/** What a release makes of the held-out text that one version has of one domain. */
export interface HeldOutResult {
  /** Index of the version that the text came with. */
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
  /** SHA-256 of the weights file: equal digests, equal models. */
  readonly weightsDigest: Digest;
  /** Checkpoints averaged into it; 1 for a release that was trained. */
  readonly averaged: number;
  /** Nats per token on the held-out text of versions 1 ... `version`. */
  readonly loss: number;
  readonly bitsPerByte: number;
  /** On the held-out text of versions 1 ... `version`, by domain. */
  readonly lossByDomain: Readonly<Record<string, number>>;
  /** On the held-out text of every version of the experiment, later ones included, by version name. */
  readonly lossByVersion: Readonly<Record<string, number>>;
  /** Domain and version crossed, later versions included. Absent in results that were written before it was known. */
  readonly heldOut?: readonly HeldOutResult[];
  /** Absent for the first release, and where `heldOut` is. */
  readonly transfer?: TransferResult;
  /** Answered tasks, in the order of the experiment; absent without any. */
  readonly tasks?: readonly TaskResult[];
  /** What the strategy had to train, alone, to publish versions 1 ... `version`. */
  readonly cumulative: Cost;
}

/** One path of a strategy, for drawing. Positions count steps since the weights were drawn. */
export interface PathResult {
  readonly version: number;
  /** `main` or the fork's name. */
  readonly name: string;
  readonly begin: number;
  readonly end: number;
  /** True when the version's release is this path's end or an average over it. */
  readonly releases: boolean;
  /** Rate as a polyline of [position, rate]. */
  readonly rate: readonly (readonly [number, number])[];
  /** Training loss, thinned to at most a few hundred points, of [position, nats per token]. */
  readonly loss: readonly (readonly [number, number])[];
}

/** One strategy under one seed. */
export interface StrategyResult {
  /** As often in the results as there are seeds. */
  readonly name: string;
  readonly seed: number;
  readonly plugins: readonly { readonly name: string; readonly version?: string; readonly options: JsonValue }[];
  readonly cost: {
    /** Had this strategy been run alone. Its own paths still share what they have in common. */
    readonly standalone: Cost;
    /** Every segment and evaluation divided equally among the strategies that need it, and what its plugins charged. */
    readonly attributed: Cost;
    /** Standalone tokens over the baseline's under the same seed. */
    readonly ratioToBaseline: number;
  };
  readonly releases: readonly ReleaseResult[];
  /** States that a plugin's `onStep` wanted kept. */
  readonly captures: readonly { readonly checkpoint: Digest; readonly position: number }[];
  readonly paths: readonly PathResult[];
}

/** A checkpoint in the run graph. */
export interface GraphNodeResult {
  /** Index in `nodes`. */
  readonly id: number;
  readonly key: Digest;
  /**
   * `init`: fresh weights. `step`: end of a segment. `derived`: an average. `reset`: a checkpoint without some parts.
   */
  readonly kind: 'init' | 'step' | 'derived' | 'reset';
  /** Steps since the weights were drawn. */
  readonly position: number;
  /** Of the weights it began with. */
  readonly seed: number;
  readonly releases: readonly { readonly strategy: string; readonly version: number }[];
}

/** A segment (`train`), or the way from a checkpoint into one that is derived from it. */
export interface GraphEdgeResult {
  readonly from: number;
  readonly to: number;
  readonly kind: 'train' | 'average' | 'reset';
  readonly steps: number;
  /** Weight of `from` in an average; 1 elsewhere. */
  readonly weight: number;
  readonly strategies: readonly string[];
}

/** Why a strategy is not among the results. */
export interface FailureResult {
  readonly strategies: readonly string[];
  /** Absent: under every seed. */
  readonly seeds?: readonly number[];
  readonly message: string;
}

/** `results.json`. The schema is kept in `packages/report/results.schema.json`. */
export interface Results {
  readonly format: 2;
  readonly experiment: {
    readonly name: string;
    /** As typed, to run it again. */
    readonly command: string;
    /** ISO 8601. */
    readonly finishedAt: string;
    /** Of the experiment: model, optimizer, data, plans. Equal digests train equal models. */
    readonly digest: Digest;
  };
  readonly model: {
    readonly spec: JsonValue;
    readonly parameters: number;
    readonly context: number;
    readonly flopsPerToken: number;
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
  };
  readonly trainer: TrainerInfo;
  /** Of everything that is drawn but the corpus; the first is the one that the others were added to. */
  readonly seeds: readonly number[];
  readonly baseline: string;
  readonly strategies: readonly StrategyResult[];
  readonly graph: {
    /** Segments of the merged graph. */
    readonly segments: number;
    /** Tokens the ledger has for them: each trained once. */
    readonly tokensTrained: number;
    /** Tokens the strategies would have trained, each alone. */
    readonly tokensStandalone: number;
    readonly nodes: readonly GraphNodeResult[];
    readonly edges: readonly GraphEdgeResult[];
  };
  /** Strategies that a plugin's error or a segment that could not be trained stopped. */
  readonly failures: readonly FailureResult[];
  /** Strategies that release averages, beside the cheapest that trains branches off the same path for its releases. */
  readonly averagingSaved: readonly {
    readonly strategy: string;
    readonly seed: number;
    readonly insteadOf: string;
    /** Of the branches that were not trained. */
    readonly branches: Cost;
    /** Of what only the averages needed: a longer path. */
    readonly extra: Cost;
  }[];
  /** Verdicts over seeds; null with one seed and no rule in the experiment file. */
  readonly comparison: ComparisonResult | null;
  /** What was really trained, evaluated and charged, however often the run was started. */
  readonly actual: Cost;
  /** ISO 4217, of everything in `money`. */
  readonly currency: string;
}
