import { BranchlineError, type Digest, type JsonValue } from '@branchline/core';
import type { ClassifierFigures } from './classifier-figures.js';

/** A document scorer. Its results must not depend on time, randomness or the order of calls. */
export interface ScorerDefinition<Model = undefined> {
  /** Name in messages and in the digest of the corpus. */
  readonly name: string;
  /** Change it whenever the same text may get another score. */
  readonly version: string;
  /** Everything else that affects the scores, as JSON. */
  readonly options?: JsonValue;
  /** Size of the sample passed to `fit`, in bytes; the last text may exceed it. Default 4 MiB. */
  readonly sampleBytes?: number;
  /**
   * Called once before scoring, with a sample of the training text (or of `reference`, if the experiment names one):
   * distinct texts, chosen by digest. Returns the model that is passed to `score`.
   */
  fit?(sample: readonly Uint8Array[]): Model | Promise<Model>;
  /**
   * Returns a finite number for each text (UTF-8, at most `maxDocumentBytes` long); higher is better. A text's score
   * must not depend on the other texts of the batch.
   */
  score(texts: readonly Uint8Array[], model: Model): ArrayLike<number> | Promise<ArrayLike<number>>;
}

/** A scorer for `data.score`, with its model type erased. */
export type Scorer = ScorerDefinition<unknown>;

/**
 * Defines a custom scorer for `data.score`. Name, version and options are part of the digest of the corpus.
 *
 * @throws BranchlineError if name, version or `score` is missing.
 */
export function defineScorer<Model = undefined>(definition: ScorerDefinition<Model>): Scorer {
  if (!isScorer(definition))
    throw new BranchlineError('config', {
      message: 'a scorer needs a name, a version and a function score',
      remedy: "Write for example defineScorer({ name: 'length', version: '1', score: (texts) => texts.map(...) }).",
    });
  return definition;
}

/** Whether a value is a scorer. */
export function isScorer(value: unknown): value is Scorer {
  if (typeof value !== 'object' || value === null) return false;
  const { name, version, score, fit } = value as Partial<Record<keyof Scorer, unknown>>;
  const isText = (one: unknown) => typeof one === 'string' && one.length > 0;
  return (
    isText(name) && isText(version) && typeof score === 'function' && (fit === undefined || typeof fit === 'function')
  );
}

/** A text to be scored: a document or a part of one. */
export interface PieceText {
  readonly text: Uint8Array;
  /** Digest of the whole document as read. */
  readonly document: Digest;
}

/** A text of a sample. */
export interface SampledText extends PieceText {
  /** Digest of the text as read, before noise. */
  readonly clean: Digest;
}

/** The samples that a `ContrastScorer` learns from; they share no text with each other or with a validation set. */
export interface SamplePair {
  readonly reference: readonly SampledText[];
  /** Of the training text. */
  readonly sample: readonly SampledText[];
  readonly removed: ClassifierFigures['removed'];
}

/** What a scorer has learned. */
export interface Fitted {
  /** Returns a finite number for each text; higher is better. */
  score(texts: readonly PieceText[]): ArrayLike<number> | Promise<ArrayLike<number>>;
  readonly figures?: ClassifierFigures;
}

/** A scorer that learns to tell a reference from the training text. Name, version and options are as in `Scorer`. */
export interface ContrastScorer {
  readonly name: string;
  readonly version: string;
  readonly options: JsonValue;
  /** Size of each of the two samples, in bytes; the last text may exceed it. */
  readonly sampleBytes: number;
  contrast(samples: SamplePair): Promise<Fitted>;
}

/** Every scorer of text. */
export type TextScorer = Scorer | ContrastScorer;

/** A scorer as recorded in corpus keys and manifests. */
export function describeScorer({ name, version, options }: TextScorer): JsonValue {
  return { name, version, options: options ?? null };
}
