export { parseFit, readFit } from './fit/file.js';
export {
  type Cell,
  type Conditions,
  type FitOptions,
  type FittedLaw,
  fitLearningRate,
  type Interval,
  type LearningRateFit,
  type Observation,
  type Regret,
  type SizeFit,
} from './fit/fit.js';
export { decaySteps, GRID_CURVE, type GridRun, gridOverrides } from './fit/grid-run.js';
export type { LossLaw } from './fit/power-law.js';
export { type PredictingFit, type Prediction, predictRate } from './fit/predict.js';
export type { NoOptimum, Valley } from './fit/quadratic.js';
export {
  type BatchPolicy,
  LAW_NAMES,
  type LawName,
  outsideOfLaw,
  PUBLISHED_LAWS,
  type PublishedLaw,
  rateRatio,
  stepLawBatch,
} from './laws/published.js';
export { LearningRateError, type Range, type Setting } from './laws/setting.js';
export { learningRate } from './learning-rate.js';
export {
  type ClassPowers,
  type Powers,
  powerOf,
  type Ratios,
  TRANSFER_RULE_NAMES,
  TRANSFER_RULES,
  type TransferRule,
  type TransferRuleName,
} from './transfer/rules.js';
export {
  type AppliedFactor,
  type ClassFactors,
  ratiosOf,
  type TransferOptions,
  type TransferPoint,
  type Transferred,
  type TransferSettings,
  transferSettings,
} from './transfer/transfer.js';
