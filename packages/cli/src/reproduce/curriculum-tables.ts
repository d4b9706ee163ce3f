/** The tables of the curriculum paper, ours beside theirs. Their scores are of benchmarks (higher is better), ours losses (lower is better). */
import type { Results } from '@branchline/core';
import {
  AVERAGES,
  averageName,
  BASELINE,
  COSINE,
  constantName,
  DEEPEST,
  decayName,
  ENDS,
  LENGTHS,
  LONGEST,
  MODERATE,
  ORDERS,
  PHASES,
} from './curriculum-names.js';
import type { Facts, PaperTable } from './definition.js';
import { lossOf, lossText } from './tables.js';

/** Rows of table 1: what the paper calls it, its Core score and its average over eight tasks, and our strategy. */
const TABLE_1: readonly (readonly [string, string, string])[] = [
  ['cosine + shuffled', '44.31 / 49.13', COSINE],
  ['WSD + shuffled (baseline)', '46.21 / 50.56', BASELINE],
  ['WSD + ascending', '45.45 / 50.34', decayName('ascending', LONGEST, DEEPEST)],
  ['EMA + shuffled + constant', '45.29 / 49.94', averageName(constantName('shuffled'), 'ema')],
  ['SMA + ascending + constant', '47.02 / 50.94', averageName(constantName('ascending'), 'sma')],
  ['EMA + ascending + constant (CMA)', '46.95 / 50.95', averageName(constantName('ascending'), 'ema')],
  ['EMA + ascending + decay to peak/3 (CDMA)', '-', averageName(MODERATE, 'ema')],
];

const TABLE_2: readonly (readonly [string, string, string])[] = [
  ['WSD U,U (baseline)', '41.61 / 47.49', PHASES.baseline],
  ['EMA U,U', '-', PHASES.shuffled],
  ['EMA U,A', '41.30 / 47.45', PHASES.lastOnly],
  ['EMA A,A', '43.61 / 48.69', PHASES.each],
  ['EMA all-together', '43.82 / 48.69', PHASES.together],
];

/** Tables 1 and 2, and the sweeps of end rates and lengths, of everything that was trained. */
export function tablesOfCurriculum({ results }: Facts): readonly PaperTable[] {
  const { orders, phases, theory } = results;
  const theoryPhases = results['theory-phases'];
  return [
    beside('Table 1: orders, schedules, averages', TABLE_1, [orders, theory]),
    ...sweepsOf(orders, 'decoder'),
    ...sweepsOf(theory, 'quadratic'),
    beside('Table 2: two phases, unordered (U) or ascending (A)', TABLE_2, [phases, theoryPhases]),
  ];
}

function beside(
  title: string,
  rows: typeof TABLE_1,
  [decoder, theory]: readonly [Results | undefined, Results | undefined],
): PaperTable {
  return {
    title: `${title}. Paper: Core / average of eight tasks; ours: loss`,
    head: ['', 'paper', 'ours, decoder', 'ours, quadratic'],
    rows: rows.map(([row, paper, name]) => [row, paper, lossIn(decoder, name), lossIn(theory, name)]),
  };
}

/** Losses by end rate and by length; the advantage is the loss of shuffled less that of ascending order. */
function sweepsOf(results: Results | undefined, what: string): readonly PaperTable[] {
  if (results === undefined) return [];
  const sweep = (
    title: string,
    ladder: readonly (readonly [string, (order: (typeof ORDERS)[number]) => string])[],
  ) => ({
    title: `${title} (${what})`,
    head: ['', ...ORDERS, 'advantage of ascending'],
    rows: ladder.map(([rung, name]) => [
      rung,
      ...ORDERS.map((order) => lossText(results, name(order))),
      advantage(results, name),
    ]),
  });
  const none = ['no decay', constantName] as const;
  const end = (value: number) => `to peak/${Math.round(1 / value)}`;
  return [
    sweep('End rates, decay over 37%', [
      none,
      ...ENDS.map(
        (value) => [end(value), (order: (typeof ORDERS)[number]) => decayName(order, LONGEST, value)] as const,
      ),
    ]),
    sweep(`Decay lengths, ${end(DEEPEST)}`, [
      none,
      ...LENGTHS.map(
        (length) =>
          [
            `over ${Math.round(100 * length)}%`,
            (order: (typeof ORDERS)[number]) => decayName(order, length, DEEPEST),
          ] as const,
      ),
    ]),
    {
      title: `Averages of six checkpoints (${what})`,
      head: ['', 'last', ...AVERAGES],
      rows: [constantName('shuffled'), constantName('ascending'), MODERATE].map((name) => [
        name,
        lossText(results, name),
        ...AVERAGES.map((average) => lossText(results, averageName(name, average))),
      ]),
    },
  ];
}

const lossIn = (results: Results | undefined, name: string) => (results === undefined ? '-' : lossText(results, name));

function advantage(results: Results, name: (order: (typeof ORDERS)[number]) => string): string {
  const [shuffled, ascending] = [lossOf(results, name('shuffled')), lossOf(results, name('ascending'))];
  return shuffled === undefined || ascending === undefined ? '-' : (shuffled.mean - ascending.mean).toFixed(4);
}
