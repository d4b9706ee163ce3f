/** Names of the strategies and experiments of the curriculum paper, shared by definitions, claims and tables. */

/** Data orders of a training run. */
export const ORDERS = ['shuffled', 'ascending', 'descending', 'folded ascending', 'folded descending'] as const;
export type Order = (typeof ORDERS)[number];
/** The orders that the paper compares; all sweeps use these two. */
export const SWEPT = ['shuffled', 'ascending'] as const satisfies readonly Order[];
/** Ends of decays, as fractions of the peak, from moderate to deep. */
export const ENDS = [1 / 3, 1 / 10, 1 / 30, 1 / 300] as const;
/** Lengths of decays, as fractions of the training. */
export const LENGTHS = [0.06, 0.18, 0.37] as const;
/** Decay length of the baseline. */
export const LONGEST = 0.37;
export const DEEPEST = 1 / 300;
/** A decay to a third of the peak, the paper's best under ascending order. */
export const MODERATE = 1 / 3;

/** Weightings of the averages. */
export const AVERAGES = ['sma', 'ema', 'wma'] as const;
export type Average = (typeof AVERAGES)[number];
/** Numbers of averaged checkpoints. */
export const WINDOWS = [3, 6, 12] as const;
/** Steps between averaged checkpoints, as fractions of the training. */
export const SPACINGS = [1 / 80, 1 / 40, 1 / 20] as const;
/** Decay factors of EMA weights. */
export const FACTORS = [0.1, 0.2, 0.4] as const;
/** Defaults of the averages. */
export const [WINDOW, SPACING, FACTOR] = [6, 1 / 40, 0.2];

const part = (share: number) => `1/${Math.round(1 / share)}`;

export const constantName = (order: Order) => `${order}, constant`;
export const decayName = (order: Order, length: number, end: number) =>
  `${order}, decay over ${Math.round(100 * length)}% to ${part(end)}`;
export const averageName = (name: string, average: Average) => `${name}, ${average}`;
export const COSINE = 'shuffled, cosine';
export const BASELINE = decayName('shuffled', LONGEST, DEEPEST);
/** The decay of CDMA, with a given order. */
export const moderateName = (order: Order) => decayName(order, LONGEST, MODERATE);

/** Averages under a constant rate with one parameter varied. Defaults keep the common name. */
export const windowName = (order: Order, last: number) =>
  averageName(constantName(order), 'sma') + (last === WINDOW ? '' : ` of ${last}`);
export const spacingName = (order: Order, spacing: number) =>
  averageName(constantName(order), 'sma') + (spacing === SPACING ? '' : ` ${part(spacing)} apart`);
export const factorName = (order: Order, factor: number) =>
  averageName(constantName(order), 'ema') + (factor === FACTOR ? '' : ` by ${factor}`);
/** The oldest checkpoint has six times the weight of the newest. */
export const oldFavouredName = (order: Order) => `${constantName(order)}, old favoured`;

/** Strategies of the two phases: unordered (U) or ascending (A). */
export const PHASES = {
  baseline: 'U,U, decay',
  shuffled: 'U,U, constant, ema',
  lastOnly: 'U,A, constant, ema',
  each: 'A,A, constant, ema',
  together: 'all together, constant, ema',
  togetherDecay: 'all together, decay',
} as const;

/** Scorers, as named in `data.score`; they are compared with the known quality. */
export const SCORERS = ['compression', 'ngram'] as const;
export type Scorer = (typeof SCORERS)[number];
/** The experiment in which a scorer orders the data. */
export const scoredName = (scorer: Scorer) => `scored-${scorer}`;
/** Quality measures, known quality first, each with its experiment. */
export const QUALITIES: readonly (readonly [string, string])[] = [
  ['known', 'orders'],
  ...SCORERS.map((scorer) => [scorer, scoredName(scorer)] as const),
];

/** Strategies with curricula within path switching. */
export const SWITCHING = {
  baseline: 'path switching, shuffled',
  sorted: 'path switching, sorted',
  moderate: 'path switching, sorted, to 1/3',
  moderateAverage: 'path switching, sorted, to 1/3, ema',
  sortedBefore: 'path switching, sorted but the last',
  main: 'main path, shuffled',
  mainSorted: 'main path, sorted',
  mainAverage: 'main path, shuffled, ema',
  mainSortedAverage: 'main path, sorted, ema',
} as const;
