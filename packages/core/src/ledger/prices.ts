/** Price, power and peak performance of devices: a dated table with sources that users can replace. */
import { BranchlineError } from '../errors.js';
import type { TrainerInfo } from '../trainer/trainer.js';

/** Source of a figure, for readers, and the date when it was valid: `YYYY-MM` or `YYYY-MM-DD`. */
export interface Sourced {
  readonly source: string;
  readonly date: string;
}

/** One row of the table. Facts without a source are left out and count as unknown. */
export interface DevicePrice {
  /** Whole words in the trainer's device name; case is ignored. */
  readonly match: string;
  /** What the figures refer to: one accelerator, or one hardware thread of a CPU. */
  readonly unit: 'device' | 'thread';
  readonly price?: Sourced & { readonly perHour: number };
  readonly power?: Sourced & { readonly watts: number };
  /** Dense FLOP/s by precision. */
  readonly peak?: Sourced & { readonly float32?: number; readonly bfloat16?: number };
}

/** Prices in one currency. */
export interface PriceTable {
  /** ISO 4217, e.g. `USD`. */
  readonly currency: string;
  /** The first matching row is used. */
  readonly devices: readonly DevicePrice[];
}

/** An empty table: energy and money stay unknown. */
export const NO_PRICES: PriceTable = { currency: 'USD', devices: [] };

/** What the table has for a trainer's device, summed over its busy units. */
export interface DeviceRate {
  readonly currency: string;
  readonly price: (Sourced & { readonly perHour: number }) | null;
  readonly power: (Sourced & { readonly watts: number }) | null;
  /** FLOP/s at the trainer's precision; null when unknown. */
  readonly peakFlops: number | null;
  /** Where `peakFlops` comes from. */
  readonly peakSource: Sourced | null;
}

/**
 * Looks up a trainer's device. Facts that the table lacks are null. Throws a `config` error if the row is for another
 * unit than the trainer counts.
 */
export function rateOf(table: PriceTable, { device, units = 1, unit, precision }: TrainerInfo): DeviceRate {
  const index = table.devices.findIndex(({ match }) => hasWords(device, match));
  const row = table.devices[index];
  if (row !== undefined && unit !== undefined && row.unit !== unit) {
    throw new BranchlineError('config', {
      configPath: `prices.devices[${index}].unit`,
      message: `is "${row.unit}", but the trainer counts each ${unit} of ${device}`,
      remedy: `Give price, power and peak of one ${unit}, with unit: ${unit}.`,
    });
  }
  const peak = row?.peak?.[precision];
  return {
    currency: table.currency,
    price: row?.price === undefined ? null : { ...row.price, perHour: row.price.perHour * units },
    power: row?.power === undefined ? null : { ...row.power, watts: row.power.watts * units },
    peakFlops: peak === undefined ? null : peak * units,
    peakSource: peak === undefined ? null : { source: row!.peak!.source, date: row!.peak!.date },
  };
}

/** Matches whole words only: `A10` does not match `A100`. */
function hasWords(text: string, words: string): boolean {
  const literal = words.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`(?<![\\p{L}\\p{N}])${literal}(?![\\p{L}\\p{N}])`, 'iu').test(text);
}

/** Device time with its energy and price, as in a ledger entry. */
export interface PricedTime {
  /** To the microsecond. */
  readonly deviceSeconds: number;
  /** Rounded to millijoules; null when the power of the device is unknown. */
  readonly energyJoules: number | null;
  /** Rounded to a billionth of the currency; null without a price. */
  readonly money: number | null;
}

/** Energy is rated power times time: an upper bound, not a measurement. */
export function priceTime(seconds: number, { price, power }: DeviceRate): PricedTime {
  const to = (digits: number, value: number) => Math.round(value * 10 ** digits) / 10 ** digits;
  return {
    deviceSeconds: to(6, seconds),
    energyJoules: power === null ? null : to(3, seconds * power.watts),
    money: price === null ? null : to(9, (seconds / 3600) * price.perHour),
  };
}
