/** Moves the hyperparameters of a tuned run to another shape, batch and number of tokens. */
import { LearningRateError } from '../laws/setting.js';
import {
  type Powers,
  powerOf,
  type Ratios,
  TRANSFER_RULES,
  type TransferRule,
  type TransferRuleName,
} from './rules.js';

/** A run, as far as rules depend on it. */
export interface TransferPoint {
  readonly width: number;
  readonly layers: number;
  readonly headSize: number;
  /** Tokens, or sequences of one length, per step: the same unit in both runs. */
  readonly batch: number;
  /** Tokens until the release. */
  readonly tokens: number;
}

/** Factors of the optimizer's numbers for one class of parameters. */
export interface ClassFactors {
  readonly rate: number;
  readonly weightDecay: number;
  readonly epsilon: number;
}

/** Hyperparameters of a run. Absent factors and multipliers are 1. */
export interface TransferSettings {
  /** Peak learning rate. */
  readonly peak: number;
  readonly weightDecay: number;
  readonly epsilon: number;
  readonly beta1: number;
  readonly beta2: number;
  /** Factors by class of parameters. */
  readonly groups: Readonly<Record<string, Partial<ClassFactors>>>;
  /** Standard deviations of initial weights by kind: `embedding`, `hidden`, `residual`, `output` if untied. */
  readonly init: Readonly<Record<string, number>>;
  readonly multipliers: {
    readonly embedding?: number;
    readonly residual?: number;
    readonly attention?: number;
    readonly output?: number;
  };
}

/** How to transfer. */
export interface TransferOptions {
  /** Exponent of the depth in residual branches, 1/2 to 1. Default: that of the rule. */
  readonly alpha?: number;
  /**
   * The peak falls with the tokens to the power of minus this. Default: what the rule says. Given, the product of rate
   * and weight decay stays as the rule has it: the decay rises by what the rate falls (Zhou et al., arXiv 2601.05049).
   */
  readonly horizon?: number;
  /** Whether the embedding is the output matrix too. */
  readonly tied: boolean;
  /** Classes of the parameters that the model has. */
  readonly classes: readonly string[];
}

/** A factor that was applied. */
export interface AppliedFactor {
  /** What it multiplies: `peak rate`, `hidden: rate`, `initial deviation: residual`. */
  readonly of: string;
  readonly factor: number;
  readonly from: number;
  readonly to: number;
}

/** Hyperparameters of the target. */
export interface Transferred {
  readonly settings: TransferSettings;
  readonly ratios: Ratios;
  /** Every factor that is not 1. */
  readonly factors: readonly AppliedFactor[];
  /** What the transfer rests on, as sentences. */
  readonly assumptions: readonly string[];
}

/**
 * The hyperparameters with which a run at `target` does what the tuned run at `base` does with `settings`. Transfers
 * compose: from a to b and from b to c is from a to c.
 *
 * The common factor of batch and tokens is in peak, weight decay and epsilon; `groups` has what differs between
 * classes.
 *
 * @throws LearningRateError with every reason for which the rule does not answer
 */
export function transferSettings(
  name: TransferRuleName,
  base: TransferPoint,
  target: TransferPoint,
  settings: TransferSettings,
  options: TransferOptions,
): Transferred {
  const rule: TransferRule = TRANSFER_RULES[name];
  const ratios = ratiosOf(base, target);
  const alpha = options.alpha ?? rule.alpha ?? 0;
  const reasons = refusalsOf(rule, ratios, options);
  const betas = rule.betas ? ratios.batch / ratios.tokens : 1;
  const [beta1, beta2] = [1 - (1 - settings.beta1) * betas, 1 - (1 - settings.beta2) * betas];
  if (beta1 < 0 || beta2 < 0) {
    const least = amount(ratios.batch * Math.max(1 - settings.beta1, 1 - settings.beta2));
    reasons.push(
      `1 - beta would be above 1: at this batch it needs ${least} times the tokens of the tuned run or more`,
    );
  }
  if (reasons.length > 0)
    throw new LearningRateError(`the rule ${name} cannot transfer this: ${reasons.join('; ')}`, reasons);

  const factors: AppliedFactor[] = [];
  const apply = (of: string, factor: number, from: number): number => {
    const to = from * factor;
    if (factor !== 1) factors.push({ of, factor, from, to });
    return to;
  };
  const value = (powers: Powers) => powerOf(powers, ratios, alpha);
  const common = commonFactors(rule, ratios, options);
  const peak = apply('peak rate', common.rate, settings.peak);
  const weightDecay = apply('weight decay', common.weightDecay, settings.weightDecay);
  const epsilon = apply('epsilon', common.epsilon, settings.epsilon);
  apply('1 - beta1', betas, 1 - settings.beta1);
  apply('1 - beta2', betas, 1 - settings.beta2);
  const groups: Record<string, Partial<ClassFactors>> = {};
  for (const one of options.classes) {
    const { rate, weightDecay: decay, epsilon: own } = rule.classes[one]!;
    const known = settings.groups[one] ?? {};
    const decays = !isNorm(one) && {
      weightDecay: apply(`${one}: weight decay`, value(withoutHorizon(decay)), known.weightDecay ?? 1),
    };
    groups[one] = {
      rate: apply(`${one}: rate`, value(withoutHorizon(rate)), known.rate ?? 1),
      ...decays,
      epsilon: apply(`${one}: epsilon`, value(withoutHorizon(own)), known.epsilon ?? 1),
    };
  }
  const init = Object.fromEntries(
    Object.entries(settings.init).map(([kind, std]) => {
      const variance = rule.variance[kind] ?? rule.variance.hidden!;
      return [kind, apply(`initial deviation: ${kind}`, Math.sqrt(value(variance)), std)];
    }),
  );
  const { embedding = 1, residual = 1, attention = 1, output = 1 } = settings.multipliers;
  const logits = rule.multipliers.output[options.tied ? 'tied' : 'untied'];
  return {
    ratios,
    settings: {
      ...{ peak, weightDecay, epsilon, groups, init },
      beta1: betas === 1 ? settings.beta1 : beta1,
      beta2: betas === 1 ? settings.beta2 : beta2,
      multipliers: {
        embedding,
        residual: apply('multiplier: residual', value(rule.multipliers.residual), residual),
        attention: apply('multiplier: attention', value(rule.multipliers.attention), attention),
        output: apply('multiplier: output', value(logits), output),
      },
    },
    factors,
    assumptions: assumptionsOf(name, rule, ratios, { ...options, alpha }),
  };
}

