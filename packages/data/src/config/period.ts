/** Periods of dates, which versions by a field can be. */

/** How long a version is. */
export type Period = 'year' | 'quarter' | 'month' | 'day';

/** A date with or without a time: `2026-08`, `2026-08-15`, `2026-08-15T10:00:00Z`. */
const DATE = /^\d{4}-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01])([T ].*)?)?$/;

/** Characters of a date that name its period. */
const LENGTHS = { year: 4, month: 7, day: 10 } as const;

/** `periodOf` as an SQL expression, for values that are dates. */
export function periodSql(value: string, period: Period): string {
  if (period !== 'quarter') return `substr(${value}, 1, ${LENGTHS[period]})`;
  const quarter = `(TRY_CAST(substr(${value}, 6, 2) AS INTEGER) + 2) // 3`;
  return `substr(${value}, 1, 4) || '-Q' || (${quarter})`;
}

/** The period of a date: `2026`, `2026-Q3`, `2026-08` or `2026-08-15`. Undefined if it is no date, or has no day. */
export function periodOf(date: string, period: Period): string | undefined {
  if (!DATE.test(date)) return undefined;
  if (period === 'quarter') return `${date.slice(0, 4)}-Q${Math.ceil(Number(date.slice(5, 7)) / 3)}`;
  return date.length < LENGTHS[period] ? undefined : date.slice(0, LENGTHS[period]);
}
