import { BranchlineError, type JsonValue } from '@branchline/core';

/** What a scorer is asked to do. Nothing in it may depend on time, chance or the order of calls. */
export interface ScorerDefinition<Model = undefined> {
  /** What it is called, in messages and in the digest of the corpus. */
  readonly name: string;
  /** Goes up whenever the same text may get another score. */
  readonly version: string;
  /** All that changes its scores, as JSON. */
  readonly options?: JsonValue;
  /** Bytes of text that `fit` is given at most, but for the end of a document. Default 4 MiB. */
  readonly sampleBytes?: number;
  /**
   * Learns from texts before the first is scored: a sample of the training text, or of `reference` where the
   * experiment names one, each text once, chosen by digest.
   */
  fit?(sample: readonly Uint8Array[]): Model | Promise<Model>;
  /**
   * A finite number for each text (UTF-8, at most `maxDocumentBytes` long); higher is better. A text's score must not
   * depend on the others of its batch.
   */
  score(texts: readonly Uint8Array[], model: Model): ArrayLike<number> | Promise<ArrayLike<number>>;
}

/** A scorer that can stand in `data.score`; what it has learnt is its own business. */
export type Scorer = ScorerDefinition<unknown>;

/**
 * Makes a scorer of one's own for `data.score`. Name, version and options belong to the digest of the corpus.
 *
 * @throws BranchlineError for a definition without a name, a version or `score`.
 */
export function defineScorer<Model = undefined>(definition: ScorerDefinition<Model>): Scorer {
  if (!isScorer(definition))
    throw new BranchlineError('config', {
      message: 'a scorer needs a name, a version and a function score',
      remedy: "Write for example defineScorer({ name: 'length', version: '1', score: (texts) => texts.map(...) }).",
    });
  return definition;
}

/** Whether a value has what every scorer has. */
export function isScorer(value: unknown): value is Scorer {
  if (typeof value !== 'object' || value === null) return false;
  const { name, version, score, fit } = value as Partial<Record<keyof Scorer, unknown>>;
  const isText = (one: unknown) => typeof one === 'string' && one.length > 0;
  return (
    isText(name) && isText(version) && typeof score === 'function' && (fit === undefined || typeof fit === 'function')
  );
}
