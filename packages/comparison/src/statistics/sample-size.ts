/** How many seeds a paired comparison needs, before any of them is trained. */
import { criticalValue } from './student.js';

/** What a planned comparison has to achieve. */
export interface Power {
  /** Two-sided error level of the comparison, e.g. 0.05. */
  readonly alpha: number;
  /** Probability with which the true difference is found, above 0.5 and below 1, e.g. 0.8. */
  readonly power: number;
}

/** More seeds than anybody trains. */
const MOST = 10_000;

/**
 * The smallest number of seeds n with n >= (t(1 - alpha/2, n - 1) + t(power, n - 1))² · (deviation / difference)²: a
 * two-sided paired t test then finds a true mean difference with about the given power (Zar, Biostatistical Analysis,
 * "Power and sample size in tests concerning the mean"). `deviation` is the standard deviation, over seeds, of the
 * difference of two strategies under the same seed; both are in the same unit. At least 2; null for a difference of 0,
 * and where 10,000 seeds do not suffice. Throws a RangeError for a level or power that cannot be.
 */
export function seedsNeeded(difference: number, deviation: number, wanted: Power): number | null {
  assertPower(wanted);
  if (!(deviation >= 0 && Number.isFinite(deviation))) throw new RangeError(`${deviation} is no deviation`);
  const distance = Math.abs(difference);
  if (distance === 0) return null;
  const suffices = (seeds: number) => deviation <= largestDeviation(distance, seeds, wanted);
  if (!suffices(MOST)) return null;
  // What a number of seeds can find grows with it.
  let [least, most] = [2, MOST];
  while (least < most) {
    const middle = Math.floor((least + most) / 2);
    if (suffices(middle)) most = middle;
    else least = middle + 1;
  }
  return least;
}

/**
 * The largest standard deviation of paired differences at which a number of seeds, 2 or more, suffices for
 * `seedsNeeded`: |difference| · sqrt(seeds) / (t(1 - alpha/2, n - 1) + t(power, n - 1)).
 */
export function largestDeviation(difference: number, seeds: number, wanted: Power): number {
  assertPower(wanted);
  if (!(Number.isInteger(seeds) && seeds >= 2)) throw new RangeError(`${seeds} is not a number of seeds, 2 or more`);
  const { alpha, power } = wanted;
  const freedom = seeds - 1;
  return (
    (Math.abs(difference) * Math.sqrt(seeds)) / (criticalValue(alpha / 2, freedom) + criticalValue(1 - power, freedom))
  );
}

function assertPower({ alpha, power }: Power): void {
  if (!(alpha > 0 && alpha < 1)) throw new RangeError(`${alpha} is not an error level between 0 and 1`);
  if (!(power > 0.5 && power < 1)) throw new RangeError(`${power} is not a power above 0.5 and below 1`);
}
