/** What a law for the learning rate depends on. */
export interface Setting {
  /** Trainable scalars outside of the embedding and the output matrix. */
  readonly parameters: number;
  /** Tokens from the first step to the release. */
  readonly tokens: number;
  /** Tokens per step. */
  readonly batch: number;
  /** Share of the steps before the release in which the rate decays, 0 to 1. */
  readonly cooldown: number;
  /** Width of the residual stream; only laws in width need it. */
  readonly width?: number;
}

/** Lowest and highest value of a fit; null: not known. */
export type Range = readonly [lowest: number | null, highest: number | null];

/** A law was asked about a setting that it does not hold for. */
export class LearningRateError extends Error {
  override readonly name = 'LearningRateError';

  /** `reasons` are whole clauses, such as `tokens are 4.0 times the most of the fit`. */
  constructor(
    message: string,
    readonly reasons: readonly string[],
  ) {
    super(message);
  }
}

/** Largest relative difference between two sizes or batches that count as equal. */
const EQUAL = 0.01;

/** Largest difference between two cooldown fractions that count as equal: it moves the best rate by about 4%. */
const EQUAL_COOLDOWN = 0.05;

/** Whether two quantities are equal within 1%. */
export const isNear = (a: number, b: number): boolean => Math.abs(a - b) <= EQUAL * Math.max(a, b);

/** Whether two cooldown fractions are equal within 0.05. */
export const isNearCooldown = (a: number, b: number): boolean => Math.abs(a - b) <= EQUAL_COOLDOWN + 1e-9;

/** Why a value is outside of a range, as a clause; undefined if it is inside. Ends have a tolerance of 1%. */
export function outsideOf(value: number, [lowest, highest]: Range, what: string): string | undefined {
  if (lowest !== null && value < lowest * (1 - EQUAL)) {
    return `${amount(value)} ${what} are less than the least of the fit, ${amount(lowest)}`;
  }
  if (highest !== null && value > highest * (1 + EQUAL)) {
    return `${amount(value)} ${what} are ${(value / highest).toPrecision(2)} times the most of the fit, ${amount(highest)}`;
  }
  if (lowest === null || highest === null) return `the range of ${what} that it was fitted on is not known`;
  return undefined;
}

const UNITS = ['', 'k', 'M', 'B', 'T'];

/** Three digits and a unit: `1.23M`. */
export function amount(value: number): string {
  let [scaled, unit] = [value, 0];
  while (Number(scaled.toPrecision(3)) >= 1000 && unit < UNITS.length - 1) [scaled, unit] = [scaled / 1000, unit + 1];
  return `${Number(scaled.toPrecision(3))}${UNITS[unit]}`;
}
