/** Upper bounds on the total cost of a run directory, earlier runs included. */
import type { ExactCost } from './cost.js';

/** Resources that are left out are unlimited. */
export interface Budget {
  /** Tokens trained on. */
  readonly tokens?: number;
  readonly flops?: number;
  readonly deviceHours?: number;
  /** Kilowatt-hours. */
  readonly energy?: number;
  /** In the currency of the price table. */
  readonly money?: number;
}

/** A resource that a budget can bound. */
export type Resource = keyof Budget;

/** How a resource is counted and named. */
interface Measure {
  /** The amount of a cost in the unit of the budget. */
  readonly amount: (cost: ExactCost) => number;
  readonly unit: string;
  /** True when it depends on measured time, so that it can only be estimated before the run. */
  readonly fromTime: boolean;
}

export const MEASURES: Readonly<Record<Resource, Measure>> = {
  tokens: { amount: ({ tokens }) => Number(tokens), unit: 'tokens', fromTime: false },
  flops: { amount: ({ flops }) => Number(flops), unit: 'FLOPs', fromTime: false },
  deviceHours: { amount: ({ microseconds }) => Number(microseconds) / 3.6e9, unit: 'device-hours', fromTime: true },
  energy: { amount: ({ millijoules }) => Number(millijoules) / 3.6e9, unit: 'kWh', fromTime: true },
  money: { amount: ({ nanos }) => Number(nanos) / 1e9, unit: '', fromTime: true },
};

/** One bound of a budget with the resource it limits. */
export interface Bound {
  readonly resource: Resource;
  readonly limit: number;
}

export function boundsOf(budget: Budget): readonly Bound[] {
  return (Object.keys(MEASURES) as Resource[]).flatMap((resource) => {
    const limit = budget[resource];
    return limit === undefined ? [] : [{ resource, limit }];
  });
}

/** The first bound that a cost exceeds; undefined if none. */
export function exceeded(budget: Budget, cost: ExactCost): Bound | undefined {
  return boundsOf(budget).find(({ resource, limit }) => MEASURES[resource].amount(cost) > limit);
}

/** Formats an amount for messages, e.g. `1.23e9 tokens`, `2.5 device-hours`, `3.2 USD`. */
export function showAmount(resource: Resource, amount: number, currency: string): string {
  const digits = amount >= 1e6 ? amount.toExponential(2).replace('e+', 'e') : String(Number(amount.toPrecision(3)));
  return `${digits} ${resource === 'money' ? currency : MEASURES[resource].unit}`;
}
