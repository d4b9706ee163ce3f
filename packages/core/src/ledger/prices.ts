/** What an hour of a device costs, what it draws and what it can do: a dated table with sources that users replace. */
import type { TrainerInfo } from '../trainer/trainer.js';

/** Where a figure comes from, for people, and the day it was true: `YYYY-MM` or `YYYY-MM-DD`. */
export interface Sourced {
  readonly source: string;
  readonly date: string;
}

/** One row of the table. A fact without a source is left out, and then counts as not known. */
export interface DevicePrice {
  /** Whole words of the trainer's device name, whatever their case. */
  readonly match: string;
  /** What the figures are for: one accelerator, or one hardware thread of a processor. */
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
  /** The first row that matches a device counts. */
  readonly devices: readonly DevicePrice[];
}

/** A table that knows no device: energy and money stay unknown. */
export const NO_PRICES: PriceTable = { currency: 'USD', devices: [] };

/** What the table says of the device of a trainer, all its busy units together. */
export interface DeviceRate {
  readonly currency: string;
  readonly price: (Sourced & { readonly perHour: number }) | null;
  readonly power: (Sourced & { readonly watts: number }) | null;
  /** FLOP/s at the trainer's precision; null when not known. */
  readonly peakFlops: number | null;
}

/** Looks a trainer's device up. What the table does not say is null. */
export function rateOf(table: PriceTable, { device, units = 1, precision }: TrainerInfo): DeviceRate {
  const row = table.devices.find(({ match }) => hasWords(device, match));
  const peak = row?.peak?.[precision];
  return {
    currency: table.currency,
    price: row?.price === undefined ? null : { ...row.price, perHour: row.price.perHour * units },
    power: row?.power === undefined ? null : { ...row.power, watts: row.power.watts * units },
    peakFlops: peak === undefined ? null : peak * units,
  };
}

/** `A10` is no part of `A100`. */
function hasWords(text: string, words: string): boolean {
  const literal = words.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`(?<![\\p{L}\\p{N}])${literal}(?![\\p{L}\\p{N}])`, 'iu').test(text);
}

/** Device time with what it drew and what it costs, as a ledger entry has them. */
export interface PricedTime {
  /** To the microsecond. */
  readonly deviceSeconds: number;
  /** To the millijoule; null when nobody knows what the device draws. */
  readonly energyJoules: number | null;
  /** To a billionth of the currency; null without a price. */
  readonly money: number | null;
}

/** Energy is power times time: what the device draws at most, not what a meter showed. */
export function priceTime(seconds: number, { price, power }: DeviceRate): PricedTime {
  const to = (digits: number, value: number) => Math.round(value * 10 ** digits) / 10 ** digits;
  return {
    deviceSeconds: to(6, seconds),
    energyJoules: power === null ? null : to(3, seconds * power.watts),
    money: price === null ? null : to(9, (seconds / 3600) * price.perHour),
  };
}
