/** The claims of Luo et al. (ICLR 2026, arXiv 2511.18903), as rules over losses by name. */

/** Ends of decays, as fractions of the peak, from moderate to deep. */
export const ENDS = [1 / 3, 1 / 10, 1 / 30, 1 / 100, 1 / 300] as const;
/** Lengths of decays, as fractions of the training. */
export const LENGTHS = [0.06, 0.18, 0.37] as const;
/** Steps from the oldest averaged checkpoint to the newest, as fractions of the training. */
export const SPANS = [0.125, 0.25, 0.5] as const;
export type Order = 'shuffled' | 'ascending';

/** Decay length of the baseline. */
export const LONGEST = 0.37;
export const DEEPEST = 1 / 300;

export const constantName = (order: Order) => `${order}, constant`;
export const decayName = (order: Order, length: number, end: number) => `${order}, decay ${length} to ${end}`;
export const averageName = (order: Order, weights: string, span: number) => `${order}, ${weights} over ${span}`;
export const BASELINE = decayName('shuffled', LONGEST, DEEPEST);

/** Losses of one seed. */
export type Losses = Readonly<Record<string, number>>;

const falling = (values: readonly number[]) =>
  values.every((value, index) => index === 0 || value < values[index - 1]!);

const bestAverage = (losses: Losses, order: Order) =>
  Math.min(...['sma', 'ema'].flatMap((weights) => SPANS.map((span) => losses[averageName(order, weights, span)]!)));

/** Advantage of ascending order in loss. */
const ahead = (losses: Losses, name: (order: Order) => string) =>
  losses[name('shuffled')]! - losses[name('ascending')]!;

function bestEnd(losses: Losses, order: Order): number {
  const candidates = ENDS.map((end) => ({ end, loss: losses[decayName(order, LONGEST, end)]! }));
  return [{ end: 1, loss: losses[constantName(order)]! }, ...candidates].sort((a, b) => a.loss - b.loss)[0]!.end;
}

/** Whether each claim holds for the losses of a seed. */
export const CLAIMS: Readonly<Record<string, (losses: Losses) => boolean>> = {
  'ascending beats shuffled under a constant rate': (losses) => ahead(losses, constantName) > 0,
  'its advantage shrinks as the decay deepens': (losses) =>
    falling([
      ahead(losses, constantName),
      ...ENDS.map((end) => ahead(losses, (order) => decayName(order, LONGEST, end))),
    ]),
  'its advantage shrinks as the decay lengthens': (losses) =>
    falling([
      ahead(losses, constantName),
      ...LENGTHS.map((length) => ahead(losses, (order) => decayName(order, length, DEEPEST))),
    ]),
  'the best end rate is near zero when shuffled': (losses) => bestEnd(losses, 'shuffled') <= 1 / 30,
  'the best end rate is moderate when ascending': (losses) =>
    bestEnd(losses, 'ascending') >= 1 / 10 && bestEnd(losses, 'ascending') <= 1 / 3,
  'ascending + constant + average beats shuffled + full decay': (losses) =>
    bestAverage(losses, 'ascending') < losses[BASELINE]!,
  // An average of shuffled training gains less than half of what the combination gains over the baseline.
  'averaging alone does not explain it': (losses) =>
    losses[BASELINE]! - bestAverage(losses, 'shuffled') < (losses[BASELINE]! - bestAverage(losses, 'ascending')) / 2,
  'shuffled wins under full decay': (losses) => ahead(losses, (order) => decayName(order, LONGEST, DEEPEST)) < 0,
};
