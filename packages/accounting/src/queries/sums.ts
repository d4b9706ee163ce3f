/** SQL of the sums over the tables: exact, and NULL if a summand is unknown. */
import { AMOUNTS, SIDES } from './columns.js';

/** SELECT list with the sums of bill rows, in columns `alone_steps` to `share_money`. */
export const BILL_SUMS = SIDES.flatMap((side) =>
  AMOUNTS.map(({ name, type }) => `${sumOf(`${side}_${name}`, type)} AS ${side}_${name}`),
).join(', ');

/** Sum of a column; NULL if any value is NULL, which the bill has for devices without price or power. */
function sumOf(column: string, type: string): string {
  return `CASE WHEN count(*) = count(${column}) THEN coalesce(sum(${column}), 0)::${type} END`;
}

/** SELECT list with the amounts paid: reused training costs nothing, and evaluations train on no tokens. */
const PAID = AMOUNTS.map(({ name, type }) => {
  const counted = name === 'tokens' ? "kind IN ('train', 'charge')" : "kind <> 'reuse'";
  const unknown = `count(*) FILTER (${counted} AND ${name} IS NULL AND device_seconds > 0)`;
  return `CASE WHEN ${unknown} = 0 THEN coalesce(sum(${name}) FILTER (${counted}), 0)::${type} END AS ${name}`;
}).join(', ');

const side = (of: (typeof SIDES)[number]) =>
  `SELECT ${AMOUNTS.map(({ name, type }) => `${sumOf(`${of}_${name}`, type)} AS ${name}`).join(', ')} FROM bill`;

const difference = (a: string, b: string) =>
  `SELECT ${AMOUNTS.map(({ name, type }) => `(a.${name} - b.${name})::${type} AS ${name}`).join(', ')} FROM ${a} AS a, ${b} AS b`;

/** One row per total, with its name in `what` and columns `steps` to `money`. */
export const TOTALS = `
  WITH
    actual AS (SELECT ${PAID} FROM entries),
    apart AS (${side('alone')}),
    together AS (${side('share')}),
    rest AS (${difference('actual', 'together')}),
    saved AS (${difference('apart', 'together')})
  ${['actual', 'apart', 'rest', 'saved'].map((name) => `SELECT '${name}' AS what, * FROM ${name}`).join(' UNION ALL ')}`;

/** Training that later strategies reused from stored states. */
export const REUSED = `
  SELECT coalesce(sum(steps), 0)::BIGINT AS steps, coalesce(sum(tokens), 0)::BIGINT AS tokens, count(*) AS entries
  FROM entries WHERE kind = 'reuse'`;

/** Prices and power used to compute money and energy, by device. */
export const RATES = `
  SELECT device, sum(device_seconds) AS device_seconds, currency, price_per_hour, price_source, price_date,
    watts, power_source, power_date
  FROM entries WHERE kind <> 'reuse' AND device_seconds > 0
  GROUP BY ALL ORDER BY min(line)`;
