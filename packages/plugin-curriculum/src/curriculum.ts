import { definePlugin, type OrderBy } from '@branchline/core';
import { z } from 'zod';

const direction = z.enum(['ascending', 'descending']).default('ascending').describe('Whether scores rise or fall.');
const count = z.int().min(2);
const domains = z
  .enum(['separate', 'together'])
  .optional()
  .describe(
    'separate: every domain is ranked by itself, and domains are interleaved by normalised rank. together: all ' +
      'sequences are ranked by score, for scores that are comparable between domains. Default: separate.',
  );

const sorted = z.strictObject({
  by: z.enum(['ascending', 'descending']).describe('Sorted as a whole.'),
  domains,
});
const folded = z.strictObject({
  by: z.literal('folded').describe('Sorted stages.'),
  folds: count.default(3).describe('Number of stages, each a stratified part of the data, sorted within.'),
  direction,
  domains,
});
const interleaved = z.strictObject({
  by: z.literal('interleaved').describe('Sorted buckets.'),
  buckets: count.default(10).describe('Number of buckets; bucket k holds rank slice k of every domain, shuffled.'),
  direction,
  domains,
});
const finish = z.strictObject({
  by: z.literal('finish').describe('The best data sorted at the end.'),
  best: z
    .number()
    .gt(0)
    .lt(1)
    .default(0.2)
    .describe('Share of the sequences, those with the highest scores, that comes last, ascending.'),
  domains,
});

const options = z.strictObject({
  order: z
    .union(
      [z.enum(['ascending', 'descending', 'folded', 'interleaved', 'finish']), sorted, folded, interleaved, finish],
      {
        error:
          'one of ascending, descending, folded, interleaved, finish, ' +
          "or one with options, such as { by: 'finish', best: 0.2, domains: 'together' }",
      },
    )
    .default('ascending')
    .describe(
      'ascending: best data last. descending: best first. folded: sorted stages. interleaved: sorted buckets. ' +
        'finish: shuffled, with the best fifth sorted at the end.',
    ),
  minRatio: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe("Moderate decay: end of decays as a share of the peak, e.g. 1/3. Default: the experiment's."),
});

/**
 * A quality curriculum (Luo et al., ICLR 2026, arXiv 2511.18903): orders the data of each version by score. Ascending
 * order beats shuffling under a constant rate. The deeper the rate decays, the less the model learns from the best
 * data, which comes last. Remedies: a moderate decay (`minRatio`), or averaging checkpoints instead of decaying (plugin
 * model-averaging). `finish` is not in the paper: only the best share of the data is sorted, at the end.
 */
export const curriculum = definePlugin({
  name: 'curriculum',
  version: '2.0.0',
  description: 'Orders the data of every version by score, and can make decays moderate.',
  owns: ['order.by', 'lr.minRatio'],
  options,
  renamed: {
    floor: 'minRatio',
    folds: "order: { by: 'folded', folds }",
    buckets: "order: { by: 'interleaved', buckets }",
    direction: "order: { by: 'folded', direction }",
  },

  onVersion: ({ options: { order, minRatio } }) => ({ order: { by: orderBy(order) }, lr: { minRatio } }),
});

/** Expands a name to that order with its defaults. */
function orderBy(order: z.output<typeof options>['order']): OrderBy {
  if (order === 'folded') return folded.parse({ by: order });
  if (order === 'interleaved') return interleaved.parse({ by: order });
  if (order === 'finish') return finish.parse({ by: order });
  return typeof order === 'string' ? { by: order } : order;
}
