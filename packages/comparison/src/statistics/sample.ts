/** Summary of a quantity that was measured once per seed. */
export interface Sample {
  /** Measurements. */
  readonly count: number;
  readonly mean: number;
  /** Standard deviation with `count - 1` in the denominator; null for a single measurement. */
  readonly standardDeviation: number | null;
}

/**
 * Mean and standard deviation of at least one finite number, in two passes around the first value: equal values have
 * exactly their value as mean and exactly 0 as standard deviation. Throws a RangeError for anything else.
 */
export function summarize(values: readonly number[]): Sample {
  const wrong = values.find((value) => !Number.isFinite(value));
  if (values.length === 0 || wrong !== undefined) {
    throw new RangeError(values.length === 0 ? 'no values' : `${wrong} is no measurement`);
  }
  const count = values.length;
  const shift = values[0]!;
  const mean = shift + values.reduce((sum, value) => sum + (value - shift), 0) / count;
  if (count === 1) return { count, mean, standardDeviation: null };
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { count, mean, standardDeviation: Math.sqrt(squares / (count - 1)) };
}
