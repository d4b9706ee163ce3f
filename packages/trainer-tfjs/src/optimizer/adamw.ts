import type { OptimizerSpec } from '@branchline/core';
import type { Parameter } from '@branchline/model';
import { sizeOf } from '@branchline/model';
import { BLOCK, type Slots, updateBlock } from './vector.js';

/** Consecutive elements that all have weight decay, or all have none. */
export interface Segment {
  readonly start: number;
  readonly end: number;
  readonly decayed: boolean;
}

/** Inputs of a step that change from step to step. */
export interface AdamwStep {
  readonly lr: number;
  /** Global L2 norm of the gradient before clipping. */
  readonly gradNorm: number;
  /** Steps since the moments were zero, including this one. */
  readonly step: number;
}

/** Elements `from <= i < to` of an array of all parameters. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** Matrices have weight decay, vectors have none; neighbours of the same kind form one segment. */
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
 * One step of AdamW (Loshchilov and Hutter, 2019, algorithm 2) on a range, in place, in float32. If `gradNorm` exceeds
 * `clipNorm`, the gradient is scaled by `clipNorm / gradNorm`.
 *
 * @param slots weights and moments, each with all parameters concatenated
 * @param gradient with all parameters concatenated
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
  // lr * (m / c1) / (sqrt(v / c2) + epsilon), with factors that are equal for all elements taken out of the loop
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
