import type { OptimizerSpec } from '@branchline/core';
import type { Parameter } from '@branchline/model';
import { sizeOf } from '@branchline/model';

/** A run of neighbouring elements that are either all decayed or not. */
interface Segment {
  readonly start: number;
  readonly end: number;
  readonly decayed: boolean;
}

/** Weights and moments of a model, each the arrays of all parameters one after the other. */
export interface Slots {
  readonly weights: Float32Array;
  /** Moving average of the gradient. */
  readonly first: Float32Array;
  /** Moving average of the squared gradient. */
  readonly second: Float32Array;
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

/** The L2 norm, summed in float64 in a fixed order. Four sums, because one would wait for itself at every addition. */
export function globalNorm(values: Float32Array): number {
  let [a, b, c, d] = [0, 0, 0, 0];
  const even = values.length - (values.length % 4);
  for (let i = 0; i < even; i += 4) {
    const [p, q, r, s] = [values[i]!, values[i + 1]!, values[i + 2]!, values[i + 3]!];
    a += p * p;
    b += q * q;
    c += r * r;
    d += s * s;
  }
  for (let i = even; i < values.length; i++) a += values[i]! * values[i]!;
  return Math.sqrt(a + b + (c + d));
}

/**
 * One step of AdamW (Loshchilov and Hutter, 2019, algorithm 2), in place: float64 arithmetic, rounded to float32 when
 * stored. Clipping scales the gradient by `clipNorm / gradNorm` when its norm exceeds `clipNorm`.
 *
 * @param step steps including this one since the moments were zero
 * @param gradNorm the global norm of `gradient` before clipping
 */
export function adamw(
  slots: Slots,
  gradient: Float32Array,
  gradNorm: number,
  segments: readonly Segment[],
  spec: OptimizerSpec,
  lr: number,
  step: number,
): void {
  const clip = spec.clipNorm > 0 && gradNorm > spec.clipNorm ? spec.clipNorm / gradNorm : 1;
  // lr * (m / c1) / (sqrt(v / c2) + epsilon), with what does not depend on the element taken out of the loop
  const rate = lr / (1 - spec.beta1 ** step);
  const spread = 1 / Math.sqrt(1 - spec.beta2 ** step);
  for (const { start, end, decayed } of segments) {
    const keep = decayed ? 1 - lr * spec.weightDecay : 1;
    update(slots, gradient, start, end, clip, keep, rate, spread, spec.beta1, spec.beta2, spec.epsilon);
  }
}

/** The loop of `adamw`, alone so that the compiler sees numbers and typed arrays only. */
function update(
  { weights, first, second }: Slots,
  gradient: Float32Array,
  start: number,
  end: number,
  clip: number,
  keep: number,
  rate: number,
  spread: number,
  beta1: number,
  beta2: number,
  epsilon: number,
): void {
  const [rest1, rest2] = [1 - beta1, 1 - beta2];
  for (let i = start; i < end; i++) {
    const g = gradient[i]! * clip;
    const m = beta1 * first[i]! + rest1 * g;
    const v = beta2 * second[i]! + rest2 * g * g;
    first[i] = m;
    second[i] = v;
    weights[i] = weights[i]! * keep - (rate * m) / (Math.sqrt(v) * spread + epsilon);
  }
}
