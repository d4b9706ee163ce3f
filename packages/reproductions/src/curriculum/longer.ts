/**
 * The central comparison of the paper in a longer training. Added after the full size had run, where a constant rate
 * ended below a full decay: the paper assumes trainings long enough for a decay to pay. The claims are those of the
 * full size.
 */
import type { Results } from '@branchline/evaluation';
import type { PaperClaim, PaperTable, Text } from '../paper/definition.js';
import type { PaperExperiment } from '../paper/experiment.js';
import { differenceText, lossText } from '../paper/tables.js';
import { claimsOfOrders } from './claims.js';
import { averageName, constantName, DEEPEST, decayName, LONGEST, moderateName, type Order, SWEPT } from './names.js';
import { heartOf } from './orders.js';
import { LONG } from './scale.js';

/** Name of the experiment. */
export const LONGER = 'longer';

/** Two orders under a constant rate, a moderate and a full decay. */
export const longerOf = (text: Text): PaperExperiment => ({ ...heartOf(LONG, text), name: LONGER });

/** Claims of the full size that apply to these strategies. */
const CLAIMED = [
  'ascending-constant',
  'end-shuffled',
  'end-ascending-deep',
  'end-ascending-none',
  'cma',
  'cdma',
  'averaging-alone',
];

/** The claims about the experiment. The first is the premise that the full size did not meet. */
export function claimsOfLonger(): readonly PaperClaim[] {
  const again = claimsOfOrders(LONGER).filter(({ id }) => CLAIMED.includes(id));
  return again.map((one) => ({
    ...one,
    id: `longer-${one.id}`,
    claim: `In a longer training, ${one.claim[0]!.toLowerCase()}${one.claim.slice(1)}`,
  }));
}

/** Losses by schedule and order. */
export function longerTable(results: Results): PaperTable {
  const rows: readonly (readonly [string, (order: Order) => string])[] = [
    ['constant', constantName],
    ['constant, ema', (order) => averageName(constantName(order), 'ema')],
    ['to 1/3 of the peak', moderateName],
    ['to 1/3 of the peak, ema', (order) => averageName(moderateName(order), 'ema')],
    ['to 1/300 of the peak', (order) => decayName(order, LONGEST, DEEPEST)],
  ];
  return {
    title: `A longer training: ${LONG.steps} steps, decay over 37%, loss`,
    head: ['', ...SWEPT, 'advantage of ascending'],
    rows: rows.map(([row, name]) => [
      row,
      ...SWEPT.map((order) => lossText(results, name(order))),
      differenceText(results, name('shuffled'), name('ascending')),
    ]),
  };
}
