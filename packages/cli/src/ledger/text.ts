/** The ledger as text. */
import {
  AMOUNTS,
  type Amounts,
  type Answer,
  type GroupedBill,
  type Json,
  type Overview,
  type Row,
} from '@branchline/accounting';
import type { Cost } from '@branchline/core';
import type { Results } from '@branchline/evaluation';
import { compact, duration, percent, plural, short } from '../ui/format.js';
import type { Style } from '../ui/style.js';
import { table } from '../ui/table.js';
import { amountCells, amountHeads, oneLine, showMoney, showTime } from './cells.js';
import { longTable } from './long-table.js';

/** Totals, cost by strategy, savings, and the sources of prices. */
export function overviewText(overview: Overview, currency: string, style: Style): string {
  const { entries, actual, state, rates } = overview;
  const first = `${plural(entries, 'entry', 'entries')}, unaltered: ${short(Number(actual.tokens))} tokens in ${plural(Number(actual.steps), 'step')}, ${duration(Number(actual.device_seconds))} of device time.`;
  const savings = [
    ...(state === 'none' ? [] : [sharingText(overview, currency)]),
    ...overview.averagingSaved.map((saved, _, all) =>
      averagingText(
        saved,
        currency,
        all.some(({ seed }) => seed !== saved.seed),
      ),
    ),
    ...reuseText(overview.reused),
  ];
  return [
    first,
    groupedText(overview, currency, style),
    ...(state === 'finished' ? [] : [STATES[state]]),
    ...(savings.length === 0 ? [] : [savings.join('\n')]),
    ...(rates.length === 0 ? [] : [ratesText(rates)]),
  ].join('\n\n');
}

const STATES = {
  going: 'The run is not finished: this is the bill of the training so far.',
  none: 'There is no bill yet: a run writes it when it ends or is stopped. This is what was paid.',
};

/** The bill as a table: the cost of each group alone, and its share of what was paid. */
export function groupedText({ by, rows, actual, rest }: GroupedBill, currency: string, style: Style): string {
  const blank = by.slice(1).map(() => '');
  const owed = AMOUNTS.some(({ name }) => Number(rest[name]) !== 0);
  const lines = [
    ...rows.flatMap((row) => [
      [...by.map((name) => oneLine(row[name])), ...amountCells(sideOf(row, 'alone'))],
      ['  share', ...blank, ...amountCells(sideOf(row, 'share'))],
    ]),
    ...(owed && rows.length > 0 ? [['for others, or again', ...blank, ...amountCells(rest)]] : []),
    ['actual', ...blank, ...amountCells(actual)],
  ];
  const head = [...by, ...amountHeads(currency)];
  const numbers = head.map((_, index) => index).slice(by.length);
  const unknown = [actual, ...rows.flatMap((row) => [sideOf(row, 'alone'), sideOf(row, 'share')])].some(
    ({ energy_joules, money }) => energy_joules === null || money === null,
  );
  const notes = [
    ...(rows.length === 0 ? [] : [SIDES_NOTE]),
    ...(Number(rest.flops) < 0 ? [TOO_LITTLE_NOTE] : []),
    ...(unknown ? [UNKNOWN_NOTE] : []),
  ];
  return [table(head, lines, style, numbers), ...notes].join('\n');
}

const SIDES_NOTE = 'Each first as if trained alone, below its share of what was paid; all shares add up to it.';
const TOO_LITTLE_NOTE =
  'The ledger has less than the bill was made from: "branchline ledger verify" finds what is missing.';
const UNKNOWN_NOTE =
  '? is not known: the price table lacks a device. "prices" in the experiment file takes rows of your own.';

function sideOf(row: Row, side: 'alone' | 'share'): Amounts {
  return Object.fromEntries(AMOUNTS.map(({ name }) => [name, row[`${side}_${name}`]])) as Amounts;
}

function sharingText({ apart, saved }: GroupedBill, currency: string): string {
  const share = Number(apart.tokens) === 0 ? 0 : Number(saved.tokens) / Number(apart.tokens);
  const amounts = spoken(Number(saved.tokens), Number(saved.device_seconds), saved.money as string | null, currency);
  return `Sharing saved ${percent(share)} of what the strategies would have cost apart: ${amounts}.`;
}

