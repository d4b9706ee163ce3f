import { definePlugin } from '@branchline/core';
import { z } from 'zod';
import { DECAYS, decayWeights, mergeWeights } from './decay-merge.js';
import { checkpointCount, shareOfIncrement } from './options.js';
import { partsOf, spacing } from './parts.js';

/**
 * WSM, warm-up, stable and merge (Tian et al., ICLR 2026, arXiv 2507.17634): instead of decaying the rate, merge
 * checkpoints of a constant rate with the weights that stand for a decay along that curve (`mergeWeights`). How long a
 * span is merged matters most, hence `span`. With `stableOnly` it is the paper's schedule: N·T steps, and no decay.
 */
export const wsm = definePlugin({
  name: 'wsm',
  version: '2.0.0',
  description: 'Releases a merge of checkpoints that stands for a decay of the rate.',
  owns: ['release.average'],
  options: z.strictObject({
    decay: z.enum(DECAYS).default('linear').describe('The decay that the merge stands for. linear: the uniform mean.'),
    minRatio: z.number().min(0).lt(1).default(0).describe('End of that decay, as a share of the rate.'),
    last: checkpointCount.default(6).describe('Number of checkpoints, the newest included.'),
    span: shareOfIncrement
      .default(0.5)
      .describe("Length of that decay: steps from the oldest checkpoint to the newest, as a share of the increment's."),
  }),
  renamed: { floor: 'minRatio' },

  onVersion({ stepsOfIncrement, options: { decay, minRatio, last, span } }) {
    const weights = mergeWeights(decayWeights(decay, last - 1, minRatio));
    return { release: { average: partsOf(weights, spacing(last, stepsOfIncrement, span)) } };
  },
});
