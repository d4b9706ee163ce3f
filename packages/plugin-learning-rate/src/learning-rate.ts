import { definePlugin, type ReleaseContext, type Stage, type VersionContext } from '@branchline/core';
import { predictRate } from './fit/predict.js';
import { outsideOfLaw, PUBLISHED_LAWS, rateRatio } from './laws/published.js';
import { amount, isNearCooldown, type Setting } from './laws/setting.js';
import { type Options, options } from './options.js';

/** Digits of a peak: fewer than those in which two processors or versions of Node could compute a power differently. */
const DIGITS = 4;

/**
 * The peak learning rate of every version, from a law: a fit of `branchline lr fit`, which predicts the best rate for
 * the size of the model and the tokens trained until the release; or one good run and a published law, whose exponents
 * are used as a ratio. It sets `lr.peak` and nothing else, so it composes with every plugin that decides starts,
 * schedules and branches; branches inherit the peak of their version. Peaks are rounded to four digits.
 *
 * Outside of the sizes, tokens, batch and cooldown fraction of a law it throws, unless `extrapolate` is set.
 */
export const learningRate = definePlugin({
  name: 'learning-rate',
  version: '1.0.0',
  description: 'The peak rate from a law: fitted with branchline lr fit, or published exponents and one good run.',
  owns: ['lr.peak'],
  options,
  paths: ['fit'],

  onVersion(context) {
    const setting = settingOf(context);
    const { rate, outside } = rateFor(context.options, setting);
    const peak = Number(rate.toPrecision(DIGITS));
    const { index } = context.version;
    if (index === 1) context.log.info(`peak ${peak} in version 1, ${describe(setting)}`);
    if (outside.length > 0) context.log.warn(`the peak of version ${index} is extrapolated: ${outside.join('; ')}`);
    else if (index === 1 && context.options.extrapolate) context.log.info('extrapolate changes nothing in version 1');
    return { lr: { peak } };
  },

  /** Decides nothing: it compares the schedule with the cooldown that the rate is for, where both are known. */
  onRelease(context) {
    const { spec } = context;
    const cooldown = cooldownOf(context.options);
    if (spec.release.path !== 'main' || context.options.extrapolate) return undefined;
    const decaying = decayingSteps(spec.lr.schedule, spec.steps - spec.lr.warmup);
    const share = (decaying * context.experiment.batch * context.experiment.context) / tokensSoFar(context);
    if (isNearCooldown(share, cooldown)) return undefined;
    throw new Error(
      `the rate of version ${context.version.index} decays over ${share.toFixed(2)} of the steps before its release, and the peak is that of a decay over ${cooldown}; set cooldown and take a law for it, or set extrapolate: true`,
    );
  },
});

const describe = ({ parameters, tokens, cooldown }: Setting): string =>
  `for ${amount(parameters)} parameters, ${amount(tokens)} tokens and a decay over ${cooldown} of the steps`;

/** The rate, with every respect in which it is extrapolated. Throws a LearningRateError if that is not wanted. */
function rateFor({ fit, from, law, extrapolate }: Options, setting: Setting) {
  if (fit !== undefined) return predictRate(fit, setting, { extrapolate });
  const rate = from!.rate * rateRatio(law!, from!, setting, { extrapolate });
  return { rate, outside: outsideOfLaw(PUBLISHED_LAWS[law!], from!, setting) };
}

/** What a version asks the law about. */
function settingOf(context: VersionContext<Options>): Setting {
  const { experiment } = context;
  return {
    parameters: experiment.model.nonEmbeddingParameters,
    tokens: context.options.tokens ?? tokensSoFar(context),
    batch: experiment.batch * experiment.context,
    cooldown: cooldownOf(context.options),
  };
}

function cooldownOf({ cooldown, fit, from }: Options): number {
  return cooldown ?? fit?.conditions.cooldown ?? from!.cooldown;
}

/** Training tokens of the versions up to this one: versions that come later change no rate. */
function tokensSoFar({ experiment, version }: VersionContext | ReleaseContext): number {
  const before = experiment.versions.filter(({ index }) => index <= version.index);
  return before.reduce((sum, { tokens }) => sum + tokens, 0);
}

/** Steps of a schedule in which the rate is not constant. */
function decayingSteps(schedule: readonly Stage[], steps: number): number {
  return schedule.reduce((sum, { share, curve }) => sum + (curve === 'constant' ? 0 : share * Math.max(0, steps)), 0);
}