function averagingText(
  { strategy, seed, insteadOf, branches, extra }: Results['averagingSaved'][number],
  currency: string,
  several: boolean,
) {
  const net = (of: (cost: Cost) => number) => of(branches) - of(extra);
  const sign = net(({ tokens }) => tokens) < 0 ? -1 : 1;
  const money = branches.money === null || extra.money === null ? null : sign * (branches.money - extra.money);
  const amounts = spoken(sign * net(({ tokens }) => tokens), sign * net((cost) => cost.deviceSeconds), money, currency);
  const longer = extra.steps === 0 ? '' : `, and trained ${plural(extra.steps, 'step')} more of their path`;
  const under = several ? ` under seed ${seed}` : '';
  return `Averaging${under} ${sign < 0 ? 'cost' : 'saved'} ${amounts}: "${oneLine(strategy)}" ran no decays, which took "${oneLine(insteadOf)}" ${plural(branches.steps, 'step')}${longer}.`;
}

function reuseText({ entries, steps, tokens }: Row): readonly string[] {
  if (Number(entries) === 0) return [];
  return [
    `Strategies that came later found ${plural(Number(steps), 'step')} on ${short(Number(tokens))} tokens stored already, and trained none of them.`,
  ];
}

function spoken(tokens: number, seconds: number, money: number | string | null, currency: string): string {
  const time = `${showTime(seconds)} of device time`;
  return `${short(tokens)} tokens, ${time}${money === null ? '' : `, ${showMoney(Number(money))} ${currency}`}`;
}

/** Prices and power draw with their sources, one line per device. */
function ratesText(rates: readonly Row[]): string {
  return rates
    .map((rate) => {
      const price = fact(rate.price_per_hour, `${oneLine(rate.currency)} an hour`, rate.price_source, rate.price_date);
      const power = fact(rate.watts, 'W', rate.power_source, rate.power_date);
      const time = showTime(Number(rate.device_seconds));
      return `${time} on ${oneLine(rate.device)}: ${price ?? 'no price is known'}; ${power ?? 'no power is known'}.`;
    })
    .join('\n');
}

function fact(
  amount: Json | undefined,
  unit: string,
  source: Json | undefined,
  date: Json | undefined,
): string | undefined {
  if (amount === null) return undefined;
  return `${compact(Number(amount))} ${unit} (${oneLine(source)}, ${oneLine(date)})`;
}

/** All entries, one line each. */
export function entriesText({ rows }: Answer, currency: string, style: Style): string {
  const lines = rows.map((row) => [
    oneLine(row.time).slice(0, 19),
    oneLine(row.kind),
    row.kind === 'charge'
      ? oneLine(`${row.plugin as string}: ${row.note as string}`)
      : oneLine(row.to_state).slice(0, 10),
    short(Number(row.steps)),
    short(Number(row.tokens)),
    duration(Number(row.device_seconds)),
    row.kind === 'reuse' ? '' : row.money === null ? '?' : showMoney(Number(row.money)),
    oneLine((row.requested_by as readonly string[]).join(', ')),
  ]);
  const head = ['booked (UTC)', 'kind', 'state', 'steps', 'tokens', 'device', currency, 'needed by'];
  return longTable(head, lines, style, [3, 4, 5, 6]);
}

/** The answer to a query; NULL is an empty cell. */
export function answerText({ columns, rows }: Answer, style: Style): string {
  const lines = rows.map((row) => columns.map(({ name }) => oneLine(row[name])));
  const numbers = columns.flatMap(({ numeric }, index) => (numeric ? [index] : []));
  const head = columns.map(({ name }) => name);
  return longTable(head, lines, style, numbers);
}

/** Wraps text between words. Indented lines, which belong to tables, are not wrapped. */
export function fold(text: string, width: number): string {
  const long = new RegExp(`(?=.{${width + 1}})(.{1,${width}}) `, 'gu');
  return text
    .split('\n')
    .map((line) => (line.startsWith('  ') ? line : line.replace(long, '$1\n')))
    .join('\n');
}
