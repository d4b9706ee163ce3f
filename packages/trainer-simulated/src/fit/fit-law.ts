/** Fits the constants of a loss law to curves. */
import { annealingLoss, multiPowerLoss, progressOf, type WarmupHandling } from '../law/forms.js';
import { type LawForm, type LossLaw, snapshotsOf } from '../law/law.js';
import type { RateSnapshot } from '../law/rate-history.js';
import type { LossCurve } from './curve.js';
import { relativeErrors, summarizeErrors } from './errors.js';
import { type Minimum, minimize, solve } from './least-squares.js';

/** Options of `fitLaw`. */
export interface FitOptions {
  /** Default `sublinear-annealing`, the best one on curves that it was not fitted to: docs/predict-losses.md. */
  readonly form?: LawForm;
  /** How the warm-up counts. Default `peak` for `annealing`, as in its paper, otherwise `actual`. */
  readonly warmup?: WarmupHandling;
  /** Of both annealing forms. Default 0.999 for `annealing`, as in its paper, and 0.998 for `sublinear-annealing`. */
  readonly lambda?: number;
  /** Of `sublinear-annealing`. Default 0.7. */
  readonly power?: number;
  /** Number of points of each curve that are fitted to, evenly spaced. Default 100; errors are of all points. */
  readonly points?: number;
  /** Curves that are predicted and not fitted to: their errors are part of the law. */
  readonly heldOut?: readonly LossCurve[];
  /** Called before each start; throws to stop. */
  readonly onStart?: (start: number, of: number) => void;
}

/** Where Huber's loss of the difference of log losses turns from a square into a line, as in 2503.12811. */
const DELTA = 1e-3;

interface Point {
  readonly rates: RateSnapshot;
  readonly loss: number;
}

/** A constant that is expected near a value: a difference of one deviation of its logarithm weighs as one point. */
interface Prior {
  /** Index of the parameter. */
  readonly parameter: number;
  readonly mean: number;
  readonly deviation: number;
}

/** A form, as the optimizer sees it. */
interface Shape {
  /** What rates are raised to in S1. */
  readonly power: number;
  /** Values of the constants that are not linear, to start from. */
  readonly starts: readonly (readonly number[])[];
  /** What is known of constants before the fit. */
  readonly priors: readonly Prior[];
  /** Terms that the linear constants multiply, for the first guess of L0, A and the third one. */
  terms(nonlinear: readonly number[], rates: RateSnapshot): readonly [number, number];
  /** Predicted loss; parameters are logarithms: of L0, A, the third, and of the nonlinear constants. */
  loss(parameters: Float64Array, rates: RateSnapshot): number;
  constants(parameters: Float64Array): LossLaw['constants'];
}

/**
 * Fits a law to curves: the mean of Huber's loss (1e-3) of the differences of log losses, from several starts, as in
 * arXiv 2503.12811. Deterministic. Throws an Error if no start converges, or if the curves have fewer points than the
 * law has constants.
 */
export function fitLaw(curves: readonly LossCurve[], options: FitOptions = {}): LossLaw {
  const { form = 'sublinear-annealing', heldOut = [], points: wanted = 100 } = options;
  const warmup = options.warmup ?? (form === 'annealing' ? 'peak' : 'actual');
  const shape = shapeOf(form, warmup, options);
  const points = curves.flatMap((curve) => pointsOf(curve, wanted, shape.power));
  const size = 3 + shape.starts[0]!.length;
  if (points.length <= size) throw new Error(`${points.length} points cannot determine ${size} constants`);
  const observed = Float64Array.from(points, ({ loss }) => Math.log(loss));
  const residuals = (parameters: Float64Array) => {
    const found = new Float64Array(points.length + shape.priors.length);
    for (const [index, { rates }] of points.entries()) {
      found[index] = Math.log(shape.loss(parameters, rates)) - observed[index]!;
    }
    for (const [index, { parameter, mean, deviation }] of shape.priors.entries()) {
      found[points.length + index] = (DELTA * (parameters[parameter]! - Math.log(mean))) / deviation;
    }
    return found;
  };
  let best: Minimum | undefined;
  for (const [index, nonlinear] of shape.starts.entries()) {
    options.onStart?.(index + 1, shape.starts.length);
    const start = firstGuess(shape, nonlinear, points);
    if (start === undefined) continue;
    const found = minimize(residuals, start, DELTA);
    if (Number.isFinite(found.value) && found.value < (best?.value ?? Number.POSITIVE_INFINITY)) best = found;
  }
  if (best === undefined) throw new Error('the fit did not converge: do these losses fall as training proceeds?');
  const law = { form, constants: shape.constants(best.parameters), warmup } as LossLaw;
  const peaks = curves.map(({ rates }) => rates.reduce((most, rate) => Math.max(most, rate), 0));
  const lengths = curves.map(({ steps }) => steps.at(-1)!);
  const errorsOf = (some: readonly LossCurve[]) => summarizeErrors(some.map((curve) => relativeErrors(law, curve)));
  return {
    ...law,
    format: 1,
    fitted: {
      curves: curves.map(({ name }) => name),
      peaks: [Math.min(...peaks), Math.max(...peaks)],
      steps: [Math.min(...lengths), Math.max(...lengths)],
      errors: errorsOf(curves),
      ...(heldOut.length > 0 && { heldOut: errorsOf(heldOut) }),
    },
  };
}

