import { definePlugin, type VersionPart } from '@branchline/core';
import { z } from 'zod';
import { checkpointCount, stepsApart } from './options.js';
import { partsOf, spacing } from './parts.js';
import { namedWeights } from './weights.js';

const options = z.strictObject({
  last: checkpointCount().default(5).describe('Number of checkpoints, the newest included.'),
  every: stepsApart()
    .optional()
    .describe("Steps from one checkpoint to the next. Default: so that all span half of the increment's steps."),
});

/**
 * LAWA, latest weight averaging (Sanyal et al., arXiv 2306.03241): the uniform average of the last checkpoints, widely spaced, of a
 * path that trains at a high rate. The path goes on from its own end, never from an average. It is `modelAveraging` with the
 * paper's choices and no others.
 */
export const lawa = definePlugin({
  name: 'lawa',
  version: '1.0.0',
  kernel: '^1',
  description: 'Releases the uniform average of the last widely spaced checkpoints.',
  owns: ['release.average'],
  options,
  setup: ({ last, every }) => ({
    onVersion: ({ stepsOfIncrement }): VersionPart => ({
      release: { average: partsOf(namedWeights('sma', last, 0), every ?? spacing(last, stepsOfIncrement)) },
    }),
  }),
});
