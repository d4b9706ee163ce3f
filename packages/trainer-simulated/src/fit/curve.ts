/** Loss curves that laws are fitted to. */

/** A run: the rate of each step, and losses after some of them. */
export interface LossCurve {
  readonly name: string;
  /** Learning rate of every step from the first on, warm-up included. */
  readonly rates: Float64Array;
  /** Numbers of steps after which the loss was measured, ascending. */
  readonly steps: Float64Array;
  /** Nats per token, of the same length. */
  readonly losses: Float64Array;
}

/** A point of a schedule: the rate at a step. */
export type RatePoint = readonly [step: number, rate: number];

/**
 * Rates of all steps from points of a schedule, ascending by step. Rates between two points are on a line, except where
 * one constant rate follows another: then the rate jumps at the second point. Before the first point, the rate is that
 * of the first, after a linear warm-up from 0 over `warmup` steps. If the second point has a higher rate, the first is
 * within the warm-up: the rate then rises to it from 0.
 */
export function ratesThrough(points: readonly RatePoint[], warmup = 0): Float64Array {
  const rates = new Float64Array(points.at(-1)![0] + 1);
  const [begin, first] = points[0]!;
  const rising = Math.max(warmup, points.length > 1 && points[1]![1] > first ? begin : 0);
  for (let step = 0; step <= begin; step++) rates[step] = step < rising ? (first * (step + 1)) / (rising + 1) : first;
  for (const [index, [to, rate]] of points.entries()) {
    if (index === 0) continue;
    const [from, before] = points[index - 1]!;
    const isJump = (points[index - 2]?.[1] ?? before) === before && points[index + 1]?.[1] === rate;
    for (let step = from + 1; step < to; step++) {
      rates[step] = isJump || before === rate ? before : before + ((rate - before) * (step - from)) / (to - from);
    }
    rates[to] = rate;
  }
  return rates;
}
