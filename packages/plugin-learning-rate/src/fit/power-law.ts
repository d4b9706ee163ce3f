import { leastSquares, meanOf, sum } from './least-squares.js';

/** `L(D) = floor + scale · D^-exponent`, nats per token. */
export interface LossLaw {
  readonly floor: number;
  readonly scale: number;
  readonly exponent: number;
  /** Largest distance from a fitted loss, nats per token. */
  readonly largestResidual: number;
}

/** Exponents that are tried. */
const [LOWEST, HIGHEST, TRIED] = [0.01, 3, 300];

/**
 * Fits a power law with a floor to losses at three or more horizons (Zhou et al., arXiv 2601.05049, equation 4; losses
 * after cooldowns of one stable run). For each exponent the other two are linear; the exponent is the best on a grid,
 * then refined. Undefined with fewer horizons, or if no exponent between 0.01 and 3 gives a falling law.
 */
export function fitLossLaw(points: readonly { readonly tokens: number; readonly loss: number }[]): LossLaw | undefined {
  if (new Set(points.map(({ tokens }) => tokens)).size < 3) return undefined;
  const centre = Math.exp(meanOf(points.map(({ tokens }) => Math.log(tokens))));
  const fitAt = (exponent: number) => {
    const fit = leastSquares(
      points.map(({ tokens }) => [1, (tokens / centre) ** -exponent]),
      points.map(({ loss }) => loss),
    );
    return fit && { ...fit, exponent, error: sum(fit.residuals.map((value) => value ** 2)) };
  };
  const grid = Array.from({ length: TRIED }, (_, i) => LOWEST * (HIGHEST / LOWEST) ** (i / (TRIED - 1)));
  const fits = grid.map(fitAt);
  const errors = fits.map((fit) => fit?.error ?? Number.POSITIVE_INFINITY);
  const index = errors.indexOf(Math.min(...errors));
  if (index <= 0 || index >= TRIED - 1) return undefined;
  const best = fitAt(
    goldenSection((at) => fitAt(at)?.error ?? Number.POSITIVE_INFINITY, grid[index - 1]!, grid[index + 1]!),
  );
  if (best === undefined || !(best.coefficients[1]! > 0)) return undefined;
  const { exponent, coefficients, residuals } = best;
  return {
    floor: coefficients[0]!,
    scale: coefficients[1]! * centre ** exponent,
    exponent,
    largestResidual: Math.max(...residuals.map(Math.abs)),
  };
}

/** The argument of the least value of a function with one valley (Kiefer, 1953). */
function goldenSection(of: (at: number) => number, from: number, to: number): number {
  const ratio = (Math.sqrt(5) - 1) / 2;
  let [low, high] = [from, to];
  for (let step = 0; step < 60; step++) {
    const [a, b] = [high - ratio * (high - low), low + ratio * (high - low)];
    if (of(a) <= of(b)) high = b;
    else low = a;
  }
  return (low + high) / 2;
}
