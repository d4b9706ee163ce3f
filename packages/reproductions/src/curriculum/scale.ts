/** Sizes of the experiments of the curriculum paper. */
import type { Size } from '../paper/definition.js';
import type { PaperExperiment } from '../paper/experiment.js';
import { DEEPEST } from './names.js';
import type { ScoredText } from './text.js';

/** A size of the decoder, or of the quadratic. */
export interface Scale {
  readonly model: PaperExperiment['model'];
  readonly batch: number;
  /** Steps of the whole training. */
  readonly steps: number;
  readonly lr: { readonly peak: number; readonly warmup: number };
  readonly seeds: number;
  /** The smallest loss difference that matters. */
  readonly margin: number;
  /** Whether orders that are not swept also run with the full decay. */
  readonly thorough: boolean;
}

/** Shared by both small sizes. The margin is about one percent of their losses. */
const SMALL = { model: { layers: 2, width: 64, heads: 2, context: 64 }, batch: 16, margin: 0.02 } as const;

/** Sizes of the decoder; `RATES` says how each peak rate was chosen. */
export const SCALES: Readonly<Record<Size, Scale>> = {
  quick: { ...SMALL, steps: 640, lr: { peak: 2e-3, warmup: 20 }, seeds: 3, thorough: false },
  full: { ...SMALL, steps: 1760, lr: { peak: 4e-3, warmup: 40 }, seeds: 5, thorough: true },
};

/** The second size, for the heart of the paper. */
export const LARGE: Scale = {
  model: { layers: 3, width: 96, heads: 3, context: 128 },
  batch: 16,
  steps: 1600,
  lr: { peak: 2e-3, warmup: 40 },
  seeds: 5,
  margin: 0.02,
  thorough: false,
};

/** Half the width of the full size, for the step beyond. */
export const NARROW: Scale = { ...SCALES.full, model: { ...SMALL.model, width: 32 }, thorough: false };

/** How the peak rate of each size was chosen. */
export const RATES: Readonly<Record<Size, string>> = {
  quick:
    'The peak rate 2e-3 is the best of 1e-3, 2e-3, 4e-3 and 8e-3 for the baseline (shuffled, full decay) at this size under a seed of its own.',
  full: 'The peak rate 4e-3 is the best of 1e-3, 2e-3, 4e-3 and 8e-3 for the baseline (shuffled, full decay) at this size under a seed of its own; 2e-3 at the second size is that of a sketch with another trainer, and was not swept; the narrower size has that of the full one.',
};

/**
 * Tokens per second for the time forecast, at the small and the second size. The small one was measured on two lanes of
 * a machine that did other work now and then (94,000 to 122,000).
 */
export const TOKENS_PER_SECOND = 100_000;
export const TOKENS_PER_SECOND_LARGE = 54_000;

/**
 * The setting of the quadratic trainer's tests, with as many seeds as the decoder. `model` is required by the
 * experiment in addition to the trainer's own options.
 */
export const THEORY: Omit<Scale, 'seeds'> = {
  model: { layers: 1, width: 16, heads: 1, context: 100 },
  batch: 2,
  steps: 512,
  lr: { peak: 0.2, warmup: 10 },
  // Three percent of its losses, which are about 0.03.
  margin: 0.001,
  thorough: true,
};

/** Held-out sequences of a domain that every release is evaluated on, at most. */
const HELD_OUT = 128;

/** Settings that all experiments of a scale share. `steps` is per version. */
export function experimentOf(
  { model, batch, steps, lr, seeds, margin }: Scale,
  { sources, score, evaluation, metric }: ScoredText,
  { count }: { readonly count: number },
) {
  return {
    model,
    data: {
      sources,
      versions: { by: 'random' as const, count, tokens: steps * batch * model.context },
      maxDocumentBytes: '1KiB',
      // As much in all versions together, whatever their number.
      heldOut: { sequences: HELD_OUT / count },
      score,
      ...(evaluation === undefined ? {} : { evaluation }),
    },
    training: { batch, lr: { ...lr, minRatio: DEEPEST } },
    seeds,
    compare: { margin, metric },
  };
}
