import type { OptimizerSpec } from '@branchline/core';
import type { Parameter } from '@branchline/model';
import { sizeOf } from '@branchline/model';
import { BLOCK, type Slots, updateBlock } from './vector.js';

/** A run of neighbouring elements that are either all decayed or not. */
export interface Segment {
  readonly start: number;
  readonly end: number;
  readonly decayed: boolean;
}

/** What changes from step to step. */
export interface AdamwStep {
  readonly lr: number;
  /** The global norm of the gradient before clipping. */
  readonly gradNorm: number;
  /** Steps including this one since the moments were zero. */
  readonly step: number;
}

/** Elements `from <= i < to` of the arrays of all parameters. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** Matrices are decayed, vectors are not; neighbours of the same kind make one segment. */
export function segmentsOf(table: readonly Parameter[]): readonly Segment[] {
  const segments: Segment[] = [];
  let start = 0;
  for (const { shape } of table) {
    const end = start + sizeOf(shape);
    const decayed = shape.length > 1;
    const last = segments.at(-1);
    if (last?.decayed === decayed) segments[segments.length - 1] = { ...last, end };
    else segments.push({ start, end, decayed });
    start = end;
  }
  return segments;
}

/**
 * One step of AdamW (Loshchilov and Hutter, 2019, algorithm 2) on a range, in place, in float32. Clipping scales the
 * gradient by `clipNorm / gradNorm` when its norm exceeds `clipNorm`.
 *
 * @param slots weights and moments, each the arrays of all parameters one after the other
 * @param gradient likewise
 */
export function adamw(
  slots: Slots,
  gradient: Float32Array,
  segments: readonly Segment[],
  { beta1, beta2, epsilon, weightDecay, clipNorm }: OptimizerSpec,
  { lr, gradNorm, step }: AdamwStep,
  range: Range = { from: 0, to: gradient.length },
): void {
  const clip = clipNorm > 0 && gradNorm > clipNorm ? clipNorm / gradNorm : 1;
  // lr * (m / c1) / (sqrt(v / c2) + epsilon), with what does not depend on the element taken out of the loop
  const rate = lr / (1 - beta1 ** step);
  const spread = 1 / Math.sqrt(1 - beta2 ** step);
  for (const { start, end, decayed } of segments) {
    const keep = decayed ? 1 - lr * weightDecay : 1;
    const scalars = [clip, keep, rate, spread, beta1, 1 - beta1, beta2, 1 - beta2, epsilon] as const;
    const [first, last] = [Math.max(start, range.from), Math.min(end, range.to)];
    for (let from = first; from < last; from += BLOCK) {
      updateBlock(slots, gradient, from, Math.min(last, from + BLOCK), scalars);
    }
  }
}
