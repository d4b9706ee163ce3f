import { definePlugin, type VersionPart } from '@branchline/core';
import { z } from 'zod';
import { shareBelowOne } from './share.js';

const options = z.strictObject({
  ratio: shareBelowOne(
    'ratio',
    'the share of a version that repeats earlier data',
    'use from-scratch to train on all data',
  )
    .default(0.05)
    .describe('Share of the sequences of version 2 and later that come from earlier versions.'),
});

/**
 * Replay: a share of every later version's sequences is replaced by sequences of earlier versions, so the price stays that of
 * the new data. Ibrahim et al. (arXiv 2403.08763): 1-5% suffices for a weak shift of the data, 25% for a strong one.
 */
export const replay = definePlugin({
  name: 'replay',
  version: '1.0.0',
  kernel: '^1',
  description: 'Replaces a share of the new data by data of earlier versions.',
  owns: ['data'],
  options,
  setup: ({ ratio }) => ({
    onVersion({ version }): VersionPart | undefined {
      if (version.index === 1) return undefined;
      // No replay is the same plan as the new data alone, and must share its steps; the field is owned all the same.
      return { data: ratio === 0 ? { use: 'new' } : { use: 'mixture', replay: ratio } };
    },
  }),
});
