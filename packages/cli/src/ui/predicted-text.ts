import type { PredictedLosses } from '@branchline/core';
import { printable } from './printable.js';

/** `predicted by the law x, not measured: 95% of measured losses were within ±0.4%`. */
export function predictedText({ law, interval }: PredictedLosses): string {
  return `predicted by the law ${printable(law)}, not measured: 95% of the measured losses that it was compared with were within ±${percentOf(interval)}`;
}

/** A share in percent, with two digits. */
export const percentOf = (share: number): string => `${Number((100 * share).toPrecision(2))}%`;
