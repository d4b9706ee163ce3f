/** What training cost, in whole units, so that sums and shares are exact at any size. */

/** Cost of training and of evaluating releases. */
export interface Cost {
  readonly tokens: number;
  readonly flops: number;
  readonly steps: number;
  /** Seconds a device was busy. */
  readonly deviceSeconds: number;
  /** Null when the price table does not know what the device draws. */
  readonly energyJoules: number | null;
  /** In `currency`; null when the price table has no price for the device. */
  readonly money: number | null;
}

/** Every amount is a whole number of its unit. */
export interface ExactCost {
  readonly steps: bigint;
  readonly tokens: bigint;
  readonly flops: bigint;
  /** Of device time. */
  readonly microseconds: bigint;
  readonly millijoules: bigint;
  /** Billionths of the currency of the prices. */
  readonly nanos: bigint;
  /** Microseconds of device time whose energy nobody knows: while there are any, `millijoules` is too low. */
  readonly unmetered: bigint;
  /** Microseconds of device time without a price: while there are any, `nanos` is too low. */
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
 * The part of a cost from `begin` to `end` of `whole` equal pieces. Units that do not divide go to the later pieces, so
 * that parts side by side always add up to the whole.
 */
export function partOfCost(cost: ExactCost, begin: number, end: number, whole: number): ExactCost {
  if (end - begin === whole) return cost;
  const upTo = (amount: bigint, piece: number) => (amount * BigInt(piece)) / BigInt(whole);
  return each((unit) => upTo(cost[unit], end) - upTo(cost[unit], begin));
}

/** For results and people: float64 in SI units; what nobody knows is null. */
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
