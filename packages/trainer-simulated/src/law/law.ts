/** A loss law: a form, its constants, what it was fitted to, and how far off it was. */
import { z } from 'zod';
import { annealingLoss, multiPowerLoss } from './forms.js';
import { RateHistory, type RateSnapshot } from './rate-history.js';

const positive = z.number().gt(0);
const share = z.number().min(0);

/** Relative errors of predictions: absolute differences over the measured losses. */
export const errorsSchema = z.strictObject({
  mean: share.describe('Mean relative error over all points.'),
  max: share.describe('Largest relative error.'),
  end: share.describe('Relative error at the last point; of several curves, the largest.'),
  p95: share.describe('95% of all points have at most this relative error.'),
  points: z.int().min(1).describe('Number of points.'),
});

/** Relative errors of predictions. */
export type LawErrors = z.output<typeof errorsSchema>;

const warmup = z
  .enum(['actual', 'peak'])
  .describe('How steps of the warm-up count in the sum of rates: at the rate they had, or at the peak.');

const fitted = z.strictObject({
  curves: z.array(z.string()).min(1).describe('Names of the curves that the constants were fitted to.'),
  peaks: z.tuple([positive, positive]).describe('Lowest and highest peak rate of these curves.'),
  steps: z.tuple([positive, positive]).describe('Shortest and longest of these curves, in steps.'),
  errors: errorsSchema.describe('Errors on these curves.'),
  heldOut: errorsSchema.optional().describe('Errors on curves that were not fitted to; absent: there were none.'),
});

const common = {
  format: z.literal(1).describe('Version of this format.'),
  name: z.string().min(1).optional().describe('What the law is called in tables; default: its form.'),
  source: z.string().min(1).optional().describe('Where the constants come from.'),
  warmup,
  fitted: fitted.describe('What the law was fitted to. Outside it, predictions are extrapolations.'),
};

const form = <Name extends string>(name: Name) => z.literal(name).describe('The form of the law.');
const CONSTANTS = 'Constants of the form, as in docs/predict-losses.md.';
const basics = {
  L0: share.describe('Loss that no amount of training reaches, nats per token.'),
  A: share.describe('Nats per token above it at S1 = 1.'),
  alpha: share.describe('Exponent of S1, the sum of the rates.'),
};
const annealing = {
  ...basics,
  C: share.describe('Nats per token that a unit of S2 gains.'),
  lambda: positive.lt(1).describe('Share of the momentum of falls of the rate that is left after a step.'),
};

/** A loss law, as `branchline fit-loss --out` writes it. */
export const lawSchema = z.discriminatedUnion('form', [
  z.strictObject({
    form: form('annealing'),
    constants: z.strictObject(annealing).describe(CONSTANTS),
    ...common,
  }),
  z.strictObject({
    form: form('sublinear-annealing'),
    constants: z
      .strictObject({ ...annealing, power: positive.max(1).describe('What each rate is raised to in S1.') })
      .describe(CONSTANTS),
    ...common,
  }),
  z.strictObject({
    form: form('multi-power'),
    constants: z
      .strictObject({
        ...basics,
        B: share.describe('Nats per token that a fall of the rate by 1 gains in the end.'),
        C: share.describe('How soon it gains that.'),
        beta: share.describe('Exponent of the sum of the rates since a fall.'),
        gamma: z.number().describe('Exponent of the rate after a fall.'),
      })
      .describe(CONSTANTS),
    ...common,
  }),
]);

/** A loss law: from learning rates to a loss in nats per token, for one model, batch size and kind of text. */
export type LossLaw = z.output<typeof lawSchema>;

/** Names of the forms. */
export type LawForm = LossLaw['form'];

/** What a prediction takes: a form, its constants, and how the warm-up counts. */
export type Formula = Pick<LossLaw, 'form' | 'constants' | 'warmup'>;

/** What rates are raised to in the sum S1 of a law. */
export function powerOf({ constants }: Formula): number {
  return 'power' in constants ? constants.power : 1;
}

/**
 * The predicted loss after the steps of a history with the power of the law, nats per token. Infinite before the first
 * step with a rate above 0, where S1 is 0.
 */
export function lossAfter({ constants, warmup: handling }: Formula, rates: RateSnapshot): number {
  return 'B' in constants ? multiPowerLoss(constants, rates, handling) : annealingLoss(constants, rates, handling);
}

/** Predicted losses after the given numbers of steps, ascending, of a path that trains at `rates`. */
export function predictCurve(law: Formula, rates: Float64Array, after: ArrayLike<number>): Float64Array {
  return Float64Array.from(snapshotsOf(rates, after, powerOf(law)), (snapshot) => lossAfter(law, snapshot));
}

/** Snapshots of a path that trains at `rates`, after the given numbers of steps, ascending. */
export function snapshotsOf(rates: Float64Array, after: ArrayLike<number>, power = 1): readonly RateSnapshot[] {
  const history = new RateHistory(power);
  return Array.from(after, (steps) => {
    if (steps < history.steps || steps > rates.length) {
      throw new RangeError(`no state after ${steps} of ${rates.length} steps: ${history.steps} were made`);
    }
    while (history.steps < steps) history.push(rates[history.steps]!);
    return history.snapshot();
  });
}

/**
 * Half the width of the interval around a predicted loss that holds 95% of the measured points, relative to the loss:
 * on curves that were not fitted to, where there were some.
 */
export function relativeInterval({ fitted: { errors, heldOut } }: Pick<LossLaw, 'fitted'>): number {
  return Math.max(errors.p95, heldOut?.p95 ?? 0);
}
