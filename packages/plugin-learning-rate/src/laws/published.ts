import { amount, isNear, isNearCooldown, LearningRateError, outsideOf, type Range, type Setting } from './setting.js';

/**
 * How the batch of the runs was chosen that a law was fitted on. `fixed`: the same number of tokens everywhere.
 * `optimal`: the best one for each number of tokens. `argument`: the law has an exponent for it.
 */
export type BatchPolicy = 'fixed' | 'optimal' | 'argument';

/**
 * A published law: the best peak rate is proportional to a product of powers. Only ratios are used, because constants
 * depend on the model family, the optimizer and often on unstated units.
 */
export interface PublishedLaw {
  /** Where it was published. */
  readonly source: string;
  /** What it was fitted on. */
  readonly fittedOn: string;
  /** Exponents. Without one for the size, the law holds at one size only. */
  readonly exponents: {
    readonly parameters?: number;
    readonly width?: number;
    readonly tokens: number;
    readonly batch?: number;
  };
  readonly batch: BatchPolicy;
  /** Share of the steps in which the rate decays; null: not known, or another schedule. */
  readonly cooldown: number | null;
  /** Range of model sizes, in parameters. */
  readonly parameters: Range;
  /** Range of training tokens. */
  readonly tokens: Range;
}

/** The published laws by name. A range with an unknown end is never trusted without `extrapolate`. */
export const PUBLISHED_LAWS = {
  'paper-c': {
    source: 'Zhou et al., Findings of ACL 2026, arXiv 2601.05049, equation 6',
    fittedOn: 'mixtures of experts under warmup-stable-decay, up to 1.3B active parameters and 500B tokens, R² 0.962',
    exponents: { parameters: -0.2219, tokens: -0.3509 },
    batch: 'fixed',
    cooldown: null,
    parameters: [null, 1.3e9],
    tokens: [null, 5e11],
  },
  'step-law': {
    source: 'Li et al., 2025, arXiv 2503.04715',
    fittedOn: 'dense models and mixtures of experts under cosine decay, up to 1B parameters and 100B tokens',
    exponents: { parameters: -0.713, tokens: 0.307 },
    batch: 'optimal',
    cooldown: null,
    parameters: [null, 1e9],
    tokens: [null, 1e11],
  },
  marin: {
    source: 'Marin, the heuristic of its public training code',
    fittedOn: '150 cells of width, tokens and batch, with parabolas in the logarithm of the rate',
    exponents: { width: -0.37, tokens: -0.28, batch: 0.5 },
    batch: 'argument',
    cooldown: null,
    parameters: [null, null],
    tokens: [null, null],
  },
  'complete-d-p': {
    source: 'Complete(d)P, 2025, arXiv 2512.22382',
    fittedOn: 'derived, for one size; another size needs its parametrization, not a ratio of rates',
    exponents: { tokens: -0.5, batch: 0.5 },
    batch: 'argument',
    cooldown: null,
    parameters: [null, null],
    tokens: [null, null],
  },
  'public-124m': {
    source: 'measured on the public runs of Schaipp and Hägele, 2025: a dense model of 124M parameters on SlimPajama',
    fittedOn: 'warmup-stable-decay with a linear decay, 15k to 50k steps of 102,400 tokens',
    exponents: { tokens: -0.23 },
    batch: 'fixed',
    cooldown: 0.2,
    parameters: [84.9e6, 84.9e6],
    tokens: [1.536e9, 5.12e9],
  },
} as const satisfies Readonly<Record<string, PublishedLaw>>;

/** Name of a published law. */
export type LawName = keyof typeof PUBLISHED_LAWS;

/** Names of the published laws. */
export const LAW_NAMES = Object.keys(PUBLISHED_LAWS) as readonly LawName[] as readonly [LawName, ...LawName[]];

/** The best batch in tokens for so many training tokens (StepLaw, arXiv 2503.04715): 0.58 · D^0.571. */
export const stepLawBatch = (tokens: number): number => 0.58 * tokens ** 0.571;

