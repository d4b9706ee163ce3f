/** Costs as integers, so that sums and shares are exact at any size. */

/** Cost of training and of evaluating releases. */
export interface Cost {
  readonly tokens: number;
  readonly flops: number;
  readonly steps: number;
  /** Busy time of the device in seconds. */
  readonly deviceSeconds: number;
  /** Null when the price table has no power for the device. */
  readonly energyJoules: number | null;
  /** In `currency`; null when the price table has no price for the device. */
  readonly money: number | null;
}

/** Every amount is an integer count of its unit. */
export interface ExactCost {
  readonly steps: bigint;
  readonly tokens: bigint;
  readonly flops: bigint;
  /** Device time. */
  readonly microseconds: bigint;
  readonly millijoules: bigint;
  /** Billionths of the currency of the prices. */
  readonly nanos: bigint;
  /** Microseconds of device time without known power; above 0, `millijoules` is too low. */
  readonly unmetered: bigint;
  /** Microseconds of device time without a price; above 0, `nanos` is too low. */
  readonly unpriced: bigint;
}

export const NO_COST: ExactCost = {
  steps: 0n,
  tokens: 0n,
  flops: 0n,
  microseconds: 0n,
  millijoules: 0n,
  nanos: 0n,
  unmetered: 0n,
  unpriced: 0n,
};

const UNITS = Object.keys(NO_COST) as (keyof ExactCost)[];

function each(of: (unit: keyof ExactCost) => bigint): ExactCost {
  return Object.fromEntries(UNITS.map((unit) => [unit, of(unit)])) as unknown as ExactCost;
}

export function addCost(a: ExactCost, b: ExactCost): ExactCost {
  return each((unit) => a[unit] + b[unit]);
}

export function sumCosts(costs: Iterable<ExactCost>): ExactCost {
  let sum = NO_COST;
  for (const cost of costs) sum = addCost(sum, cost);
  return sum;
}

/**
 * The part of a cost from piece `begin` to piece `end` of `whole` equal pieces. Remainders go to later pieces, so that
 * adjacent parts always add up to the whole.
 */
export function partOfCost(cost: ExactCost, begin: number, end: number, whole: number): ExactCost {
  if (end - begin === whole) return cost;
  const upTo = (amount: bigint, piece: number) => (amount * BigInt(piece)) / BigInt(whole);
  return each((unit) => upTo(cost[unit], end) - upTo(cost[unit], begin));
}

/** Converts to float64 in SI units for results; unknown amounts are null. */
export function roundCost(cost: ExactCost): Cost {
  return {
    tokens: Number(cost.tokens),
    flops: Number(cost.flops),
    steps: Number(cost.steps),
    deviceSeconds: Number(cost.microseconds) / 1e6,
    energyJoules: cost.unmetered > 0n ? null : Number(cost.millijoules) / 1e3,
    money: cost.unpriced > 0n ? null : Number(cost.nanos) / 1e9,
  };
}
