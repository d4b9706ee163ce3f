import type { Digest } from '@branchline/core';
import { digestBytes } from '@branchline/core';
import { type ClassifierFigures, figuresOf, type ScoredText } from './classifier-figures.js';
import type { ContrastScorer, Fitted, PieceText, SampledText, SamplePair } from './define.js';
import { halfOf } from './halves.js';
import { LinearModel, type LinearSettings, logistic } from './linear-model.js';

/** Settings of the score `classifier`. */
export interface ClassifierSettings extends LinearSettings {
  /** Bytes of the reference, and of the training text, that the classifier learns from. */
  readonly sampleBytes: number;
}

/**
 * The log-odds that a text is of the reference and not of the training text, under a linear classifier of byte n-grams.
 * DCLM (Li et al., 2024) scores text in this way, with fastText.
 *
 * Two classifiers are fitted on disjoint halves of the documents, and a text is scored by the one that has seen neither
 * its document nor its text. So all scores are of unseen text, those of the samples too: the figures are
 * cross-validated, and need no text of their own.
 */
export function classifier({ ngrams, buckets, epochs, sampleBytes }: ClassifierSettings): ContrastScorer {
  const settings: LinearSettings = { ngrams, buckets, epochs };
  return {
    name: 'classifier',
    version: '1',
    options: { ngrams: [...ngrams], buckets, sampleBytes, epochs },
    sampleBytes,
    contrast: (samples) => CrossFitted.fit(samples, settings),
  };
}

class CrossFitted implements Fitted {
  readonly figures: ClassifierFigures;
  /** Model `h` has not seen half `h`. */
  readonly #models: readonly LinearModel[];
  /** The half in which the text of a sample was seen, whatever the document that has the same text. */
  readonly #halves: ReadonlyMap<Digest, number>;

  private constructor(models: readonly LinearModel[], samples: SamplePair) {
    const { reference, sample, removed } = samples;
    this.#models = models;
    this.#halves = new Map(
      [...reference, ...sample].map(({ text, document }) => [digestBytes(text), halfOf(document)]),
    );
    const scored = (texts: readonly SampledText[]): ScoredText[] =>
      texts.map((one) => ({ score: this.#score(one), document: one.document, bytes: one.text.length }));
    this.figures = figuresOf(scored(reference), scored(sample), removed, logistic);
  }

  static async fit(samples: SamplePair, settings: LinearSettings): Promise<CrossFitted> {
    const models: LinearModel[] = [];
    for (const half of [0, 1]) {
      const seen = (texts: readonly SampledText[]) =>
        texts.filter(({ document }) => halfOf(document) !== half).map(({ text }) => text);
      models.push(await LinearModel.fit(seen(samples.reference), seen(samples.sample), settings));
    }
    return new CrossFitted(models, samples);
  }

  score(texts: readonly PieceText[]): number[] {
    return texts.map((one) => this.#score(one));
  }

  #score({ text, document }: PieceText): number {
    const half = this.#halves.get(digestBytes(text)) ?? halfOf(document);
    return this.#models[half]!.score(text);
  }
}