/** Factor by which a batch may differ from the best one of StepLaw. */
const NEAR_OPTIMAL = 1.5;

/**
 * The factor from the best peak rate of one setting to that of another, by a published law.
 *
 * @throws LearningRateError if the law has no exponent for what differs; and, unless `extrapolate` is set, outside of
 * the sizes, tokens, batch policy and cooldown fraction that it was fitted on.
 */
export function rateRatio(name: LawName, from: Setting, to: Setting, { extrapolate = false } = {}): number {
  const law: PublishedLaw = PUBLISHED_LAWS[name];
  const missing = missingExponents(law, from, to);
  if (missing.length > 0) {
    throw new LearningRateError(`the law ${name} cannot answer: ${missing.join('; ')}`, missing);
  }
  const outside = extrapolate ? [] : outsideOfLaw(law, from, to);
  if (outside.length > 0) {
    const message = `the law ${name} was not fitted for this: ${outside.join('; ')}; extrapolate: true uses it all the same`;
    throw new LearningRateError(message, outside);
  }
  const { parameters = 0, width = 0, tokens, batch = 0 } = law.exponents;
  const power = (exponent: number, of: (setting: Setting) => number) =>
    exponent === 0 ? 1 : (of(to) / of(from)) ** exponent;
  return (
    power(parameters, (setting) => setting.parameters) *
    // Models of one size have one width here.
    power(isNear(from.parameters, to.parameters) ? 0 : width, (setting) => setting.width!) *
    power(tokens, (setting) => setting.tokens) *
    power(batch, (setting) => setting.batch)
  );
}

/** What differs between two settings that a law says nothing about. */
function missingExponents({ exponents }: PublishedLaw, from: Setting, to: Setting): readonly string[] {
  if (exponents.parameters !== undefined || isNear(from.parameters, to.parameters)) return [];
  const sizes = `from ${amount(from.parameters)} to ${amount(to.parameters)} parameters`;
  if (exponents.width === undefined) return [`it has no exponent for the size, and the size changes ${sizes}`];
  if (from.width !== undefined && to.width !== undefined) return [];
  return [`it is a law in the width, which is not given, and the size changes ${sizes}`];
}

/** Every respect in which two settings are outside of what a law was fitted on, as clauses. */
export function outsideOfLaw(law: PublishedLaw, from: Setting, to: Setting): readonly string[] {
  const reasons = [from, to].flatMap((setting) => [
    outsideOf(setting.parameters, law.parameters, 'parameters'),
    outsideOf(setting.tokens, law.tokens, 'tokens'),
    ...(law.batch === 'optimal' ? [wrongBatch(setting)] : []),
    law.cooldown === null || isNearCooldown(law.cooldown, setting.cooldown)
      ? undefined
      : `the rate decays over ${setting.cooldown} of the steps, and over ${law.cooldown} in the fit`,
  ]);
  if (law.batch === 'fixed' && !isNear(from.batch, to.batch)) {
    reasons.push(`it holds at a fixed batch, which changes from ${amount(from.batch)} to ${amount(to.batch)} tokens`);
  }
  if (law.cooldown === null) reasons.push('the share of the steps in which the rate decayed is not known');
  if (!isNearCooldown(from.cooldown, to.cooldown)) {
    reasons.push(`the cooldown fraction changes from ${from.cooldown} to ${to.cooldown}, and the best rate with it`);
  }
  return [...new Set(reasons.filter((reason) => reason !== undefined))];
}

function wrongBatch({ tokens, batch }: Setting): string | undefined {
  const best = stepLawBatch(tokens);
  if (Math.max(best / batch, batch / best) <= NEAR_OPTIMAL) return undefined;
  return `it holds at the best batch, ${amount(best)} tokens for ${amount(tokens)}, and the batch is ${amount(batch)}`;
}
