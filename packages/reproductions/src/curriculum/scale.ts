/** Sizes of the experiments of the curriculum paper. */

import type { Size, Text } from '../paper/definition.js';
import type { PaperExperiment } from '../paper/experiment.js';
import { DEEPEST } from './names.js';

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

/** Shared by both decoder sizes. The margin is about one percent of their losses. */
const DECODER = { model: { layers: 2, width: 64, heads: 2, context: 64 }, batch: 8, margin: 0.02 } as const;

/** Sizes of the decoder; `SWEEPS` says how each peak rate was chosen. */
export const SCALES: Readonly<Record<Size, Scale>> = {
  quick: { ...DECODER, steps: 560, lr: { peak: 5e-4, warmup: 20 }, seeds: 5, thorough: false },
  full: { ...DECODER, steps: 2800, lr: { peak: 1e-3, warmup: 20 }, seeds: 8, thorough: true },
};

/** A training long enough for a decay to pay; only the central comparison runs at this size. */
export const LONG: Scale = { ...DECODER, steps: 6400, lr: { peak: 1e-3, warmup: 20 }, seeds: 6, thorough: false };

/** How the peak rate of each size was chosen. */
export const SWEEPS: Readonly<Record<Size, string>> = {
  quick:
    'The peak rate 5e-4 is the best of 2.5e-4, 5e-4, 1e-3, 2e-3, 4e-3 and 8e-3 for the baseline (shuffled, full decay) at 600 steps under a seed of its own.',
  full: 'The peak rate 1e-3 is the best of 5e-4, 1e-3 and 2e-3 for the baseline (shuffled, full decay) at this size under a seed of its own.',
};

/** Tokens per second on two idle cores, for the time forecast. */
export const TOKENS_PER_SECOND = 200_000;

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

/** Settings that all experiments of a scale share. `steps` is per version. */
export function experimentOf(
  { model, batch, steps, lr, seeds, margin }: Scale,
  { sources }: Text,
  { count, score = 'quality' }: { readonly count: number; readonly score?: PaperExperiment['data']['score'] },
) {
  const { context = 128 } = model;
  return {
    model,
    data: {
      sources,
      versions: { by: 'random' as const, count, tokens: steps * batch * context },
      maxDocumentBytes: '1KiB',
      score,
    },
    training: { batch, lr: { ...lr, minRatio: DEEPEST } },
    seeds,
    compare: { margin },
  };
}
