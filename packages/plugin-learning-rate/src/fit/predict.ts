import { amount, isNear, isNearCooldown, LearningRateError, outsideOf, type Setting } from '../laws/setting.js';
import type { Conditions, FittedLaw } from './fit.js';
import { rateOfLaw } from './rate-law.js';

/** The part of a fit that predictions need. */
export interface PredictingFit {
  readonly conditions: Pick<Conditions, 'batch' | 'cooldown'>;
  readonly law: Pick<FittedLaw, 'logRate' | 'centre' | 'exponents' | 'covariance' | 'range' | 'curvature'> | null;
}

/** The predicted best peak rate. */
export interface Prediction {
  readonly rate: number;
  /** 95%, from the covariance of the law; null without one. The error of extrapolating the law itself is not in it. */
  readonly interval: readonly [number, number] | null;
  /** Expected loss from the uncertainty of the rate, nats per token; null without a covariance. */
  readonly regret: number | null;
  /** Every respect in which the setting is outside of the fit, as clauses; empty inside of it. */
  readonly outside: readonly string[];
}

/** 97.5% quantile of the normal distribution. */
const Z = 1.959964;

/**
 * Predicts the best peak rate of a setting from a fit.
 *
 * @throws LearningRateError if the fit has no law, or no exponent for what differs; and, unless `extrapolate` is set,
 * outside of the sizes, tokens, batch and cooldown fraction of the fit.
 */
export function predictRate(fit: PredictingFit, setting: Setting, { extrapolate = false } = {}): Prediction {
  const { law } = fit;
  if (law === null) {
    const reason = 'no best rate was found inside of its grid';
    throw new LearningRateError(`the fit has no law: ${reason}`, [reason]);
  }
  const missing = missingExponents(law, setting);
  if (missing.length > 0) throw new LearningRateError(`the fit cannot answer: ${missing.join('; ')}`, missing);
  const outside = outsideOfFit(fit.conditions, law, setting);
  if (outside.length > 0 && !extrapolate) {
    const message = `the fit is for something else: ${outside.join('; ')}; extrapolate: true uses it all the same`;
    throw new LearningRateError(message, outside);
  }
  const rate = rateOfLaw(law, setting);
  const variance = varianceOf(law, setting);
  const width = variance === null ? null : Math.exp(Z * Math.sqrt(variance));
  return {
    rate,
    interval: width === null ? null : [rate / width, rate * width],
    regret: variance === null ? null : law.curvature * variance,
    outside,
  };
}

type Law = NonNullable<PredictingFit['law']>;

function missingExponents({ exponents, range }: Law, { parameters, tokens }: Setting): readonly string[] {
  const reasons: string[] = [];
  if (exponents.parameters === null && !isNear(parameters, range.parameters[0])) {
    const [size] = range.parameters;
    reasons.push(`it has one size, ${amount(size)} parameters, and was asked about ${amount(parameters)}`);
  }
  if (exponents.tokens === null && !isNear(tokens, range.tokens[0])) {
    reasons.push(`it has one horizon, ${amount(range.tokens[0])} tokens, and was asked about ${amount(tokens)}`);
  }
  return reasons;
}

function outsideOfFit(
  { batch, cooldown }: PredictingFit['conditions'],
  { range }: Law,
  setting: Setting,
): readonly string[] {
  const reasons = [
    outsideOf(setting.parameters, range.parameters, 'parameters'),
    outsideOf(setting.tokens, range.tokens, 'tokens'),
    isNear(batch, setting.batch)
      ? undefined
      : `the batch is ${amount(setting.batch)} tokens, and ${amount(batch)} in the fit`,
    isNearCooldown(cooldown, setting.cooldown)
      ? undefined
      : `the rate decays over ${setting.cooldown} of the steps, and over ${cooldown} in the fit`,
  ];
  return reasons.filter((reason) => reason !== undefined);
}

/** Variance of the predicted log rate; null without a covariance. */
function varianceOf({ covariance, centre, exponents }: Law, { parameters, tokens }: Setting): number | null {
  if (covariance === null) return null;
  const direction = [
    1,
    ...(exponents.parameters === null ? [] : [Math.log(parameters / centre.parameters)]),
    ...(exponents.tokens === null ? [] : [Math.log(tokens / centre.tokens)]),
  ];
  return direction.reduce(
    (total, a, i) => total + direction.reduce((row, b, j) => row + a * b * covariance[i]![j]!, 0),
    0,
  );
}
