import { definePlugin } from '@branchline/core';
import { z } from 'zod';

/**
 * Replay: replaces a share of each later version's sequences by sequences of earlier versions, so the cost does not
 * change. Ibrahim et al. (arXiv 2403.08763): 1-5% suffices for a weak distribution shift, 25% for a strong one.
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
  vary: { ratio: { from: 0, to: 0.3 } },

  onVersion({ version, options: { ratio } }) {
    if (version.index === 1) return undefined;
    // At ratio 0 the plan must equal that of new data alone, to share its steps. The field is still owned.
    return { data: ratio === 0 ? { use: 'new' } : { use: 'mixture', replay: ratio } };
  },
});
