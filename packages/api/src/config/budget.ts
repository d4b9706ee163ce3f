/** The `budget` of an experiment, as an object or in one line: `2usd`, `1.5B tokens, 3h`. */
import { inspect } from 'node:util';
import type { Budget, Resource } from '@branchline/core';
import { z } from 'zod';
import { expected } from './expected.js';

const FORM = 'a budget such as "2usd", "1e18 flops", "1.5B tokens, 3h", "90 s" or "0.5kWh"';
const PART = /^(\d+(?:\.\d+)?(?:e\+?\d+)?)\s*([kMGBTPEZY]?)\s*([a-z]+(?:-hours?)?)$/i;
const FACTORS: Readonly<Record<string, number>> = {
  '': 1,
  k: 1e3,
  m: 1e6,
  g: 1e9,
  b: 1e9,
  t: 1e12,
  p: 1e15,
  e: 1e18,
  z: 1e21,
  y: 1e24,
};
/** Units that take a factor such as the B of `1.5B tokens`. */
const COUNTS: ReadonlyMap<string, Resource> = new Map([
  ['token', 'tokens'],
  ['tokens', 'tokens'],
  ['flop', 'flops'],
  ['flops', 'flops'],
]);
/** Seconds of the units of time. */
const SECONDS: Readonly<Record<string, number>> = {
  ...{ s: 1, sec: 1, second: 1, seconds: 1, min: 60, minute: 60, minutes: 60 },
  ...{ h: 3600, hour: 3600, hours: 3600, 'device-hour': 3600, 'device-hours': 3600, d: 86400, day: 86400, days: 86400 },
};
const BARE = /^\d+(?:\.\d+)?(?:e\+?\d+)?\s*[kMGBTPEZY]?$/i;

/** A budget, with the currency if the text named one. */
export interface ParsedBudget {
  readonly budget: Budget;
  /** ISO 4217 code. */
  readonly currency?: string;
}

/** Parses a budget written in one line. Returns undefined if it is malformed, bounds a resource twice, or is empty. */
export function parseBudget(text: string): ParsedBudget | undefined {
  const budget: { -readonly [R in Resource]?: number } = {};
  let currency: string | undefined;
  for (const part of text.split(',')) {
    const match = PART.exec(part.trim());
    if (match === null) return undefined;
    const found = unitOf(match[2]!, match[3]!.toLowerCase());
    if (found === undefined || budget[found.resource] !== undefined) return undefined;
    const amount = Number(match[1]) * found.factor;
    if (!Number.isFinite(amount) || amount <= 0) return undefined;
    budget[found.resource] = amount;
    currency = found.currency ?? currency;
  }
  return { budget, ...(currency !== undefined && { currency }) };
}

/** `prefix` may be the first letter of a unit: the E of EUR, the k of kWh. */
function unitOf(prefix: string, word: string) {
  const whole = `${prefix}${word}`.toLowerCase();
  const seconds = secondsOf(whole);
  if (seconds !== undefined) return { resource: 'deviceHours' as const, factor: seconds / 3600 };
  if (whole === 'kwh') return { resource: 'energy' as const, factor: 1 };
  const scaled = COUNTS.get(word);
  if (scaled !== undefined) return { resource: scaled, factor: FACTORS[prefix.toLowerCase()]! };
  if (!/^[a-z]{3}$/.test(whole)) return undefined;
  return { resource: 'money' as const, factor: 1, currency: whole.toUpperCase() };
}

/** A bare number with some of the units that it could have. */
function unitsFor(bare: string): string {
  const number = bare.trim();
  return ['min', 'h', 'usd', ' tokens']
    .map((unit) => `"${number}${unit}"`)
    .join(', ')
    .replace(/, ([^,]+)$/, ' or $1');
}

/** Seconds of a time such as `90s`, `10m`, `10 min` or `1 hour`; undefined for anything else. */
export function parseTime(text: string): number | undefined {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)\s*([a-z]+)$/i.exec(text.trim()) ?? [];
  const seconds = Number(number) * (secondsOf(unit) ?? (unit === 'm' ? 60 : 0));
  return seconds > 0 && Number.isFinite(seconds) ? seconds : undefined;
}

function secondsOf(unit: string): number | undefined {
  const name = unit.toLowerCase();
  return Object.hasOwn(SECONDS, name) ? SECONDS[name] : undefined;
}

const amount = z.number(expected('a number above 0')).positive(expected('a number above 0'));

/** A number, or a string such as `1.5B`. */
const counted = (resource: 'tokens' | 'flops') =>
  z.unknown().transform((value, context): number => {
    const text = typeof value === 'string' ? value.replace(new RegExp(`\\s*${resource}$`, 'i'), '') : value;
    const parsed = typeof text === 'string' ? parseBudget(`${text} ${resource}`)?.budget[resource] : text;
    if (typeof parsed === 'number' && Number.isFinite(parsed) && parsed > 0) return parsed;
    context.addIssue({ code: 'custom', message: `${inspect(value)} is not a number of ${resource} above 0` });
    return z.NEVER;
  });

/** The one-line form. */
export const budgetLine = z.string().transform((text, context): ParsedBudget => {
  const parsed = parseBudget(text);
  if (parsed !== undefined) return parsed;
  const bare = text.split(',').find((part) => BARE.test(part.trim()));
  const message =
    bare === undefined
      ? `"${text}" is not ${FORM}`
      : `"${bare.trim()}" has no unit: write for example ${unitsFor(bare)}`;
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
});

/** The object form. A resource that is left out has no limit. */
export const budgetObject = z
  .strictObject(
    {
      tokens: counted('tokens').optional().describe('Tokens trained on.'),
      flops: counted('flops').optional().describe('Floating-point operations.'),
      deviceHours: amount.optional().describe('Hours of the device.'),
      energy: amount.optional().describe('Kilowatt-hours.'),
      money: amount.optional().describe('In the currency of the price table.'),
    },
    expected(FORM),
  )
  .transform((budget): ParsedBudget => ({ budget }));

/** The type of `budget` in an experiment file. */
export type BudgetConfig =
  | string
  | {
      /** Tokens trained on: a number, or a string such as `'1.5B'`. */
      readonly tokens?: number | string;
      /** Floating-point operations: a number, or a string such as `'1e18'`. */
      readonly flops?: number | string;
      readonly deviceHours?: number;
      /** Kilowatt-hours. */
      readonly energy?: number;
      /** In the currency of the price table. */
      readonly money?: number;
    };
