export { type CurveOptions, type CurveProblem, MIN_POINTS, parseCurve } from './fit/csv.js';
export { type LossCurve, type RatePoint, ratesThrough } from './fit/curve.js';
export { relativeErrors, summarizeErrors } from './fit/errors.js';
export { type FitOptions, fitLaw } from './fit/fit-law.js';
export { type CoveredPath, outsideOfFit } from './law/coverage.js';
export {
  type AnnealingConstants,
  annealingLoss,
  type MultiPowerConstants,
  multiPowerLoss,
  type SublinearAnnealingConstants,
  type WarmupHandling,
} from './law/forms.js';
export {
  type Formula,
  type LawErrors,
  type LawForm,
  type LossLaw,
  lawSchema,
  lossAfter,
  powerOf,
  predictCurve,
  relativeInterval,
} from './law/law.js';
export { PUBLISHED_LAWS } from './law/published.js';
export { type RateDrop, RateHistory, type RateSnapshot } from './law/rate-history.js';
export { resolveLaw, type SimulatedOptions, simulatedOptions } from './options.js';
export type { SimulatedState } from './state.js';
export { SimulatedTrainer, simulated } from './trainer.js';
