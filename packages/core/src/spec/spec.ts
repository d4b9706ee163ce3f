/**
 * What a strategy can decide. Plugins return *parts* of these specs; the kernel merges the parts field by field and
 * remembers who set each field (see `fields.ts`). Nothing here mentions tensors.
 */
import type { Stage } from './schedule.js';

/** Where a version's main path starts. */
export type StartSpec =
  /** Fresh weights. */
  | { readonly from: 'scratch' }
  /** The end of the previous version's main path: what was not released. */
  | { readonly from: 'tip' }
  /** The release of an earlier version (default: the previous one). */
  | { readonly from: 'release'; readonly version?: number };

/** Which sequences a version trains on. */
export type DataSpec =
  /** The version's own increment. */
  | { readonly use: 'new' }
  /** Every increment so far. */
  | { readonly use: 'all' }
  /**
   * The version's own increment with `replay` of the sequences replaced by sequences of earlier versions, so that
   * the number of sequences, and with it the compute, stays that of `new`. 0 <= replay < 1.
   */
  | { readonly use: 'mixture'; readonly replay: number }
  /** A share of the sequences of `of`: those with the highest scores, or any. 0 < share <= 1; at least one batch. */
  | { readonly use: 'subset'; readonly of: 'new' | 'all'; readonly by: 'score' | 'random'; readonly share: number }
  /** These training sequences of increments so far, each once. */
  | { readonly use: 'chosen'; readonly sequences: readonly number[] | Uint32Array };

/** In which order. Every order is a permutation; it is a pure function of the corpus, this spec and the seed. */
export type OrderBy =
  | { readonly by: 'shuffled' }
  /** By score; several domains are sorted apart and interleaved by normalised rank. */
  | { readonly by: 'ascending' | 'descending' }
  /** `folds` stages, each a stratified part of the data sorted by score. */
  | { readonly by: 'folded'; readonly folds: number; readonly direction: 'ascending' | 'descending' }
  /** `buckets` buckets; bucket k holds rank slice k of every domain, shuffled within. */
  | { readonly by: 'interleaved'; readonly buckets: number; readonly direction: 'ascending' | 'descending' };

/** `together`: one order over all increments. `by-version`: each increment in its own order, one after the other. */
export type OrderScope = 'together' | 'by-version';

/** The learning rate of a path. */
export interface LearningRateSpec {
  /** The highest rate. */
  readonly peak: number;
  /** Steps of linear warm-up from 0 to the rate the schedule starts with. */
  readonly warmup: number;
  /** What the rate does after the warm-up, as stages over the remaining steps. */
  readonly schedule: readonly Stage[];
  /** The rate that `'min'` in a stage stands for, as a share of the peak. */
  readonly minRatio: number;
}

/** What a path takes over from the checkpoint it starts from; each part on its own. */
export interface CarrySpec {
  /** False: weights are drawn anew. */
  readonly weights: boolean;
  /** False: optimizer moments start at zero. */
  readonly optimizer: boolean;
  /** True: the schedule starts at the rate the parent path had. False: it warms up and starts at the peak. */
  readonly schedule: boolean;
  /** True: plugins' random streams go on. False: they start anew under the path's own name. */
  readonly random: boolean;
  /** True: plugins' state is copied. False: it starts at the plugin's initial state. */
  readonly plugins: boolean;
}

/** What a branch takes over; it also has a place in its version's data. */
export interface ForkCarrySpec extends CarrySpec {
  /** True: training goes on behind the parent's last sequence, unless the branch has data of its own. False: at the beginning. */
  readonly data: boolean;
}

/** One checkpoint of an average: `stepsBack` steps before the end of the path that releases. */
export interface AveragePart {
  readonly stepsBack: number;
  readonly weight: number;
}

/** What a version releases. */
export interface ReleaseSpec {
  /** `main`, or the name of a fork. */
  readonly path: string;
  /** Absent: the last state of the path. Present: this weighted sum of states of the path and of its past. */
  readonly average: readonly AveragePart[] | null;
}

/** Everything `onVersion` can set. */
export interface VersionSpec {
  readonly start: StartSpec;
  readonly data: DataSpec;
  readonly order: { readonly by: OrderBy; readonly scope: OrderScope };
  /** Steps of the version's main path. */
  readonly steps: number;
  readonly lr: LearningRateSpec;
  readonly carry: CarrySpec;
  /** Names of the branches that leave the main path; `onFork` is asked about each. */
  readonly forks: readonly string[];
  readonly release: ReleaseSpec;
}

/** Everything `onFork` can set. */
export interface ForkSpec {
  /** The path it leaves: `main`, or a fork that `forks` names before it. */
  readonly from: string;
  /** Steps of that path before the branch leaves it. */
  readonly at: number;
  /** Steps of the branch. */
  readonly steps: number;
  readonly lr: LearningRateSpec;
  /** Absent: the branch goes on with the data of the path it leaves. */
  readonly data: DataSpec | null;
  /** Absent: the order of its version. With `carry.data` it orders what the main path has not seen yet. */
  readonly order: { readonly by: OrderBy | null };
  readonly carry: ForkCarrySpec;
}

/** Everything `onStep` can set. */
export interface StepSpec {
  readonly lr: {
    /** Multiplies the rate of this step. */
    readonly factor: number;
  };
  /** Loss weight of each sequence of the batch. */
  readonly weights: readonly number[] | null;
  /** True: the state after this step is kept and listed in the results. */
  readonly capture: boolean;
  /** True: the path ends after this step. */
  readonly stop: boolean;
}

/** A spec of which any field may be missing; what hooks return. */
export type Part<T> = {
  readonly [K in keyof T]?: T[K] extends readonly unknown[] | string | number | boolean | null
    ? T[K]
    : K extends 'lr' | 'carry' | 'release' | 'order'
      ? Part<T[K]>
      : T[K];
};

/** What `onVersion` returns. */
export type VersionPart = Part<VersionSpec>;
/** What `onFork` returns. */
export type ForkPart = Part<ForkSpec>;
/** What `onStep` returns. */
export type StepPart = Part<StepSpec>;

type Dotted<T, Group extends string> = {
  [K in keyof T & string]: K extends Group ? `${K}.${keyof T[K] & string}` : K;
}[keyof T & string];

/** Dotted names of all fields. */
export type FieldName =
  | Dotted<VersionSpec, 'order' | 'lr' | 'carry' | 'release'>
  | Dotted<ForkSpec, 'order' | 'lr' | 'carry'>
  | Dotted<StepSpec, 'lr'>;
