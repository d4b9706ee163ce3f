import { type LinearFit, leastSquares, meanOf } from './least-squares.js';

/** The best rate of one setting. */
export interface RateAt {
  readonly parameters: number;
  readonly tokens: number;
  readonly rate: number;
}

/**
 * `rate = constant · parameters^a · tokens^b`, at a fixed batch and cooldown fraction. An exponent is null if all
 * points had one size or one number of tokens: then the law holds there only.
 */
export interface RateLaw {
  /** Natural logarithm of the rate at the centre: the geometric means of parameters and tokens. */
  readonly logRate: number;
  readonly centre: { readonly parameters: number; readonly tokens: number };
  readonly exponents: { readonly parameters: number | null; readonly tokens: number | null };
}

/** A law with the quality of its fit. */
export interface RateLawFit {
  readonly law: RateLaw;
  readonly linear: LinearFit;
}

/**
 * Fits the law to the logarithms of the best rates, by least squares. Undefined without a point, and if the points do
 * not determine the exponents: three in one line of the grid, for example.
 */
export function fitRateLaw(points: readonly RateAt[]): RateLawFit | undefined {
  if (points.length === 0) return undefined;
  const several = (of: 'parameters' | 'tokens') => new Set(points.map((point) => point[of])).size > 1;
  const used = (['parameters', 'tokens'] as const).filter(several);
  const logOf = (of: 'parameters' | 'tokens') => points.map((point) => Math.log(point[of]));
  const centre = { parameters: Math.exp(meanOf(logOf('parameters'))), tokens: Math.exp(meanOf(logOf('tokens'))) };
  const rows = points.map((point) => [1, ...used.map((of) => Math.log(point[of] / centre[of]))]);
  const linear = leastSquares(
    rows,
    points.map(({ rate }) => Math.log(rate)),
  );
  if (linear === undefined) return undefined;
  const exponent = (of: 'parameters' | 'tokens') => {
    const index = used.indexOf(of);
    return index < 0 ? null : linear.coefficients[index + 1]!;
  };
  const exponents = { parameters: exponent('parameters'), tokens: exponent('tokens') };
  return { law: { logRate: linear.coefficients[0]!, centre, exponents }, linear };
}

/** The rate of a law, without any check of ranges. */
export function rateOfLaw({ logRate, centre, exponents }: RateLaw, at: Omit<RateAt, 'rate'>): number {
  return Math.exp(logRate + logOffset({ centre, exponents }, at));
}

/** Logarithm of the rate of a law, less that at its centre. */
function logOffset({ centre, exponents }: Pick<RateLaw, 'centre' | 'exponents'>, at: Omit<RateAt, 'rate'>): number {
  return (
    (exponents.parameters ?? 0) * Math.log(at.parameters / centre.parameters) +
    (exponents.tokens ?? 0) * Math.log(at.tokens / centre.tokens)
  );
}

/** `constant` of `rate = constant · parameters^a · tokens^b`. */
export function constantOf(law: RateLaw): number {
  return rateOfLaw(law, { parameters: 1, tokens: 1 });
}
