import { definePlugin } from '@branchline/core';
import { z } from 'zod';

/**
 * Replay: a share of every later version's sequences is replaced by sequences of earlier versions, so the price stays
 * that of the new data. Ibrahim et al. (arXiv 2403.08763): 1-5% suffices for a weak shift of the data, 25% for a
 * strong one.
 */
export const replay = definePlugin({
  name: 'replay',
  version: '2.0.0',
  description: 'Replaces a share of the new data by data of earlier versions.',
  owns: ['data'],
  options: z.strictObject({
    ratio: z
      .number()
      .min(0)
      .lt(1)
      .default(0.05)
      .describe(
        'Share of the sequences of version 2 and later that come from earlier versions. For 1, use from-scratch.',
      ),
  }),

  onVersion({ version, options: { ratio } }) {
    if (version.index === 1) return undefined;
    // No replay is the same plan as the new data alone, and must share its steps; the field is owned all the same.
    return { data: ratio === 0 ? { use: 'new' } : { use: 'mixture', replay: ratio } };
  },
});
