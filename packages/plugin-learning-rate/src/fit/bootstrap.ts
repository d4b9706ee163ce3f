import type { RandomStream } from '@branchline/core';
import { meanOf, sum } from './least-squares.js';
import { type RatePoint, type Valley, valleyOf } from './quadratic.js';

/** A valley with the losses it was fitted to. */
export interface NoisyValley {
  readonly valley: Valley;
  /** The rates of the valley, with their losses. None diverged. */
  readonly points: readonly RatePoint[];
}

/** Numbers from 0 to 1 that choose residuals, by rate and seed. */
export type Draws = readonly (readonly number[])[];

/**
 * Draws for every rate and seed of a size. All horizons of a size get the same draws, because their runs share the
 * stable run of a rate and a seed, and with it much of the noise.
 */
export function drawsOf(random: RandomStream, rates: number, seeds: number): Draws {
  return Array.from({ length: rates }, () => Array.from({ length: seeds }, () => random.uniform()));
}

/**
 * Residuals of a valley: what is left of each loss after the parabola and the mean of its seed, which is the same at
 * all rates and moves no optimum. Scaled by sqrt(n / degrees of freedom), so that resampling keeps the variance. Empty
 * without degrees of freedom: three rates and one seed.
 */
export function residualsOf({ valley, points }: NoisyValley): readonly (readonly number[])[] {
  const seeds = points[0]!.losses.length;
  const raw = points.map(({ rate, losses }) => losses.map((loss) => loss! - lossAt(valley, rate)));
  const ofSeed = Array.from({ length: seeds }, (_, seed) => meanOf(raw.map((row) => row[seed]!)));
  const residuals = raw.map((row) => row.map((value, seed) => value - ofSeed[seed]!));
  const freedom = freedomOf({ points });
  if (freedom <= 0) return [];
  const scale = Math.sqrt((points.length * seeds) / freedom);
  return residuals.map((row) => row.map((value) => scale * value));
}

/** Degrees of freedom of the residuals: losses, less three coefficients and the other seeds' means. */
function freedomOf({ points }: Pick<NoisyValley, 'points'>): number {
  const seeds = points[0]!.losses.length;
  return points.length * seeds - 3 - (seeds - 1);
}

/**
 * The 95% interval of an optimum, from resampled ones. Few degrees of freedom widen it, as in Student's t. It ends at
 * the rates that were used: an interval over all of them says that the optimum can be anywhere among them.
 */
export function optimumInterval(noisy: NoisyValley, optima: readonly number[]): readonly [number, number] {
  const { optimum, rates } = noisy.valley;
  const wider = studentQuantile(freedomOf(noisy)) / NORMAL;
  const [low, high] = interval95(optima.map((rate) => Math.log(rate / optimum)));
  return [
    Math.max(rates[0]!, optimum * Math.exp(wider * low)),
    Math.min(rates.at(-1)!, optimum * Math.exp(wider * high)),
  ];
}

/** 97.5% quantile of the normal distribution. */
const NORMAL = 1.959964;

/** 97.5% quantiles of Student's t for 1 to 10 degrees of freedom. */
const STUDENT = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228];

/** 97.5% quantile of Student's t: from the table, then an expansion in 1 / freedom that is right to 0.002. */
function studentQuantile(freedom: number): number {
  return STUDENT[freedom - 1] ?? NORMAL + 2.3726 / freedom + 2.82 / freedom ** 2;
}

/** Loss of a valley at a rate. */
export function lossAt({ loss, curvature, optimum }: Valley, rate: number): number {
  return loss + curvature * Math.log(rate / optimum) ** 2;
}

/**
 * The optimum of a valley with other noise: each loss is the parabola plus a residual that the draws choose. Without
 * residuals it is the optimum itself. An optimum outside of the rates is moved to their edge.
 */
export function resampledOptimum(
  { valley }: NoisyValley,
  residuals: readonly (readonly number[])[],
  draws: Draws,
): number {
  if (residuals.length === 0) return valley.optimum;
  const all = residuals.flat();
  const means = valley.rates.map((rate, index) => {
    const noise = residuals[index]!.map((_, seed) => all[Math.floor(draws[index]![seed]! * all.length)]!);
    return lossAt(valley, rate) + meanOf(noise);
  });
  const again = valleyOf(valley.rates, means);
  if ('valley' in again) return again.valley.optimum;
  if (again.none === 'lowest') return valley.rates[0]!;
  if (again.none === 'highest') return valley.rates.at(-1)!;
  // Not convex: the lowest loss is all that is left.
  return valley.rates[means.indexOf(Math.min(...means))]!;
}

/** Values chosen with replacement, as many as there are, scaled by sqrt(n / degrees of freedom). */
export function resampled(values: readonly number[], freedom: number, random: RandomStream): readonly number[] {
  if (freedom <= 0) return values.map(() => 0);
  const scale = Math.sqrt(values.length / freedom);
  return values.map(() => scale * values[random.below(values.length)]!);
}

/** The interval that holds 95% of values, by linear interpolation between them. */
export function interval95(values: readonly number[]): readonly [number, number] {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => {
    const place = share * (sorted.length - 1);
    const low = Math.floor(place);
    const high = Math.min(low + 1, sorted.length - 1);
    return sorted[low]! + (place - low) * (sorted[high]! - sorted[low]!);
  };
  return [at(0.025), at(0.975)];
}

/** Covariance matrix of the columns of rows, with n - 1 in the denominator. */
export function covarianceOf(rows: readonly (readonly number[])[]): readonly (readonly number[])[] {
  const p = rows[0]?.length ?? 0;
  const means = Array.from({ length: p }, (_, i) => meanOf(rows.map((row) => row[i]!)));
  return means.map((_, i) =>
    means.map(
      (__, j) => sum(rows.map((row) => (row[i]! - means[i]!) * (row[j]! - means[j]!))) / Math.max(1, rows.length - 1),
    ),
  );
}
