/** How large the experiments of the curriculum paper are. */

import type { Size, Text } from '../paper/definition.js';
import type { PaperExperiment } from '../paper/experiment.js';
import { DEEPEST } from './names.js';

/** One size of decoder, or the quadratic's. */
export interface Scale {
  readonly model: PaperExperiment['model'];
  readonly batch: number;
  /** Steps of the whole training. */
  readonly steps: number;
  readonly lr: { readonly peak: number; readonly warmup: number };
  readonly seeds: number;
  /** The smallest difference of losses that matters. */
  readonly margin: number;
  /** Whether orders that are not swept are tried under the full decay too. */
  readonly thorough: boolean;
}

/** What both sizes of the decoder have in common; the margin is about one percent of its losses. */
const DECODER = { model: { layers: 2, width: 64, heads: 2, context: 64 }, batch: 8, margin: 0.02 } as const;

/** The scales of the decoder; how each peak rate was chosen is in `SWEEPS`. */
export const SCALES: Readonly<Record<Size, Scale>> = {
  quick: { ...DECODER, steps: 560, lr: { peak: 5e-4, warmup: 20 }, seeds: 5, thorough: false },
  full: { ...DECODER, steps: 2800, lr: { peak: 1e-3, warmup: 20 }, seeds: 8, thorough: true },
};

/** A training long enough for a decay to pay, of which only the heart of the paper is asked. */
export const LONG: Scale = { ...DECODER, steps: 6400, lr: { peak: 1e-3, warmup: 20 }, seeds: 6, thorough: false };

/** How the peak rate of a size was chosen. */
export const SWEEPS: Readonly<Record<Size, string>> = {
  quick:
    'The peak rate 5e-4 is the best of 2.5e-4, 5e-4, 1e-3, 2e-3, 4e-3 and 8e-3 for the baseline (shuffled, full decay) at 600 steps under a seed of its own.',
  full: 'The peak rate 1e-3 is the best of 5e-4, 1e-3 and 2e-3 for the baseline (shuffled, full decay) at this size under a seed of its own.',
};

/** Tokens a second on two idle cores, for the forecast. */
export const TOKENS_PER_SECOND = 200_000;

/**
 * The setting of the tests of the quadratic trainer, with as many seeds as the decoder; the model is what it is asked
 * for beside its own options.
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

/** What all experiments of a scale have in common; `steps` are those of each of so many versions. */
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
