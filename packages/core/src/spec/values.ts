/** Values of fields that are more than a number, a name or a flag. */

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

/** One checkpoint of an average: `stepsBack` steps before the end of the path that releases. */
export interface AveragePart {
  readonly stepsBack: number;
  readonly weight: number;
}
