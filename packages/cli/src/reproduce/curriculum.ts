/** How decay wastes your best data (Luo et al., ICLR 2026, arXiv 2511.18903): what is trained, at which size. */
import { definePlugin, type PluginUse } from '@branchline/core';
import { fromScratch, stableOnly } from '@branchline/plugin-baselines';
import { curriculum } from '@branchline/plugin-curriculum';
import { modelAveraging } from '@branchline/plugin-model-averaging';
import { pathSwitching } from '@branchline/plugin-path-switching';
import type { ExperimentConfig, StrategyConfig } from '../config/define.js';
import { quadratic } from '../config/trainer.js';
import { claimsOfOrders, claimsOfPhases } from './curriculum-claims.js';
import {
  AVERAGES,
  averageName,
  BASELINE,
  COSINE,
  constantName,
  DEEPEST,
  decayName,
  ENDS,
  LENGTHS,
  LONGEST,
  MODERATE,
  type Order,
  PHASES,
} from './curriculum-names.js';
import { tablesOfCurriculum } from './curriculum-tables.js';
import { type Reproduction, type Size, type Text, withClaims } from './definition.js';

interface Scale {
  readonly model: ExperimentConfig['model'];
  readonly batch: number;
  /** Steps of the whole training. */
  readonly steps: number;
  readonly lr: { readonly peak: number; readonly warmup: number };
  readonly seeds: number;
}

const QUICK: Scale = {
  model: { layers: 2, width: 64, heads: 2, context: 64 },
  batch: 8,
  steps: 600,
  lr: { peak: 5e-4, warmup: 20 },
  seeds: 5,
};
const FULL: Scale = {
  model: { layers: 3, width: 96, heads: 3, context: 128 },
  batch: 16,
  steps: 800,
  lr: { peak: 1e-3, warmup: 20 },
  seeds: 6,
};
/** The setting of the tests of the trainer; the model is what it is asked for beside its own options. */
const THEORY: Scale = {
  model: { layers: 1, width: 16, heads: 1, context: 100 },
  batch: 2,
  steps: 512,
  lr: { peak: 0.2, warmup: 10 },
  seeds: 5,
};

/** Before claims that are about the quadratic. */
const THEORY_WORDS = 'On a noisy quadratic, ';

const SWEEPS: Readonly<Record<Size, string>> = {
  quick:
    'The peak rate 5e-4 is the best of 2.5e-4, 5e-4, 1e-3, 2e-3, 4e-3 and 8e-3 for the baseline (shuffled, full decay) under a seed of its own.',
  full: 'The peak rate 1e-3 was the best of 1.25e-4, 2.5e-4, 5e-4, 1e-3 and 2e-3 for the baseline at a smaller size, 1,200 steps of 512 bytes; it has not been swept at this one.',
};

/** The reproduction at a size; `letters` is text of which no byte is printable ASCII, as the quadratic trainer's quality needs it. */
export function curriculumPaper(size: Size, text: Text, letters: Text): Reproduction {
  const scale = size === 'quick' ? QUICK : FULL;
  const claims = [
    ...claimsOfOrders('orders'),
    ...claimsOfPhases('phases'),
    ...claimsOfOrders('theory', 'theory-', THEORY_WORDS),
    ...claimsOfPhases('theory-phases', 'theory-', THEORY_WORDS),
  ];
  // Noise makes gradients noisier and no more; the other readings are in packages/trainer-quadratic.
  const trainer = quadratic({ drift: 0 });
  const experiments = [
    { ...ordersOf(scale, text), name: 'orders' },
    { ...phasesOf(scale, text), name: 'phases' },
    { ...ordersOf(THEORY, letters), name: 'theory', trainer },
    { ...phasesOf(THEORY, letters), name: 'theory-phases', trainer },
  ];
  return {
    paper: 'curriculum',
    source: 'Luo et al., How learning-rate decay wastes your best data, ICLR 2026, arXiv 2511.18903',
    setting: `${scale.steps} steps of ${scale.batch} x ${scale.model.context} bytes; each document has 0 to 60% of its bytes replaced by noise, so that its quality is known; losses in nats per byte on clean held-out text. ${SWEEPS[size]} Averages are of six checkpoints over the last eighth. Theory: ${THEORY.steps} steps of SGD on a quadratic whose gradients are noisier for worse documents (0 to 100% noise).`,
    experiments: experiments.map((experiment) => withClaims(experiment, claims)),
    plans: [],
    claims,
    tables: tablesOfCurriculum,
    tokensPerSecond: size === 'quick' ? 90_000 : 65_000,
  };
}