/** The ratios of a target to the tuned run. */
export function ratiosOf(base: TransferPoint, target: TransferPoint): Ratios {
  return {
    width: target.width / base.width,
    depth: target.layers / base.layers,
    headSize: target.headSize / base.headSize,
    batch: target.batch / base.batch,
    tokens: target.tokens / base.tokens,
  };
}

/** Norm gains have no weight decay. */
const isNorm = (name: string) => name === 'norm' || name === 'outputNorm';

const withoutHorizon = ({ horizon: _, ...powers }: Powers): Powers => powers;

/** The factors that all classes have in common: those of batch and tokens. */
function commonFactors(
  rule: TransferRule,
  { batch, tokens }: Ratios,
  { horizon }: TransferOptions,
): { readonly rate: number; readonly weightDecay: number; readonly epsilon: number } {
  const own = rule.covers.horizon && rule.betas ? Math.sqrt(batch / tokens) : 1;
  if (horizon === undefined) return { rate: own, weightDecay: own, epsilon: 1 / own };
  // The rule's dependence on the batch stays; that on the tokens is the given one.
  const ofBatch = rule.betas ? Math.sqrt(batch) : 1;
  const rate = ofBatch * tokens ** -horizon;
  return { rate, weightDecay: (own * own) / rate, epsilon: 1 / own };
}

function refusalsOf(rule: TransferRule, ratios: Ratios, { alpha, horizon, classes }: TransferOptions): string[] {
  const reasons: string[] = [];
  const { depth, batch, tokens } = ratios;
  if (depth !== 1 && !rule.covers.depth) reasons.push('it is a rule for the width, and the depth changes');
  if (tokens !== 1 && !rule.covers.horizon && horizon === undefined) {
    reasons.push('it says nothing about the tokens, which change: give an exponent of the horizon, such as 0.32');
  }
  if (batch !== 1 && !rule.covers.horizon) reasons.push('it says nothing about the batch, which changes');
  if (alpha !== undefined && rule.alpha === null) reasons.push('it has no alpha');
  if (alpha !== undefined && !(alpha >= 0.5 && alpha <= 1)) reasons.push(`alpha is ${alpha}, not from 0.5 to 1`);
  if (horizon !== undefined && !(horizon >= 0 && horizon <= 1)) {
    reasons.push(`the exponent of the horizon is ${horizon}, not from 0 to 1`);
  }
  const unknown = classes.filter((name) => rule.classes[name] === undefined);
  if (unknown.length > 0) reasons.push(`it says nothing about the parameters of class ${unknown.join(' and ')}`);
  return reasons;
}

function assumptionsOf(
  name: TransferRuleName,
  rule: TransferRule,
  { depth, headSize, batch, tokens }: Ratios,
  { alpha, horizon, tied }: TransferOptions & { readonly alpha: number },
): readonly string[] {
  const found = [`The settings of the tuned run are the best at its shape, batch and tokens.`];
  if (depth !== 1 && rule.alpha !== null)
    found.push(`Residual branches shrink with the depth to the power of ${alpha}.`);
  if (depth !== 1) {
    found.push(
      name === 'standard'
        ? 'Initial deviations of residual matrices are those of GPT-2 at the new depth.'
        : 'Initial deviations of residual matrices are those of the tuned run, whose depth decided them.',
    );
  }
  if (headSize !== 1 && name !== 'standard')
    found.push('Scores of attention are divided by the head size beyond the tuned one.');
  if (tied && name === 'completed-p') {
    found.push('Complete(d)P has an output matrix of its own; the tied one gets the multiplier of muP instead.');
  }
  if (horizon !== undefined) {
    found.push(`The best rate falls with the tokens to the power of -${horizon}, and rate times weight decay stays.`);
  } else if (tokens !== 1 || batch !== 1) {
    found.push(
      rule.betas
        ? 'Steps are small enough for the continuous limit of Adam: rate, decay, epsilon and betas follow batch and tokens.'
        : 'The rate does not depend on batch and tokens.',
    );
  }
  return found;
}

const amount = (value: number) => Number(value.toPrecision(3));
