/** Summary of a quantity measured once per seed. */
export interface Sample {
  /** Number of measurements. */
  readonly count: number;
  readonly mean: number;
  /** Standard deviation with `count - 1` in the denominator; null for a single measurement. */
  readonly standardDeviation: number | null;
}

/**
 * Mean and standard deviation, computed in two passes relative to the first value, so that equal values have exactly
 * that mean and a standard deviation of exactly 0. Throws a RangeError for an empty list and for non-finite values.
 */
export function summarize(values: readonly number[]): Sample {
  const wrong = values.find((value) => !Number.isFinite(value));
  if (values.length === 0 || wrong !== undefined) {
    throw new RangeError(values.length === 0 ? 'no values' : `${wrong} is not a finite number`);
  }
  const count = values.length;
  const shift = values[0]!;
  const mean = shift + values.reduce((sum, value) => sum + (value - shift), 0) / count;
  if (count === 1) return { count, mean, standardDeviation: null };
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { count, mean, standardDeviation: Math.sqrt(squares / (count - 1)) };
}
