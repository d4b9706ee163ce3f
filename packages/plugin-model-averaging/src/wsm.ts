import { definePlugin } from '@branchline/core';
import { z } from 'zod';
import { DECAYS, decayWeights, mergeWeights } from './decay-merge.js';
import { checkpointCount, shareOfIncrement } from './options.js';
import { partsOf, spacing } from './parts.js';

/**
 * WSM, warm-up, stable and merge (Tian et al., ICLR 2026, arXiv 2507.17634): instead of decaying the rate, merges
 * checkpoints of a constant rate with weights that emulate a decay (`mergeWeights`). The length of the merged `span`
 * matters most. With `stableOnly` it is the paper's schedule: N·T steps without decay.
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
  vary: { last: { from: 2, to: 12 }, span: { from: 0.1, to: 0.9 } },
  renamed: { floor: 'minRatio' },

  onVersion({ stepsOfIncrement, options: { decay, minRatio, last, span } }) {
    const weights = mergeWeights(decayWeights(decay, last - 1, minRatio));
    return { release: { average: partsOf(weights, spacing(last, stepsOfIncrement, span)) } };
  },
});
