/** Rules of transfer: how hyperparameters of a tuned small run become those of another shape, batch and horizon. */

/**
 * Exponents of a product of powers: `mN^width · mL^(depth + alpha·α) · h^headSize · r^horizon`. mN, mL and h are the
 * ratios of width, layers and head size to the tuned run, α is the rule's depth exponent, and r is the square root of
 * the ratio of batches over the ratio of tokens. An absent exponent is 0.
 */
export interface Powers {
  readonly width?: number;
  readonly depth?: number;
  /** Coefficient of α in the exponent of the depth. */
  readonly alpha?: number;
  readonly headSize?: number;
  readonly horizon?: number;
}

/** Factors of one class of parameters. */
export interface ClassPowers {
  readonly rate: Powers;
  /** Of the decay, which is multiplied by the rate of the class. Norm gains have none. */
  readonly weightDecay: Powers;
  readonly epsilon: Powers;
}

/** A rule of transfer, as a table. */
export interface TransferRule {
  readonly source: string;
  /** What it is for, in one line. */
  readonly description: string;
  /** Which ratios it covers; a run that differs in another one cannot be its target. */
  readonly covers: { readonly depth: boolean; readonly horizon: boolean };
  /** Default of α; null: the rule has none. */
  readonly alpha: number | null;
  /** Factors by class of parameters, as the model names them. */
  readonly classes: Readonly<Record<string, ClassPowers>>;
  /** Factors of the variance of initial weights, by kind. */
  readonly variance: Readonly<Record<string, Powers>>;
  readonly multipliers: {
    readonly residual: Powers;
    /** Of the scores of attention, on top of one over the root of the head size. */
    readonly attention: Powers;
    /** Of the logits. `tied`: where the embedding is the output matrix. */
    readonly output: { readonly tied: Powers; readonly untied: Powers };
  };
  /** Whether 1 - beta1 and 1 - beta2 grow with the ratio of batches over that of tokens. */
  readonly betas: boolean;
}

const one: Powers = {};
const same: ClassPowers = { rate: one, weightDecay: one, epsilon: one };

/** From `1 / sqrt(head size)` at the tuned run to `1 / head size` beyond it: h^(1/2) / h. */
const attention: Powers = { headSize: -0.5 };

/** Factor of the default variance of matrices that write into the residual stream, `initStd² / (2 · layers)`. */
const byLayers: Powers = { depth: -1 };

const completeEpsilon: Powers = { width: -1, alpha: -1 };
const completeHidden: ClassPowers = {
  rate: { width: -1, depth: -1, alpha: 1 },
  weightDecay: { width: 1 },
  epsilon: completeEpsilon,
};
const completeEnd: ClassPowers = { ...same, epsilon: completeEpsilon };

const horizonRate: Powers = { horizon: 1 };
const completedHidden: ClassPowers = {
  rate: { width: -1, depth: -1, alpha: 1, horizon: 1 },
  weightDecay: { width: 1, horizon: 1 },
  epsilon: { width: -1, alpha: -1, horizon: -1 },
};
const completedNorm: ClassPowers = {
  rate: { depth: -1, alpha: 1, horizon: 1 },
  weightDecay: { horizon: 1 },
  epsilon: { width: -1, alpha: -1, horizon: -1 },
};

/** The rules by name. */
export const TRANSFER_RULES = {
  standard: {
    source: "Branchline's defaults: initial deviations as in GPT-2 (Radford et al., 2019, section 2.3)",
    description: 'Changes nothing but the shape: what a run without a rule would do.',
    covers: { depth: true, horizon: true },
    alpha: null,
    classes: { embedding: same, hidden: same, norm: same, outputNorm: same, output: same, router: same, expert: same },
    variance: { embedding: one, hidden: one, residual: byLayers, output: one },
    multipliers: { residual: one, attention: one, output: { tied: one, untied: one } },
    betas: false,
  },
  mup: {
    source: 'Yang et al., Tensor Programs V, arXiv 2203.03466; table and code of EleutherAI/nanoGPT-mup, branch master',
    description: 'Width only: the maximal update parametrization for Adam.',
    covers: { depth: false, horizon: false },
    alpha: null,
    classes: {
      embedding: same,
      hidden: { ...same, rate: { width: -1 } },
      norm: same,
      outputNorm: same,
      output: same,
    },
    variance: { embedding: one, hidden: { width: -1 }, residual: { width: -1, depth: -1 }, output: one },
    multipliers: { residual: one, attention, output: { tied: { width: -1 }, untied: { width: -1 } } },
    betas: false,
  },
  completep: {
    source: 'Dey et al., CompleteP, arXiv 2505.01618; table and code of EleutherAI/nanoGPT-mup, branch completep',
    description: 'Width and depth: muP, with residual branches divided by the depth.',
    covers: { depth: true, horizon: false },
    alpha: 1,
    classes: {
      embedding: completeEnd,
      hidden: completeHidden,
      norm: { rate: { depth: -1, alpha: 1 }, weightDecay: one, epsilon: completeEpsilon },
      outputNorm: completeEnd,
      output: completeEnd,
    },
    variance: { embedding: one, hidden: { width: -1 }, residual: { width: -1 }, output: one },
    multipliers: {
      residual: { alpha: -1 },
      attention,
      output: { tied: { width: -1 }, untied: { width: -1 } },
    },
    betas: false,
  },
  'completed-p': {
    source: 'Complete(d)P, arXiv 2512.22382, table of scaling factors',
    description:
      'Width, depth, batch and tokens: CompleteP, with the rate that stochastic differential equations give.',
    covers: { depth: true, horizon: true },
    alpha: 1,
    classes: {
      embedding: { rate: horizonRate, weightDecay: horizonRate, epsilon: { width: -1, horizon: -1 } },
      hidden: completedHidden,
      router: completedHidden,
      expert: completedHidden,
      norm: completedNorm,
      outputNorm: { rate: horizonRate, weightDecay: horizonRate, epsilon: { horizon: -1 } },
      output: {
        rate: { width: -1, horizon: 1 },
        weightDecay: { width: 1, horizon: 1 },
        epsilon: { horizon: -1 },
      },
    },
    variance: { embedding: one, hidden: { width: -1 }, residual: { width: -1 }, output: { width: -2 } },
    multipliers: {
      residual: { alpha: -1 },
      attention,
      // The factor of an output matrix of its own is in its variance and rate.
      output: { tied: { width: -1 }, untied: one },
    },
    betas: true,
  },
} as const satisfies Readonly<Record<string, TransferRule>>;

/** Name of a rule. */
export type TransferRuleName = keyof typeof TRANSFER_RULES;

/** Names of the rules. */
export const TRANSFER_RULE_NAMES = Object.keys(TRANSFER_RULES) as readonly TransferRuleName[] as readonly [
  TransferRuleName,
  ...TransferRuleName[],
];

/** Ratios of a target to the tuned run. */
export interface Ratios {
  readonly width: number;
  readonly depth: number;
  readonly headSize: number;
  /** Of tokens per step. */
  readonly batch: number;
  /** Of all tokens. */
  readonly tokens: number;
}

/** The value of a product of powers. */
export function powerOf(powers: Powers, { width, depth, headSize, batch, tokens }: Ratios, alpha: number): number {
  const { width: ofWidth = 0, headSize: ofHead = 0, horizon = 0 } = powers;
  const ofDepth = (powers.depth ?? 0) + alpha * (powers.alpha ?? 0);
  return width ** ofWidth * depth ** ofDepth * headSize ** ofHead * (batch / tokens) ** (horizon / 2);
}
