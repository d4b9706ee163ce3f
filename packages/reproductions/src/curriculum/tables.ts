/**
 * The tables of the curriculum paper, with our values next to theirs. Theirs are benchmark scores (higher is better),
 * ours are the compared losses of each experiment (lower is better).
 */
import type { Results } from '@branchline/evaluation';
import type { Facts, PaperTable } from '../paper/definition.js';
import { differenceText, lossText, meanOf, measureOf, namesOf } from '../paper/tables.js';
import { agreementOf } from './agreement.js';
import {
  AVERAGES,
  averageName,
  BASELINE,
  CDMA,
  CMA,
  COSINE,
  constantName,
  DEEPEST,
  decayName,
  ENDS,
  FACTORS,
  FINISHED,
  factorName,
  fullName,
  LARGER,
  LEFT_OUT,
  LENGTH,
  LENGTHS,
  moderateName,
  NOISE,
  ORDERS,
  type Order,
  oldFavouredName,
  PHASES,
  part,
  SCORES,
  SPACING,
  SPACINGS,
  SWEPT,
  SWITCHING,
  SWITCHING_LARGER,
  SWITCHING_NARROWER,
  selectedName,
  selectedSortedName,
  spacingName,
  WINDOW,
  WINDOWS,
  windowName,
} from './names.js';
import type { Elsewhere } from './text.js';

type Rows = readonly (readonly [string, string, string])[];

/** Rows of table 1: name in the paper, Core score, average over eight tasks, and our strategy. */
const TABLE_1: Rows = [
  ['cosine + shuffled', '44.31 / 49.13', COSINE],
  ['WSD + shuffled (baseline)', '46.21 / 50.56', BASELINE],
  ['WSD + ascending', '45.45 / 50.34', fullName('ascending')],
  ['EMA + shuffled + constant', '45.29 / 49.94', averageName(constantName('shuffled'), 'ema')],
  ['SMA + ascending + constant', '47.02 / 50.94', averageName(constantName('ascending'), 'sma')],
  ['EMA + ascending + constant (CMA)', '46.95 / 50.95', CMA],
  ['EMA + ascending + decay to peak/3 (CDMA)', '-', CDMA],
  ['EMA + best 20% last + constant (ours)', '-', FINISHED],
];

const TABLE_2: Rows = [
  ['WSD U,U (baseline)', '41.61 / 47.49', PHASES.baseline],
  ['WSD all-together', '42.73 / 48.01', PHASES.togetherDecay],
  ['EMA U,U', '-', PHASES.shuffled],
  ['EMA U,A', '41.30 / 47.45', PHASES.lastOnly],
  ['EMA A,A', '43.61 / 48.69', PHASES.each],
  ['EMA all-together', '43.82 / 48.69', PHASES.together],
];

/** What the tables need besides the results. */
export interface TableContext {
  /** Folder of the prepared corpora. */
  readonly cache: string;
  readonly elsewhere: Elsewhere;
}

/**
 * Tables of all trained experiments: tables 1 and 2, all orders, the sweeps, the second size, the controls, curricula
 * within path switching, and selection.
 */
export function tablesOfCurriculum({ results }: Facts, { cache, elsewhere }: TableContext): readonly PaperTable[] {
  const of = (name: string) => [results[name], results[`theory-${name}`]] as const;
  const both = (make: (found: Results, what: string) => readonly PaperTable[], name: string) =>
    of(name).flatMap((found, index) => (found === undefined ? [] : make(found, index === 0 ? 'decoder' : 'quadratic')));
  const one = (name: string, make: (found: Results) => PaperTable) =>
    results[name] === undefined ? [] : [make(results[name])];
  return [
    ...withPaper('Table 1: orders, schedules, averages', TABLE_1, of('orders')),
    ...both(ordersTable, 'orders'),
    ...both(sweepsOf, 'orders'),
    ...withPaper('Table 2: two phases, unordered (U) or ascending (A)', TABLE_2, of('phases')),
    ...one(LARGER, (found) => heartTable('The second size', found)),
    ...one(NOISE, (found) => heartTable('Control: known quality, random bytes as noise', found)),
    ...scoresTable(results, cache),
    ...both((found, what) => [switchingTable(found, what, what === 'decoder' ? elsewhere : undefined)], 'switching'),
    ...one(SWITCHING_NARROWER, (found) => switchingTable(found, 'half the width', elsewhere)),
    ...one(SWITCHING_LARGER, (found) => switchingTable(found, 'second size', elsewhere)),
    ...one('selection', selectionTable),
  ];
}

function withPaper(
  title: string,
  rows: Rows,
  [decoder, theory]: readonly [Results | undefined, Results | undefined],
): readonly PaperTable[] {
  // An experiment that was left out has no column, and a table without one would have only the paper's figures.
  if (decoder === undefined && theory === undefined) return [];
  return [
    {
      title: `${title}. Paper: Core / average of eight tasks; ours: loss`,
      head: ['', 'paper', 'ours, decoder', 'ours, quadratic'],
      rows: rows.map(([row, paper, name]) => [row, paper, lossIn(decoder, name), lossIn(theory, name)]),
    },
  ];
}

