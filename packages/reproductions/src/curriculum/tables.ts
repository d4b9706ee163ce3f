/**
 * The tables of the curriculum paper, with our values next to theirs. Theirs are benchmark scores (higher is better),
 * ours are losses (lower is better).
 */
import type { Results } from '@branchline/evaluation';
import type { Facts, PaperTable } from '../paper/definition.js';
import { differenceText, lossText, meanOf, namesOf } from '../paper/tables.js';
import { agreementOf } from './agreement.js';
import { LONGER, longerTable } from './longer.js';
import {
  AVERAGES,
  averageName,
  BASELINE,
  COSINE,
  constantName,
  DEEPEST,
  decayName,
  ENDS,
  FACTORS,
  factorName,
  LENGTHS,
  LONGEST,
  moderateName,
  ORDERS,
  type Order,
  oldFavouredName,
  PHASES,
  QUALITIES,
  SPACINGS,
  SWEPT,
  SWITCHING,
  spacingName,
  WINDOWS,
  windowName,
} from './names.js';

type Rows = readonly (readonly [string, string, string])[];

/** Rows of table 1: name in the paper, Core score, average over eight tasks, and our strategy. */
const TABLE_1: Rows = [
  ['cosine + shuffled', '44.31 / 49.13', COSINE],
  ['WSD + shuffled (baseline)', '46.21 / 50.56', BASELINE],
  ['WSD + ascending', '45.45 / 50.34', decayName('ascending', LONGEST, DEEPEST)],
  ['EMA + shuffled + constant', '45.29 / 49.94', averageName(constantName('shuffled'), 'ema')],
  ['SMA + ascending + constant', '47.02 / 50.94', averageName(constantName('ascending'), 'sma')],
  ['EMA + ascending + constant (CMA)', '46.95 / 50.95', averageName(constantName('ascending'), 'ema')],
  ['EMA + ascending + decay to peak/3 (CDMA)', '-', averageName(moderateName('ascending'), 'ema')],
];

const TABLE_2: Rows = [
  ['WSD U,U (baseline)', '41.61 / 47.49', PHASES.baseline],
  ['WSD all-together', '42.73 / 48.01', PHASES.togetherDecay],
  ['EMA U,U', '-', PHASES.shuffled],
  ['EMA U,A', '41.30 / 47.45', PHASES.lastOnly],
  ['EMA A,A', '43.61 / 48.69', PHASES.each],
  ['EMA all-together', '43.82 / 48.69', PHASES.together],
];

/**
 * Tables of all trained experiments: tables 1 and 2, all orders, the sweeps, the scorers, and curricula within path
 * switching. `cache` is the folder of the prepared corpora.
 */
export function tablesOfCurriculum({ results }: Facts, cache: string): readonly PaperTable[] {
  const of = (name: string) => [results[name], results[`theory-${name}`]] as const;
  const both = (make: (found: Results, what: string) => readonly PaperTable[], name: string) =>
    of(name).flatMap((found, index) => (found === undefined ? [] : make(found, index === 0 ? 'decoder' : 'quadratic')));
  return [
    withPaper('Table 1: orders, schedules, averages', TABLE_1, of('orders')),
    ...both(ordersTable, 'orders'),
    ...both(sweepsOf, 'orders'),
    withPaper('Table 2: two phases, unordered (U) or ascending (A)', TABLE_2, of('phases')),
    ...(results[LONGER] === undefined ? [] : [longerTable(results[LONGER])]),
    ...scorersTable(results, cache),
    ...both(switchingTable, 'switching'),
  ];
}

function withPaper(
  title: string,
  rows: Rows,
  [decoder, theory]: readonly [Results | undefined, Results | undefined],
): PaperTable {
  return {
    title: `${title}. Paper: Core / average of eight tasks; ours: loss`,
    head: ['', 'paper', 'ours, decoder', 'ours, quadratic'],
    rows: rows.map(([row, paper, name]) => [row, paper, lossIn(decoder, name), lossIn(theory, name)]),
  };
}

/** Orders by schedules and averages. */
function ordersTable(results: Results, what: string): readonly PaperTable[] {
  const columns: readonly (readonly [string, (order: Order) => string])[] = [
    ['constant', constantName],
    ...AVERAGES.map((average) => [average, (order: Order) => averageName(constantName(order), average)] as const),
    ['to peak/3', moderateName],
    ...AVERAGES.map((average) => [average, (order: Order) => averageName(moderateName(order), average)] as const),
    ['to peak/300', (order) => decayName(order, LONGEST, DEEPEST)],
  ];
  return [
    {
      title: `Orders, schedules and averages of six checkpoints (${what}), loss`,
      head: ['', ...columns.map(([head]) => head)],
      rows: ORDERS.map((order) => [order, ...columns.map(([, name]) => lossText(results, name(order)))]),
    },
  ];
}

