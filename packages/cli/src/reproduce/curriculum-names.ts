/** What the strategies of the curriculum paper are called, for those who define, claim and tabulate. */

/** Orders of a training run. */
export const ORDERS = ['shuffled', 'ascending'] as const;
export type Order = (typeof ORDERS)[number];
/** Ends of decays, as shares of the peak, from moderate to deep. */
export const ENDS = [1 / 3, 1 / 10, 1 / 30, 1 / 300] as const;
/** Lengths of decays, as shares of the training. */
export const LENGTHS = [0.06, 0.18, 0.37] as const;
/** The longest and deepest decay is the baseline's. */
export const LONGEST = 0.37;
export const DEEPEST = 1 / 300;
/** Weights of the averages. */
export const AVERAGES = ['sma', 'ema'] as const;
export type Average = (typeof AVERAGES)[number];

export const constantName = (order: Order) => `${order}, constant`;
export const decayName = (order: Order, length: number, end: number) =>
  `${order}, decay over ${Math.round(100 * length)}% to 1/${Math.round(1 / end)}`;
export const averageName = (name: string, average: Average) => `${name}, ${average}`;
export const COSINE = 'shuffled, cosine';
export const BASELINE = decayName('shuffled', LONGEST, DEEPEST);
/** Ascending, a decay to a third of the peak, and an average: CDMA. */
export const MODERATE = decayName('ascending', LONGEST, 1 / 3);

/** Strategies of the two phases. */
export const PHASES = {
  baseline: 'U,U, decay',
  shuffled: 'U,U, constant, ema',
  lastOnly: 'U,A, constant, ema',
  each: 'A,A, constant, ema',
  together: 'all together, constant, ema',
} as const;
