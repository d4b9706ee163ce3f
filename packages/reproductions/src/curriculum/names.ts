/** Names of the strategies and experiments of the curriculum paper, shared by definitions, claims and tables. */

/** The share that the order of ours sorts, at the end. */
export const BEST = 0.2;
const percent = (share: number) => `${Math.round(100 * share)}%`;
/** Shuffled, with the best fifth sorted at the end: not in the paper. */
export const FINISH = 'best 20% last';
/** Data orders of a training run. */
export const ORDERS = [
  ...(['shuffled', 'ascending', 'descending', 'folded ascending', 'folded descending'] as const),
  FINISH,
] as const;
export type Order = (typeof ORDERS)[number];
/** The orders that the paper compares; all sweeps use these two. */
export const SWEPT = ['shuffled', 'ascending'] as const satisfies readonly Order[];
/** Ends of decays, as fractions of the peak, from moderate to deep. */
export const ENDS = [1 / 3, 1 / 10, 1 / 30, 1 / 300] as const;
/** Lengths of decays, as fractions of the training: those of the paper. */
export const LENGTHS = [0.06, 0.18, 0.37] as const;
/** Decay length of the baseline, and of all decays where nothing else is said. */
export const LENGTH = 0.18;
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
export const [WINDOW, SPACING, FACTOR] = [6, 1 / 80, 0.2];

/** A share as a fraction, such as `1/80`. */
export const part = (share: number) => `1/${Math.round(1 / share)}`;

export const constantName = (order: Order) => `${order}, constant`;
export const decayName = (order: Order, length: number, end: number) =>
  `${order}, decay over ${percent(length)} to ${part(end)}`;
export const averageName = (name: string, average: Average) => `${name}, ${average}`;
export const COSINE = 'shuffled, cosine';
/** The full decay, with a given order. */
export const fullName = (order: Order) => decayName(order, LENGTH, DEEPEST);
export const BASELINE = fullName('shuffled');
/** The decay of CDMA, with a given order. */
export const moderateName = (order: Order) => decayName(order, LENGTH, MODERATE);
/** CMA, CDMA, and an average after the order of ours. */
export const CMA = averageName(constantName('ascending'), 'ema');
export const CDMA = averageName(moderateName('ascending'), 'ema');
export const FINISHED = averageName(constantName(FINISH), 'ema');

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

/** The heart of the paper at a second size. */
export const LARGER = 'larger';
/** The heart on text whose quality is known, because random bytes replace a part of it. */
export const NOISE = 'noise';
/** Scorers of the controls, as named in `data.score`: they know nothing of the target. */
export const SCORERS = ['compression', 'ngram'] as const;
export type Scorer = (typeof SCORERS)[number];
/** The experiment in which a scorer orders the data. */
export const scoredName = (scorer: Scorer) => `scored-${scorer}`;
/** Scores, that of the paper first, each with its experiment. */
export const SCORES: readonly (readonly [string, string])[] = [
  ['classifier', 'orders'],
  ...SCORERS.map((scorer) => [scorer, scoredName(scorer)] as const),
  ['known noise', NOISE],
];

/** Shares of each version that are sorted at its end, inside path switching. */
export const BESTS = [0.05, 0.1, BEST, 0.33, 0.5] as const;
/** Spans of the average after the best fifth, as shares of an increment; the plugin's default is one of them. */
export const SPANS = [0.05, 0.1, 0.2, 0.5] as const;

/** Releases of the main path whose versions end with their best share, averaged by age. */
export const bestName = (best: number) => `best ${percent(best)} last, ema`;
/** The same with the best fifth, and another span or other weights of the average. */
export const spanName = (span: number) => `${bestName(BEST)} over ${percent(span)} of a version`;
export const weightsName = (average: Average) => `best ${percent(BEST)} last, ${average}`;

/** Strategies with curricula within path switching. */
export const SWITCHING = {
  scratch: 'from scratch',
  scratchBest: `from scratch, best ${percent(BEST)} last`,
  together: 'all versions sorted as one, ema',
  baseline: 'path switching',
  branchBest: `path switching, best ${percent(BEST)} last`,
  sorted: 'path switching, each version sorted',
  moderate: 'path switching, each version sorted, to 1/3',
  moderateAverage: 'path switching, each version sorted, to 1/3, ema',
  main: 'main path',
  mainAverage: 'main path, ema',
  mainSorted: 'each version sorted, ema',
  mainSortedWide: 'each version sorted, ema over 50% of a version',
  best: bestName(BEST),
  bestAlone: `best ${percent(BEST)} last`,
} as const;

/** The heart of it at a narrower and at the second size. */
export const SWITCHING_NARROWER = 'switching-narrower';
export const SWITCHING_LARGER = 'switching-larger';

/** Shares of the text that are left out, those with the lowest scores. */
export const LEFT_OUT = [0.1, 0.3, 0.6] as const;
/** Equal steps repeat what is left; fewer see it once. */
export type Compute = 'equal' | 'fewer';
const left = (out: number) => `best ${percent(1 - out)} only`;
export const selectedName = (out: number, compute: Compute) => `${left(out)}, ${compute} steps, decay`;
/** What is left, once, ascending, with a constant rate and an average. */
export const selectedSortedName = (out: number) => `${left(out)}, fewer steps, ascending, ema`;
