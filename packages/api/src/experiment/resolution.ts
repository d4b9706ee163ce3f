/** How small a difference the text that releases are evaluated on can show. */
import type { EvaluationSet } from '@branchline/core';

/**
 * Typical standard deviation of the loss between sequences, nats per token: measured, see "How much held-out text" in
 * docs/statistics.md.
 */
const DEVIATION_OF_LOSSES = 0.7;
/** The same for the difference of the losses of two strategies on one sequence. */
const DEVIATION_OF_DIFFERENCES = 0.1;
/** Differences of this size should be visible: the standard error is at most half of it. */
export const SMALL_DIFFERENCE = 0.01;

/** Expected standard errors from the choice of text, nats per token. Variation between seeds is not part of them. */
export interface Resolution {
  /** Of the loss of a release. */
  readonly loss: number;
  /** Of the difference between the losses of two strategies on the same text. */
  readonly difference: number;
  /** Sequences that reduce the error of a difference to half of `SMALL_DIFFERENCE`. */
  readonly needed: number;
}

/** The resolution of a mean over so many sequences; at least one. */
export function resolutionOf(sequences: number): Resolution {
  return {
    loss: DEVIATION_OF_LOSSES / Math.sqrt(sequences),
    difference: DEVIATION_OF_DIFFERENCES / Math.sqrt(sequences),
    needed: Math.ceil((DEVIATION_OF_DIFFERENCES / (SMALL_DIFFERENCE / 2)) ** 2),
  };
}

/** Number of sequences of a set. */
export function sequencesOf({ parts }: EvaluationSet): number {
  return parts.reduce((sum, part) => sum + part.sequences.length, 0);
}
