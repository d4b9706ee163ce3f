/** An option that is varied, as a list of values: a search works on their indexes. */
import type { OptionRange } from '@branchline/core';

/** A value of an option. */
export type OptionValue = string | number | boolean;

/** A varied option. */
export interface Dimension {
  /** Plugin and option: `path-switching.alpha`. */
  readonly name: string;
  /** Number of values. */
  readonly size: number;
  /** Whether neighbouring values are alike: numbers are, listed values are not. */
  readonly ordered: boolean;
  /** The value of an index from 0 to `size` - 1. */
  readonly valueAt: (index: number) => OptionValue;
}

/** The fewest values of a range without a step. */
const FINE = 50;
/** Values of a logarithmic range. */
const LOG_VALUES = 61;

/**
 * The values of a range. A range without a step gets round numbers, 50 to 500 of them; with `integer`, whole ones.
 * Throws an Error that says what is wrong with the range.
 */
export function dimensionOf(name: string, range: OptionRange, integer: boolean): Dimension {
  if (isList(range)) {
    if (range.length === 0) throw new Error('lists no values');
    if (new Set(range).size < range.length) throw new Error('lists a value twice');
    return { name, size: range.length, ordered: false, valueAt: (index) => range[index]! };
  }
  const { from, to, step, log = false } = range;
  if (!(Number.isFinite(from) && Number.isFinite(to) && from < to)) {
    throw new Error(`goes from ${from} to ${to}: the first must be below the second`);
  }
  if (step !== undefined && log) throw new Error('has a step and a logarithmic scale: leave one out');
  if (step !== undefined && !(step > 0 && step <= to - from)) {
    throw new Error(`has a step of ${step}, which is not above 0 and at most ${to - from}`);
  }
  if (log && !(from > 0)) throw new Error(`begins at ${from}: a logarithmic range begins above 0`);
  if (log && !integer) return { name, size: LOG_VALUES, ordered: true, valueAt: (index) => geometric(from, to, index) };
  const apart = integer ? Math.max(1, Math.round(step ?? 1)) : (step ?? roundStep(to - from));
  const size = Math.floor((to - from) / apart + 1e-9) + 1;
  return { name, size, ordered: true, valueAt: (index) => round(from + index * apart) };
}

const isList = (range: OptionRange): range is readonly OptionValue[] => Array.isArray(range);

/** A power of ten that divides a width into 50 to 500 parts. */
const roundStep = (width: number): number => Number(`1e${Math.floor(Math.log10(width / FINE))}`);

/** Three digits: two versions of Node could compute a power differently in the last ones. */
const geometric = (from: number, to: number, index: number): number =>
  Number((from * (to / from) ** (index / (LOG_VALUES - 1))).toPrecision(3));

/** Without the rounding error of binary sums: 0.1 + 0.2 gives 0.3. */
const round = (value: number): number => Number(value.toPrecision(12));