/** Orders x schedules x averages, on one version. */
function ordersOf(scale: Scale, text: Text): ExperimentConfig {
  const strategies: Record<string, StrategyConfig> = {
    [COSINE]: [fromScratch({ schedule: 'cosine', floor: DEEPEST })],
  };
  for (const order of ['shuffled', 'ascending'] as const) Object.assign(strategies, strategiesOf(order, scale));
  return { ...experimentOf(scale, text, 1), strategies, baseline: BASELINE };
}

function strategiesOf(order: Order, { steps }: Scale): Readonly<Record<string, readonly PluginUse[]>> {
  const ordered = order === 'shuffled' ? [] : [curriculum()];
  const strategies: Record<string, readonly PluginUse[]> = {
    [constantName(order)]: [fromScratch({ schedule: 'constant' }), ...ordered],
  };
  const decay = (length: number, end: number) => {
    const scratch = fromScratch({ schedule: 'stable-decay', decay: length, floor: end });
    strategies[decayName(order, length, end)] = [scratch, ...ordered];
  };
  for (const end of ENDS) decay(LONGEST, end);
  for (const length of LENGTHS) decay(length, DEEPEST);
  for (const name of [constantName(order), ...(order === 'ascending' ? [MODERATE] : [])]) {
    for (const weights of AVERAGES) {
      strategies[averageName(name, weights)] = [...strategies[name]!, averageOver(steps, weights)];
    }
  }
  return strategies;
}

/** Six checkpoints, an eighth of the training from the oldest to the newest. */
const averageOver = (steps: number, weights: 'sma' | 'ema') =>
  modelAveraging({ weights, last: 6, every: Math.floor(steps / 40) });

/** Sorts the data of the second phase alone. */
const lastPhase = definePlugin({
  name: 'curriculum-of-the-last-phase',
  version: '1.0.0',
  kernel: '^1',
  owns: ['order.by'],
  setup: () => ({
    onVersion: ({ version }) => (version.index === 2 ? { order: { by: { by: 'ascending' } } } : undefined),
  }),
});

/** Two versions are the two phases; releases of the first are of no interest. */
function phasesOf(scale: Scale, text: Text): ExperimentConfig {
  const average = averageOver(scale.steps, 'ema');
  const half = { ...scale, steps: scale.steps / 2 };
  return {
    ...experimentOf(half, text, 2),
    strategies: {
      // The decay of the baseline: 37% of both phases, which is 74% of the last.
      [PHASES.baseline]: [pathSwitching({ alpha: 2 * LONGEST, floor: DEEPEST })],
      [PHASES.shuffled]: [stableOnly(), average],
      [PHASES.lastOnly]: [stableOnly(), lastPhase(), average],
      [PHASES.each]: [stableOnly(), curriculum(), average],
      [PHASES.together]: [fromScratch({ schedule: 'constant' }), curriculum(), average],
    },
    baseline: PHASES.baseline,
  };
}

function experimentOf({ model, batch, steps, lr, seeds }: Scale, { sources }: Text, count: number) {
  const { context = 128 } = model;
  return {
    model,
    data: {
      sources,
      versions: { by: 'random' as const, count, tokens: steps * batch * context },
      maxDocumentBytes: '1KiB',
      score: 'quality' as const,
    },
    training: { batch, lr: { ...lr, floor: DEEPEST } },
    seeds,
    // One percent of a loss of about 3, as with path switching.
    compare: { margin: 0.02 },
  };
}
