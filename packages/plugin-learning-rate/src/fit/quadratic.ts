import { leastSquares, meanOf } from './least-squares.js';

/** Losses at one rate; null: the training diverged. */
export interface RatePoint {
  readonly rate: number;
  /** One for each seed, in the same order at every rate; nats per token. */
  readonly losses: readonly (number | null)[];
}

/**
 * Why no optimum is given. `lowest`, `highest`: the best rate is at that edge of the grid, or the next one beyond it
 * diverged, so the optimum may be outside. `few`: fewer than three rates did not diverge. `not-convex`: the losses
 * around the best rate are no valley.
 */
export type NoOptimum = 'lowest' | 'highest' | 'few' | 'not-convex';

/** `L = loss + curvature · (log rate - log optimum)²`, natural logarithms. */
export interface Valley {
  /** The best rate. */
  readonly optimum: number;
  /** Loss at the optimum, nats per token. */
  readonly loss: number;
  /** Nats per squared unit of log rate. */
  readonly curvature: number;
  /** Share of the variance between the rates used that is explained; null with three rates. */
  readonly r2: number | null;
  /** The rates that were used: the best one and up to two on either side. */
  readonly rates: readonly number[];
}

/** The rates around the best one, with a fitted valley, or why there is none. */
export type QuadraticFit = { readonly valley: Valley } | { readonly none: NoOptimum };

/** Rates on either side of the best one that are used: further away, losses are no parabola. */
const REACH = 2;

/** Largest number of rates that a valley uses. */
export const MOST_RATES = 2 * REACH + 1;

/**
 * Fits a quadratic in log rate to the mean losses around the best rate (Zhou et al., arXiv 2601.05049, equation 2). An
 * optimum at the edge of the grid is reported with its edge and never extrapolated.
 */
export function fitQuadratic(points: readonly RatePoint[]): QuadraticFit {
  const sorted = [...points].sort((a, b) => a.rate - b.rate);
  const means = sorted.map(({ losses }) => meanLoss(losses));
  const finite = means.filter((mean) => mean !== null);
  if (finite.length < 3) return { none: 'few' };
  const best = means.indexOf(Math.min(...finite));
  // A diverged rate is no point of a parabola, so its neighbour is at the edge.
  if (best === 0 || means[best - 1] === null) return { none: 'lowest' };
  if (best === means.length - 1 || means[best + 1] === null) return { none: 'highest' };
  const bounds = { best, means, logs: sorted.map(({ rate }) => Math.log(rate)) };
  const first = isOnParabola(bounds, best - REACH) ? best - REACH : best - 1;
  const last = isOnParabola(bounds, best + REACH) ? best + REACH : best + 1;
  const rates = sorted.slice(first, last + 1).map(({ rate }) => rate);
  return valleyOf(rates, means.slice(first, last + 1) as number[]);
}

/** Factor by which the excess of an outer loss may exceed what a parabola through the inner ones can have. */
const STEEP = 2;

/**
 * Whether the loss at an outer rate can be one of a parabola around the best rate. Its excess over the lowest loss
 * grows at most with the squared distance in log rate, from the larger excess of the two inner rates on. A loss far
 * above that is of a run that became unstable, and would move the optimum.
 */
function isOnParabola(
  {
    best,
    means,
    logs,
  }: { readonly best: number; readonly means: readonly (number | null)[]; readonly logs: readonly number[] },
  outer: number,
): boolean {
  const loss = means[outer];
  if (loss === undefined || loss === null) return false;
  const distance = (index: number) => Math.abs(logs[index]! - logs[best]!);
  const excess = (index: number) => means[index]! - means[best]!;
  const inner = [best - 1, best + 1].map((index) => excess(index) * (distance(outer) / distance(index)) ** 2);
  return excess(outer) <= STEEP * Math.max(...inner);
}

/** The valley through mean losses at rates, if its lowest point is between them. */
export function valleyOf(rates: readonly number[], means: readonly number[]): QuadraticFit {
  const centre = Math.log(rates[means.indexOf(Math.min(...means))]!);
  const x = rates.map((rate) => Math.log(rate) - centre);
  const fit = leastSquares(
    x.map((value) => [1, value, value ** 2]),
    means,
  );
  if (fit === undefined) return { none: 'few' };
  const [c0, c1, c2] = fit.coefficients as readonly [number, number, number];
  if (!(c2 > 0)) return { none: 'not-convex' };
  const at = -c1 / (2 * c2);
  if (at <= x[0]!) return { none: 'lowest' };
  if (at >= x.at(-1)!) return { none: 'highest' };
  return {
    valley: { optimum: Math.exp(at + centre), loss: c0 - c2 * at ** 2, curvature: c2, r2: fit.r2, rates },
  };
}

/** Mean over the seeds; null if one of them diverged. */
export function meanLoss(losses: readonly (number | null)[]): number | null {
  const finite = losses.filter((loss) => loss !== null && Number.isFinite(loss));
  return finite.length === 0 || finite.length < losses.length ? null : meanOf(finite as readonly number[]);
}
