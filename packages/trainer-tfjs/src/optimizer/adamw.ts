import type { OptimizerSpec } from '@branchline/core';
import { type Factors, factorsOf, type Parameter, sizeOf } from '@branchline/model';
import { BLOCK, type Slots, updateBlock } from './vector.js';

/** How a parameter is updated: parameters with equal rules are updated alike. */
export interface Rule {
  /** Whether it has weight decay. */
  readonly decayed: boolean;
  readonly factors: Factors;
}

/** Consecutive elements with one rule. */
export interface Segment extends Rule {
  readonly start: number;
  readonly end: number;
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

/** Matrices have weight decay, vectors have none; factors are those of the parameter's class. */
export function ruleOf(parameter: Parameter, groups: OptimizerSpec['groups']): Rule {
  return { decayed: parameter.shape.length > 1, factors: factorsOf(parameter, groups) };
}

/** Whether two rules are the same. */
export function isSameRule(a: Rule, b: Rule): boolean {
  const { rate, weightDecay, epsilon } = a.factors;
  const same = rate === b.factors.rate && weightDecay === b.factors.weightDecay && epsilon === b.factors.epsilon;
  return a.decayed === b.decayed && same;
}

/** The elements of all parameters; neighbours with one rule form one segment. */
export function segmentsOf(table: readonly Parameter[], groups?: OptimizerSpec['groups']): readonly Segment[] {
  const segments: Segment[] = [];
  let start = 0;
  for (const parameter of table) {
    const end = start + sizeOf(parameter.shape);
    const rule = ruleOf(parameter, groups);
    const last = segments.at(-1);
    if (last !== undefined && isSameRule(last, rule)) segments[segments.length - 1] = { ...last, end };
    else segments.push({ start, end, ...rule });
    start = end;
  }
  return segments;
}

/** The scalars of a step that depend on the rule: the factor of the weights, the rate of the update, and epsilon. */
export function scalarsOf(
  { decayed, factors }: Rule,
  { beta1, weightDecay, epsilon }: OptimizerSpec,
  { lr, step }: Pick<AdamwStep, 'lr' | 'step'>,
): { readonly keep: number; readonly rate: number; readonly epsilon: number } {
  const own = lr * factors.rate;
  return {
    keep: decayed ? 1 - own * (weightDecay * factors.weightDecay) : 1,
    rate: own / (1 - beta1 ** step),
    epsilon: epsilon * factors.epsilon,
  };
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
  spec: OptimizerSpec,
  at: AdamwStep,
  range: Range = { from: 0, to: gradient.length },
): void {
  const { beta1, beta2, clipNorm } = spec;
  const clip = clipNorm > 0 && at.gradNorm > clipNorm ? clipNorm / at.gradNorm : 1;
  // rate * (m / c1) / (sqrt(v / c2) + epsilon), with factors that are equal for all elements taken out of the loop
  const spread = 1 / Math.sqrt(1 - beta2 ** at.step);
  for (const segment of segments) {
    const { start, end } = segment;
    const { keep, rate, epsilon } = scalarsOf(segment, spec, at);
    const scalars = [clip, keep, rate, spread, beta1, 1 - beta1, beta2, 1 - beta2, epsilon] as const;
    const [first, last] = [Math.max(start, range.from), Math.min(end, range.to)];
    for (let from = first; from < last; from += BLOCK) {
      updateBlock(slots, gradient, from, Math.min(last, from + BLOCK), scalars);
    }
  }
}
