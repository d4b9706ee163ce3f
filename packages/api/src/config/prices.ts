/** The price table of an experiment: rows of the user, then the built-in ones. */
import { resolve } from 'node:path';
import { DEFAULT_PRICES } from '@branchline/accounting';
import { messageOf, type PriceTable, type Problem } from '@branchline/core';
import { z } from 'zod';
import { parseConfigDocument } from '../files/document.js';
import { readTextFile } from '../files/text-file.js';
import { expected } from './expected.js';
import { parsePart } from './issues.js';

const sourced = {
  source: z.string().min(1).describe('Where the figure comes from, for people.'),
  date: z
    .string()
    .regex(/^\d{4}-\d{2}(-\d{2})?$/, 'is not a date such as 2026-11 or 2026-11-20')
    .describe('The day it was true.'),
};
const PEAK = 'Floating-point operations per second.';
const amount = z.number(expected('a number of 0 or more')).min(0, expected('a number of 0 or more'));

/** A price table in one currency. */
export const pricesSchema = z.strictObject({
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/, 'is not a currency such as USD')
    .describe('ISO 4217.'),
  devices: z
    .array(
      z.strictObject({
        match: z.string().min(1).describe("Words of the trainer's device name, which the ledger shows."),
        unit: z.enum(['device', 'thread'], expected('"device" or "thread"')).describe('thread: one hardware thread.'),
        price: z
          .strictObject({ perHour: amount.describe('In the currency of the table.'), ...sourced })
          .optional()
          .describe('What a unit costs.'),
        power: z
          .strictObject({ watts: amount.describe('Watts.'), ...sourced })
          .optional()
          .describe('What a unit draws at most.'),
        peak: z
          .strictObject({
            float32: amount.optional().describe(PEAK),
            bfloat16: amount.optional().describe(PEAK),
            ...sourced,
          })
          .optional()
          .describe('What a unit computes at most.'),
      }),
    )
    .describe('The first row that matches counts.'),
});

/** The type of `prices` in an experiment file: a table, or a JSON or YAML file with one. */
export type PricesConfig = string | z.input<typeof pricesSchema>;

/**
 * Reads a price table or the file that holds it, followed by the built-in rows if the currency is the same. On failure
 * adds to `problems` and returns the built-in table.
 */
export async function readPrices(value: unknown, base: string, path: string, problems: Problem[]): Promise<PriceTable> {
  if (value === undefined) return DEFAULT_PRICES;
  const table = typeof value === 'string' ? await readFileOf(value, base, path, problems) : value;
  const checked = table === undefined ? undefined : parsePart(pricesSchema, table, path, problems);
  if (checked === undefined) return DEFAULT_PRICES;
  const rest = checked.currency === DEFAULT_PRICES.currency ? DEFAULT_PRICES.devices : [];
  return { currency: checked.currency, devices: [...checked.devices, ...rest] };
}

async function readFileOf(name: string, base: string, configPath: string, problems: Problem[]): Promise<unknown> {
  const file = resolve(base, name);
  try {
    return parseConfigDocument(name, await readTextFile(name, file), 'table of prices');
  } catch (cause) {
    problems.push({
      configPath,
      message: messageOf(cause),
      remedy: 'Name a JSON or YAML file with a table of prices.',
    });
    return undefined;
  }
}
