import { token } from '../di.js';
import type { Digest } from '../json.js';
import type { VersionInfo } from '../spec/experiment-info.js';
import type { OrderBy } from '../spec/values.js';
import type { EvaluationSet, SequenceSource } from '../trainer/trainer.js';

/** Which sequences, in which order. */
export interface OrderRequest {
  /** The increments to draw from; `sequences` asks for a part of that many, spread over domains and scores. */
  readonly parts: readonly { readonly version: number; readonly sequences?: number }[];
  readonly order: OrderBy;
  /** Decides every shuffle. */
  readonly seed: number;
}

/** An order, written out. */
export interface MaterializedOrder {
  /** Digest of `ids`: requests that come to the same ids have the same digest. */
  readonly digest: Digest;
  /** Sequence ids, first trained first. */
  readonly ids: Uint32Array;
}

/** What the kernel needs of the data; `packages/data` provides it. */
export interface DataProvider extends SequenceSource {
  /** Of the corpus: its texts, its split and its tokens. */
  readonly digest: Digest;
  readonly versions: readonly VersionInfo[];
  readonly domains: readonly string[];
  /** Whether sequences have scores. */
  readonly scored: boolean;
  /** A pure function of the corpus and the request. */
  order(request: OrderRequest): MaterializedOrder;
  /** The same ids in another order. */
  reorder(ids: Uint32Array, order: OrderBy, seed: number): MaterializedOrder;
  evaluationSet(): EvaluationSet;
}

export const DATA = token<DataProvider>('data');