/** Orders by schedules and averages. */
function ordersTable(results: Results, what: string): readonly PaperTable[] {
  const columns: readonly (readonly [string, (order: Order) => string])[] = [
    ['constant', constantName],
    ...AVERAGES.map((average) => [average, (order: Order) => averageName(constantName(order), average)] as const),
    ['to peak/3', moderateName],
    ...AVERAGES.map((average) => [average, (order: Order) => averageName(moderateName(order), average)] as const),
    ['to peak/300', fullName],
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
  return [
    sweep(`End rates, decay over ${Math.round(100 * LENGTH)}%`, [
      none,
      ...ENDS.map((end) => [`to ${part(end)} of the peak`, (order: Order) => decayName(order, LENGTH, end)] as const),
    ]),
    sweep('Decay lengths, to 1/300 of the peak', [
      none,
      ...LENGTHS.map(
        (length) => [`over ${Math.round(100 * length)}%`, (order: Order) => decayName(order, length, DEEPEST)] as const,
      ),
    ]),
    sweep('Averages under a constant rate', [
      ['no average', constantName],
      ...WINDOWS.map(
        (last) => [`sma of ${last}, ${part(SPACING)} apart`, (order: Order) => windowName(order, last)] as const,
      ),
      ...SPACINGS.filter((spacing) => spacing !== SPACING).map(
        (spacing) =>
          [`sma of ${WINDOW}, ${part(spacing)} apart`, (order: Order) => spacingName(order, spacing)] as const,
      ),
      ...FACTORS.map((factor) => [`ema of 6 by ${factor}`, (order: Order) => factorName(order, factor)] as const),
      ['wma of 6', (order) => averageName(constantName(order), 'wma')],
      ['old favoured, of 6', oldFavouredName],
    ]),
  ];
}

/** The heart of the paper in one experiment. */
function heartTable(title: string, results: Results): PaperTable {
  const rows: readonly (readonly [string, (order: Order) => string])[] = [
    ['constant', constantName],
    ['constant, ema', (order) => averageName(constantName(order), 'ema')],
    ['to 1/3 of the peak', moderateName],
    ['to 1/3 of the peak, ema', (order) => averageName(moderateName(order), 'ema')],
    ['to 1/300 of the peak', fullName],
  ];
  return {
    title: `${title}: loss`,
    head: ['', ...SWEPT, 'advantage of ascending'],
    rows: rows.map(([row, name]) => [
      row,
      ...SWEPT.map((order) => lossText(results, name(order))),
      differenceText(results, name('shuffled'), name('ascending')),
    ]),
  };
}

/** The classifier compared with the controls. */
function scoresTable(results: Facts['results'], cache: string): readonly PaperTable[] {
  const found = SCORES.flatMap(([score, name]) => {
    const of = results[name];
    return of === undefined ? [] : [[score, name, of] as const];
  });
  const { orders } = results;
  if (found.length < 2 || orders === undefined) return [];
  // The text with noise is another one.
  const agreement = (name: string, of: Results) =>
    name === NOISE ? '-' : (agreementOf(cache, [orders, of])?.toFixed(2) ?? '-');
  const against = (of: Results, name: string) => differenceText(of, name, BASELINE);
  return [
    {
      title: 'Scores of what the model is for, and controls (decoder)',
      caption:
        'Rank correlation (Spearman) with the classifier, over the documents; differences of losses, where negative is better than what it is compared with.',
      head: [
        ...['score', 'rank correlation', 'ascending - shuffled, constant', 'CMA - baseline', 'CDMA - baseline'],
        'best 20% last, ema - baseline',
      ],
      rows: found.map(([score, name, of]) => [
        score,
        agreement(name, of),
        differenceText(of, constantName('ascending'), constantName('shuffled')),
        against(of, CMA),
        against(of, CDMA),
        against(of, FINISHED),
      ]),
    },
  ];
}

/** Costs, compared losses after the last version, and losses on text that the model is not for. */
function switchingTable(results: Results, what: string, elsewhere: Elsewhere | undefined): PaperTable {
  const cost = (name: string) => meanOf(results, name, ({ cost }) => cost.ratioToBaseline ?? Number.NaN)!.mean;
  const away = elsewhere === undefined ? undefined : measureOf(results, elsewhere.metrics);
  return {
    title: `Curricula inside path switching (${what}): cost in parts of training from scratch, loss after the last version`,
    head: [
      '',
      'cost',
      'loss',
      '- from scratch',
      '- path switching',
      ...(elsewhere === undefined ? [] : [elsewhere.label]),
    ],
    rows: namesOf(results).map((name) => [
      name,
      `${(100 * cost(name)).toFixed(1)}%`,
      lossText(results, name),
      name === SWITCHING.scratch ? '' : differenceText(results, name, SWITCHING.scratch),
      name === SWITCHING.baseline ? '' : differenceText(results, name, SWITCHING.baseline),
      ...(away === undefined ? [] : [lossText(results, name, undefined, away)]),
    ]),
  };
}

/** Losses by the share that is left out. */
function selectionTable(results: Results): PaperTable {
  const row = (out: number, names: readonly [string, string, string]) => [
    `${Math.round(100 * out)}%`,
    ...names.map((name) => (name === '' ? '' : lossText(results, name))),
  ];
  return {
    title: 'The worst text left out, against sorting it (decoder), loss',
    caption: 'Equal steps repeat what is left; fewer steps see it once.',
    head: ['left out', 'equal steps, decay', 'fewer steps, decay', 'fewer steps, ascending, ema'],
    rows: [
      row(0, [BASELINE, '', CMA]),
      ...LEFT_OUT.map((out) =>
        row(out, [selectedName(out, 'equal'), selectedName(out, 'fewer'), selectedSortedName(out)]),
      ),
    ],
  };
}

const lossIn = (results: Results | undefined, name: string) => (results === undefined ? '-' : lossText(results, name));
