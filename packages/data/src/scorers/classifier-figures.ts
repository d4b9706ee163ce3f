/** How well a classifier tells the reference from the training text, and whether its score is worth sorting by. */
import { z } from 'zod';

/** A text of a sample with the score of the classifier that has not seen it. */
export interface ScoredText {
  readonly score: number;
  /** Digest of its document. */
  readonly document: string;
  readonly bytes: number;
}

const whole = z.int().nonnegative();
const share = z.number().min(0).max(1);
const sample = z.strictObject({ documents: whole, texts: whole, bytes: whole });

/** Schema of the figures in the manifest. */
export const figuresSchema = z.strictObject({
  /** Sizes of the samples. A text is a document, or a part of a long one. */
  reference: sample,
  sample,
  /** Texts that were left out of the samples. */
  removed: z.strictObject({
    /** Texts of both samples that a validation set has too. */
    evaluated: whole,
    /** Texts of the sample that the reference has too. */
    shared: whole,
  }),
  /**
   * Area under the ROC curve: the share of pairs of a text of the reference and one of the sample in which the first
   * scores higher; ties count half.
   */
  auc: share,
  /** Standard error of the area (Hanley and McNeil, 1982), with one observation per document. */
  standardError: z.number().nonnegative(),
  /** Mean of the shares of the two samples that are on the right side of 0 (balanced accuracy). */
  accuracy: share,
  /** Share of the sample that scores higher than the lowest tenth of the reference. */
  overlap: share,
  /**
   * Fifths of both samples by score, lowest first, both samples counting the same: the share that is of the reference,
   * and the share that the classifier predicts.
   */
  fifths: z.array(z.strictObject({ reference: share, predicted: share })).length(5),
});

/** Figures of a classifier, all of them of texts that the scoring model has not seen. */
export type ClassifierFigures = z.output<typeof figuresSchema>;

/** Computes the figures of two samples, neither of them empty. `chance`: the probability that belongs to a score. */
export function figuresOf(
  reference: readonly ScoredText[],
  sample: readonly ScoredText[],
  removed: ClassifierFigures['removed'],
  chance: (score: number) => number,
): ClassifierFigures {
  const auc = areaUnderCurve(reference, sample);
  const [sizeOfReference, sizeOfSample] = [sizeOf(reference), sizeOf(sample)];
  const right = (texts: readonly ScoredText[], isRight: (score: number) => boolean) =>
    texts.filter(({ score }) => isRight(score)).length / texts.length;
  const lowest = ascending(reference)[Math.floor(reference.length / 10)]!.score;
  return {
    reference: sizeOfReference,
    sample: sizeOfSample,
    removed,
    auc,
    standardError: errorOfArea(auc, sizeOfReference.documents, sizeOfSample.documents),
    accuracy: (right(reference, (score) => score > 0) + right(sample, (score) => score <= 0)) / 2,
    overlap: right(sample, (score) => score >= lowest),
    fifths: fifthsOf(reference, sample, chance),
  };
}

const ascending = <Text extends ScoredText>(texts: readonly Text[]) => [...texts].sort((a, b) => a.score - b.score);

function sizeOf(texts: readonly ScoredText[]): ClassifierFigures['sample'] {
  return {
    documents: new Set(texts.map(({ document }) => document)).size,
    texts: texts.length,
    bytes: texts.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

/** By the rank sum of Mann and Whitney; equal scores share their mean rank. */
function areaUnderCurve(reference: readonly ScoredText[], sample: readonly ScoredText[]): number {
  const all = ascending([
    ...reference.map((text) => ({ ...text, isReference: true })),
    ...sample.map((text) => ({ ...text, isReference: false })),
  ]);
  let ranks = 0;
  for (let begin = 0, end = 0; begin < all.length; begin = end) {
    while (end < all.length && all[end]!.score === all[begin]!.score) end++;
    const found = all.slice(begin, end).filter(({ isReference }) => isReference).length;
    ranks += found * ((begin + 1 + end) / 2);
  }
  const { length } = reference;
  return (ranks - (length * (length + 1)) / 2) / (length * sample.length);
}

/** Standard error of an area (Hanley and McNeil, "The meaning and use of the area under a ROC curve", 1982). */
function errorOfArea(auc: number, positives: number, negatives: number): number {
  const [q1, q2] = [auc / (2 - auc), (2 * auc * auc) / (1 + auc)];
  const square = auc * auc;
  const variance = auc * (1 - auc) + (positives - 1) * (q1 - square) + (negatives - 1) * (q2 - square);
  return Math.sqrt(Math.max(0, variance) / (positives * negatives));
}

function fifthsOf(
  reference: readonly ScoredText[],
  sample: readonly ScoredText[],
  chance: (score: number) => number,
): ClassifierFigures['fifths'] {
  const all = ascending([
    ...reference.map((text) => ({ ...text, isReference: true, weight: 1 / (2 * reference.length) })),
    ...sample.map((text) => ({ ...text, isReference: false, weight: 1 / (2 * sample.length) })),
  ]);
  const fifths = Array.from({ length: 5 }, () => ({ reference: 0, predicted: 0, weight: 0 }));
  let before = 0;
  for (const { score, isReference, weight } of all) {
    // By the middle of the text's own weight, which rounding cannot push to 1.
    const fifth = fifths[Math.min(4, Math.floor(5 * (before + weight / 2)))]!;
    if (isReference) fifth.reference += weight;
    fifth.predicted += weight * chance(score);
    fifth.weight += weight;
    before += weight;
  }
  const part = (value: number, weight: number) => (weight === 0 ? 0 : Math.min(1, value / weight));
  return fifths.map((fifth) => ({
    reference: part(fifth.reference, fifth.weight),
    predicted: part(fifth.predicted, fifth.weight),
  }));
}

/** Below this area, less two standard errors, a score does not tell the reference from the training text. */
export const LEAST_AREA = 0.6;
/** Below this overlap, no part of the training text resembles the reference. */
export const LEAST_OVERLAP = 0.01;

/** Whether a score is worth sorting by. */
export interface ScoreVerdict {
  /**
   * `indistinct`: the area, less two standard errors, is below 0.6; `apart`: less than 1% of the training text scores
   * higher than the lowest tenth of the reference; `useful`: neither.
   */
  readonly verdict: 'useful' | 'indistinct' | 'apart';
  /** The verdict as a sentence, with what to do. */
  readonly advice: string;
}

/** Whether a classifier's score is worth sorting by, by rules with fixed thresholds. */
export function judgeScore({ auc, standardError, overlap }: ClassifierFigures): ScoreVerdict {
  if (auc - 2 * standardError < LEAST_AREA)
    return {
      verdict: 'indistinct',
      advice:
        'the classifier hardly tells the reference from the training text: do not sort by it; choose another reference, add text to it, or use another score',
    };
  if (overlap < LEAST_OVERLAP)
    return {
      verdict: 'apart',
      advice:
        'almost no training text is like the reference, so the ranks say little: look for a difference in form (language, markup, line ends) and choose a reference that is closer to the text',
    };
  return {
    verdict: 'useful',
    advice: 'the score separates text like the reference from other text: it is worth sorting by',
  };
}
