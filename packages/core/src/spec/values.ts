/** Field values that are objects or unions. */

/** Where a version's main path starts. */
export type StartSpec =
  /** Fresh weights. */
  | { readonly from: 'scratch' }
  /** The end of the previous version's main path, even if another path was released. */
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
   * The version's own increment, with a share `replay` of its sequences replaced by sequences of earlier versions. The
   * number of sequences, and therefore the compute, equals that of `new`. 0 <= replay < 1. With `to` the share changes
   * linearly over each pass, from `replay` at its beginning to `to` at its end; the order is then `together`.
   */
  | { readonly use: 'mixture'; readonly replay: number; readonly to?: number }
  /**
   * A share of the sequences of `of`: those with the highest scores, or random ones. 0 < share <= 1; at least one
   * batch. `domains` is how several domains are ranked by score: `separate`, the default, takes the share of each.
   * `replay` replaces a share of a subset of `new`, those it would take last, by sequences of earlier versions.
   */
  | {
      readonly use: 'subset';
      readonly of: 'new' | 'all';
      readonly by: 'score' | 'random';
      readonly share: number;
      readonly domains?: DomainRanking;
      readonly replay?: number;
    }
  /** The given training sequences of increments so far, without repeats. */
  | { readonly use: 'chosen'; readonly sequences: readonly number[] | Uint32Array };

/**
 * How an order ranks the sequences of several domains. `separate`, the default: each domain by itself; domains are then
 * interleaved by normalized rank, so that every range of the order has them in proportion. For scores whose scale
 * differs by domain. `together`: all sequences by score. For scores that are comparable between domains, such as those
 * of a classifier; domains may then be unevenly spread.
 */
export type DomainRanking = 'separate' | 'together';

/** Order of the sequences: a permutation that is a pure function of the corpus, this spec and the seed. */
export type OrderBy =
  | { readonly by: 'shuffled' }
  /** By score. */
  | { readonly by: 'ascending' | 'descending'; readonly domains?: DomainRanking }
  /** `folds` stages, each a stratified part of the data, sorted by score. */
  | {
      readonly by: 'folded';
      readonly folds: number;
      readonly direction: 'ascending' | 'descending';
      readonly domains?: DomainRanking;
    }
  /** `buckets` buckets; bucket k holds rank slice k of every domain, shuffled. */
  | {
      readonly by: 'interleaved';
      readonly buckets: number;
      readonly direction: 'ascending' | 'descending';
      readonly domains?: DomainRanking;
    }
  /**
   * The best share of the sequences ascending at the end, as `ascending` ends; before it the others, in the relative
   * order that `shuffled` gives them. 0 < best < 1.
   */
  | { readonly by: 'finish'; readonly best: number; readonly domains?: DomainRanking };

/** `together`: one order over all increments. `by-version`: each increment in its own order, one after the other. */
export type OrderScope = 'together' | 'by-version';

/** Knowledge distillation in the first steps of a path. */
export interface DistilSpec {
  readonly teacher: TeacherSpec;
  /** Weight of the divergence from the teacher; the negative log-likelihood has the rest. Above 0, at most 1. */
  readonly weight: number;
  /** Divides the logits of both; above 0. Default 1. */
  readonly temperature?: number;
  /** Steps of the path that distil, from its first one; those after them train plainly. Default: all. */
  readonly steps?: number;
}

/** A model with the same vocabulary that a student learns from. */
export type TeacherSpec =
  | TeacherState
  /** A Hugging Face checkpoint of a decoder of any size, a folder relative to the experiment file. */
  | { readonly state: 'checkpoint'; readonly from: string };

/** A state of the same strategy that exists before the path begins. */
export type TeacherState = Extract<AveragedState, { readonly state: 'start' | 'release' | 'path' }>;

/** A state of an average. All weights add up to 1; they may be negative. */
export type AveragePart = { readonly weight: number } & AveragedState;

export type AveragedState =
  /** `stepsBack` steps before the end of the released path, on it or the paths it left, within the version. */
  | { readonly state?: undefined; readonly stepsBack: number }
  /** The state that the version starts from. */
  | { readonly state: 'start' }
  /** The weights before the first step: fresh ones, or those of the checkpoint that the model starts from. */
  | { readonly state: 'fresh' }
  /** The release of an earlier version (default: the previous one). */
  | { readonly state: 'release'; readonly version?: number }
  /** `stepsBack` steps (default 0) before the end of a path of this or an earlier version (default: this one). */
  | { readonly state: 'path'; readonly path: string; readonly version?: number; readonly stepsBack?: number };
