/** How far off predictions are. */
import { type Formula, type LawErrors, predictCurve } from '../law/law.js';
import type { LossCurve } from './curve.js';

/** Signed relative errors of a law at all points of a curve: (predicted - measured) / measured. */
export function relativeErrors(law: Formula, { rates, steps, losses }: LossCurve): Float64Array {
  const predicted = predictCurve(law, rates, steps);
  return predicted.map((loss, index) => (loss - losses[index]!) / losses[index]!);
}

/** Summarizes relative errors of one or more curves; each ends with its last point. Needs at least one point. */
export function summarizeErrors(curves: readonly Float64Array[]): LawErrors {
  const sizes = Float64Array.from(curves.flatMap((errors) => Array.from(errors, Math.abs))).sort();
  return {
    mean: sizes.reduce((sum, size) => sum + size, 0) / sizes.length,
    max: sizes.at(-1)!,
    end: Math.max(...curves.map((errors) => Math.abs(errors.at(-1)!))),
    p95: sizes[Math.min(sizes.length - 1, Math.ceil(0.95 * sizes.length) - 1)]!,
    points: sizes.length,
  };
}
