import { token } from '../di.js';
import { type Digest, digestJson } from '../json.js';
import type { VersionInfo } from '../spec/experiment-info.js';
import type { OrderBy } from '../spec/values.js';
import type { EvaluationSet, SequenceSource, ValidationSet } from '../trainer/trainer.js';

/** Selects sequences and their order. */
export interface OrderRequest {
  /**
   * Versions whose increments are used. `sequences` takes that many of an increment, spread over domains and scores.
   */
  readonly parts: readonly { readonly version: number; readonly sequences?: number }[];
  readonly order: OrderBy;
  /** Seed of every shuffle. */
  readonly seed: number;
}

/** A data order as a list of ids. */
export interface MaterializedOrder {
  /** Digest of `ids`, which names the order within a plan: requests with equal ids have equal digests. */
  readonly digest: Digest;
  /** Sequence ids in training order. */
  readonly ids: Uint32Array;
}

/** What turned the texts into tokens, for the users of a trained model. */
export interface TokenizerInfo {
  /** Contains everything that determines the tokens. */
  readonly name: string;
  /** Token that ends every document. */
  readonly endOfDocument: number;
  /** Its files, under the names that Hugging Face gives them; none if it has no such files. */
  readonly files: readonly { readonly name: string; readonly digest: Digest }[];
}

/** The data that the kernel trains and evaluates on; implemented by `packages/data`. */
export interface DataProvider extends SequenceSource {
  /** Digest of the whole corpus, for records. No key holds it: a corpus grows. */
  readonly digest: Digest;
  readonly versions: readonly VersionInfo[];
  readonly domains: readonly string[];
  /** Whether sequences have scores. */
  readonly scored: boolean;
  /** Missing if the tokens are no text. */
  readonly tokenizer?: TokenizerInfo;
  /**
   * Rank of each sequence's score among the training sequences of its version, from 0 (the lowest) to 1. It does not
   * depend on other versions. Absent: sequences have no scores.
   */
  ranks?(ids: Uint32Array): Float64Array;
  /** A pure function of the corpus and the request. */
  order(request: OrderRequest): MaterializedOrder;
  /** Reorders the given ids. */
  reorder(ids: Uint32Array, order: OrderBy, seed: number): MaterializedOrder;
  /**
   * Content digests of sequences, `CONTENT_BYTES` each: equal exactly if their tokens are equal. State keys hold them,
   * so they depend on nothing else: neither on ids nor on other sequences.
   */
  contentOf(ids: Uint32Array): Uint8Array;
  /**
   * The held-out text: one set for each version that has some, in the order of versions. A set and its digest do not
   * depend on other versions.
   */
  evaluationSets(): readonly EvaluationSet[];
  /** Validation sets, each with a name of its own; absent: none. They are not part of `evaluationSets`. */
  validationSets?(): readonly ValidationSet[];
}

/** The held-out text of all versions as one set. */
export function allHeldOut(data: Pick<DataProvider, 'evaluationSets'>): EvaluationSet {
  const sets = data.evaluationSets();
  return { digest: digestJson(sets.map(({ digest }) => digest)), parts: sets.flatMap(({ parts }) => parts) };
}

export const DATA = token<DataProvider>('data');
