/** Names of the experiments and strategies of the path-switching paper, shared by definitions, claims and tables. */

/** Fraction of an increment in each branch; gives the paper's 58% at four versions. */
export const ALPHA = 0.6;
/** Sweep of alpha, under cosine. */
export const ALPHAS = [0.1, 0.2, 0.3, 0.6, 1] as const;
/** Alphas of the sweep whose branches are also averaged. */
export const SHORT_ALPHAS = [0.1, 0.2, 0.3] as const;
/** Rates of the lowered stage one, as fractions of the peak; claims are about the first. */
export const PEAK_SHARES = [0.1, 0.3] as const;
/** Ends of the weakened decays of stage two, as fractions of the peak; claims are about the first. */
export const MIN_RATIOS = [0.5, 0.1] as const;
/** The schedules of the paper. */
export const SCHEDULES = ['cosine', 'knee', 'multi-step'] as const;
/** Numbers of versions in the cost table. */
export const VERSIONS = [2, 3, 4, 5, 6] as const;
/** The setting that the paper's own claims and tables use. */
export const PAPER_VERSIONS = 4;

/** Names of the trained experiments. */
export const COMPARED = 'compared';
export const BY_VERSIONS = 'six-versions';
export const AVERAGED = 'averages';
export const LARGER = 'larger-model';
/** Names of the experiments that are only planned. */
export const ARRIVAL = 'arrival';
export const SWITCHING_PLAN = 'switching';
export const SHUFFLED = 'shuffled';
export const planName = (versions: number) => `versions-${versions}`;

export const PTFS = (schedule: string) => `PTFS, ${schedule}`;
export const CPT = (schedule: string) => `CPT, ${schedule}`;
export const SWITCHING = (schedule: string) => `path switching, ${schedule}`;
/** Under cosine. The paper's alpha has no separate name. */
export const switchingOver = (alpha: number) =>
  alpha === ALPHA ? SWITCHING('cosine') : `${SWITCHING('cosine')}, alpha ${alpha}`;
export const lowStageOne = (share: number) => SWITCHING(`stage one at ${share} of the peak`);
export const weakStageTwo = (minRatio: number) => SWITCHING(`stage two to ${minRatio} of the peak`);
/** The decay starts at the full peak again, as the branches of `lowStageOne` must. */
export const PEAK_AGAIN = SWITCHING('peak again in stage two');
export const IN_ORDER = PTFS('stable-decay, arrival');
export const MAIN = 'main path';

/** How the last checkpoints of a path are averaged. */
export interface Averaging {
  readonly weights: 'sma' | 'ema' | 'wma' | 'merge for 1-sqrt';
  /** Number of checkpoints. */
  readonly last: number;
  /** Distance from the oldest to the newest, as a fraction of an increment. */
  readonly span: number;
}

/** The plugin's defaults, from which one parameter at a time is varied. */
export const USUAL: Averaging = { weights: 'sma', last: 6, span: 0.5 };
/** Averages on the main path, with one parameter varied at a time. */
export const AVERAGINGS: readonly Averaging[] = [
  ...[0.125, 0.25, 0.5, 1].map((span) => ({ ...USUAL, span })),
  ...[3, 12].map((last) => ({ ...USUAL, last })),
  ...(['ema', 'wma'] as const).map((weights) => ({ ...USUAL, weights })),
  { ...USUAL, weights: 'merge for 1-sqrt' },
  { ...USUAL, weights: 'merge for 1-sqrt', span: 1 },
];
/** The same average on other paths that see every token once. */
export const OTHER_PATHS = ['half the peak', 'WSD-S', 'infinite schedule, constant', CPT('cosine')] as const;

export const averaged = (path: string, { weights, last, span }: Averaging = USUAL) =>
  `${path}, ${weights} of ${last} over ${span}T`;
/** The last six checkpoints of a branch. */
export const averagedBranch = (alpha: number) => averaged(switchingOver(alpha), { ...USUAL, span: alpha });
