import { definePlugin } from '@branchline/core';
import { z } from 'zod';
import { checkpointCount, stepsApart } from './options.js';
import { partsOf, spacing } from './parts.js';
import { namedWeights } from './weights.js';

/**
 * LAWA, latest weight averaging (Sanyal et al., arXiv 2306.03241): the uniform average of the last, widely spaced
 * checkpoints of a path at a high rate. Training continues from the end of the path, never from an average. Equivalent
 * to `modelAveraging` with the paper's settings.
 */
export const lawa = definePlugin({
  name: 'lawa',
  version: '2.0.0',
  description: 'Releases the uniform average of the last widely spaced checkpoints.',
  owns: ['release.average'],
  options: z.strictObject({
    last: checkpointCount.default(5).describe('Number of checkpoints, the newest included.'),
    every: stepsApart
      .optional()
      .describe("Steps from one checkpoint to the next. Default: so that all span half of the increment's steps."),
  }),
  vary: { last: { from: 2, to: 12 } },

  onVersion: ({ stepsOfIncrement, options: { last, every = spacing(last, stepsOfIncrement) } }) => ({
    release: { average: partsOf(namedWeights('sma', last), every) },
  }),
});