/** Evenly spaced points of a curve, the last included. */
function pointsOf({ rates, steps, losses }: LossCurve, wanted: number, power: number): readonly Point[] {
  const count = Math.min(wanted, steps.length);
  const chosen = Array.from({ length: count }, (_, i) => Math.round(((i + 1) * steps.length) / count) - 1);
  const snapshots = snapshotsOf(
    rates,
    chosen.map((index) => steps[index]!),
    power,
  );
  return snapshots.map((snapshot, i) => ({ rates: snapshot, loss: losses[chosen[i]!]! }));
}

/** Logarithms of all constants, with the linear ones by least squares; undefined if nothing can be solved. */
function firstGuess(shape: Shape, nonlinear: readonly number[], points: readonly Point[]): Float64Array | undefined {
  const rows = points.map(({ rates }) => [1, ...shape.terms(nonlinear, rates)]);
  const lowest = Math.min(...points.map(({ loss }) => loss));
  // Without falls of the rate, the third constant is undetermined: a little damping keeps it at 0.
  const scale = [0, 1, 2].map((i) => rows.reduce((sum, row) => sum + row[i]! ** 2, 0));
  const normal = [0, 1, 2].map((i) =>
    Float64Array.from([0, 1, 2], (j) =>
      rows.reduce((sum, row) => sum + row[i]! * row[j]!, i === j ? 1e-9 * scale[i]! : 0),
    ),
  );
  if (scale[2] === 0) normal[2]![2] = 1;
  const right = Float64Array.from([0, 1, 2], (i) => rows.reduce((sum, row, at) => sum + row[i]! * points[at]!.loss, 0));
  const solved = solve(normal, right);
  if (solved === undefined || !solved.every(Number.isFinite)) return undefined;
  const [L0, A, third] = solved;
  // Constants are positive: their logarithms are fitted.
  const limits = [0.2 * lowest, 1e-3 * lowest, 1e-3];
  const linear = [L0!, A!, third!].map((value, i) => Math.log(Math.max(value, limits[i]!)));
  return Float64Array.from([...linear, ...nonlinear.map(Math.log)]);
}

function shapeOf(form: LawForm, warmup: WarmupHandling, { lambda, power = 0.7 }: FitOptions): Shape {
  switch (form) {
    case 'annealing':
      return annealingShape(warmup, { lambda: lambda ?? 0.999 });
    case 'sublinear-annealing':
      return annealingShape(warmup, { lambda: lambda ?? 0.998, power });
    case 'multi-power':
      return multiPowerShape(warmup);
  }
}

/** Lambda and the power are given: a constant run and a cosine do not determine them. */
function annealingShape(warmup: WarmupHandling, given: { readonly lambda: number; readonly power?: number }): Shape {
  const { power = 1 } = given;
  const constants = (parameters: Float64Array) => {
    const [L0, A, C, alpha] = parameters.map(Math.exp);
    return { L0: L0!, A: A!, alpha: alpha!, C: C!, ...given };
  };
  return {
    power,
    starts: [[0.3], [0.5], [0.8]],
    priors: [],
    terms: ([alpha], rates) => [
      progressOf(rates, warmup, power) ** -alpha!,
      annealingLoss({ L0: 0, A: 0, alpha: 1, C: 1, ...given }, rates, warmup),
    ],
    loss: (parameters, rates) => annealingLoss(constants(parameters), rates, warmup),
    constants,
  };
}

/**
 * C, beta and gamma of the three published sizes differ by a few percent, and a few curves hardly determine them: they
 * are expected near the published means, C within a factor, as it also depends on the batch size.
 */
const EXPECTED = [
  { mean: 2.07, deviation: 0.5 },
  { mean: 0.592, deviation: 0.1 },
  { mean: 0.644, deviation: 0.1 },
];

function multiPowerShape(warmup: WarmupHandling): Shape {
  const constants = (parameters: Float64Array) => {
    const [L0, A, B, alpha, C, beta, gamma] = parameters.map(Math.exp);
    return { L0: L0!, A: A!, alpha: alpha!, B: B!, C: C!, beta: beta!, gamma: gamma! };
  };
  const means = EXPECTED.map(({ mean }) => mean);
  return {
    power: 1,
    starts: [0.35, 0.5, 0.7].map((alpha) => [alpha, ...means]),
    priors: EXPECTED.map((expected, index) => ({ parameter: 4 + index, ...expected })),
    terms: ([alpha, C, beta, gamma], rates) => [
      progressOf(rates, warmup) ** -alpha!,
      multiPowerLoss({ L0: 0, A: 0, alpha: 1, B: 1, C: C!, beta: beta!, gamma: gamma! }, rates, warmup),
    ],
    loss: (parameters, rates) => multiPowerLoss(constants(parameters), rates, warmup),
    constants,
  };
}