/**
 * Losses by end rate and by decay length. The advantage is the loss of shuffled order minus that of ascending order.
 */
function sweepsOf(results: Results, what: string): readonly PaperTable[] {
  const sweep = (title: string, ladder: readonly (readonly [string, (order: Order) => string])[]): PaperTable => ({
    title: `${title} (${what})`,
    head: ['', ...SWEPT, 'advantage of ascending'],
    rows: ladder.map(([rung, name]) => [
      rung,
      ...SWEPT.map((order) => lossText(results, name(order))),
      differenceText(results, name('shuffled'), name('ascending')),
    ]),
  });
  const none = ['no decay', constantName] as const;
  const part = (share: number) => `1/${Math.round(1 / share)}`;
  return [
    sweep('End rates, decay over 37%', [
      none,
      ...ENDS.map((end) => [`to ${part(end)} of the peak`, (order: Order) => decayName(order, LONGEST, end)] as const),
    ]),
    sweep('Decay lengths, to 1/300 of the peak', [
      none,
      ...LENGTHS.map(
        (length) => [`over ${Math.round(100 * length)}%`, (order: Order) => decayName(order, length, DEEPEST)] as const,
      ),
    ]),
    sweep('Averages under a constant rate', [
      ['no average', constantName],
      ...WINDOWS.map((last) => [`sma of ${last}, 1/40 apart`, (order: Order) => windowName(order, last)] as const),
      ...SPACINGS.filter((spacing) => spacing !== 1 / 40).map(
        (spacing) => [`sma of 6, ${part(spacing)} apart`, (order: Order) => spacingName(order, spacing)] as const,
      ),
      ...FACTORS.map((factor) => [`ema of 6 by ${factor}`, (order: Order) => factorName(order, factor)] as const),
      ['wma of 6', (order) => averageName(constantName(order), 'wma')],
      ['old favoured, of 6', oldFavouredName],
    ]),
  ];
}

/** Known quality compared with scorers. */
function scorersTable(results: Facts['results'], cache: string): readonly PaperTable[] {
  const found = QUALITIES.flatMap(([quality, name]) => {
    const of = results[name];
    return of === undefined ? [] : [[quality, of] as const];
  });
  if (found.length < 2) return [];
  const agreement = (of: Results) => agreementOf(cache, [found[0]![1], of])?.toFixed(2) ?? '-';
  const average = (name: string) => averageName(name, 'ema');
  return [
    {
      title: 'Quality known and scored (decoder)',
      caption:
        'Rank correlation (Spearman) with the known quality, over the documents; differences of losses, where negative is better than what it is compared with.',
      head: ['quality', 'rank correlation', 'ascending - shuffled, constant', 'CMA - baseline', 'CDMA - baseline'],
      rows: found.map(([quality, of]) => [
        quality,
        agreement(of),
        differenceText(of, constantName('ascending'), constantName('shuffled')),
        differenceText(of, average(constantName('ascending')), BASELINE),
        differenceText(of, average(moderateName('ascending')), BASELINE),
      ]),
    },
  ];
}

/** Losses of all releases. */
function switchingTable(results: Results, what: string): readonly PaperTable[] {
  const versions = results.strategies[0]?.releases.length ?? 0;
  const numbers = Array.from({ length: versions }, (_, index) => index);
  const names = namesOf(results).filter((name) => (Object.values(SWITCHING) as readonly string[]).includes(name));
  const text = (name: string, index: number) => {
    const sample = meanOf(results, name, ({ releases }) => releases[index]!.loss);
    return sample === undefined ? '-' : sample.mean.toFixed(4);
  };
  return [
    {
      title: `Curricula inside path switching (${what}), loss by version`,
      head: ['', ...numbers.map((index) => `version ${index + 1}`), 'last - baseline'],
      rows: names.map((name) => [
        name,
        ...numbers.map((index) => text(name, index)),
        name === SWITCHING.baseline ? '' : differenceText(results, name, SWITCHING.baseline),
      ]),
    },
  ];
}

const lossIn = (results: Results | undefined, name: string) => (results === undefined ? '-' : lossText(results, name));
