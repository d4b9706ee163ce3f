import { inspect } from 'node:util';
import { definePlugin, type OrderBy, type VersionPart } from '@branchline/core';
import { z } from 'zod';

const ORDERS = ['ascending', 'descending', 'folded', 'interleaved'] as const;
const DIRECTIONS = ['ascending', 'descending'] as const;

/** An error that quotes what was written and says what the option takes. */
const quoting = (option: string, takes: string) => ({
  error: ({ input }: { readonly input?: unknown }) => `${option} is ${inspect(input)}: ${takes}`,
});

const count = (option: string, what: string) => {
  const error = quoting(option, `a whole number, 2 or more, ${what}`);
  return z.number(error).int(error).min(2, error);
};

const floor = quoting('floor', 'a number from 0 to 1, the rate at the end of a decay as a share of the peak');

const options = z
  .strictObject({
    order: z
      .enum(ORDERS, quoting('order', `one of ${ORDERS.join(', ')}`))
      .default('ascending')
      .describe('ascending: best data last. descending: best first. folded, interleaved: see folds, buckets.'),
    folds: count('folds', 'the number of stages that are sorted one by one')
      .optional()
      .describe('folded: number of stages, each a like part of the data, sorted within. Default 3.'),
    buckets: count('buckets', 'the number of slices of like quality')
      .optional()
      .describe('interleaved: number of buckets; bucket k holds rank slice k of every domain, shuffled. Default 10.'),
    direction: z
      .enum(DIRECTIONS, quoting('direction', `one of ${DIRECTIONS.join(', ')}`))
      .optional()
      .describe("folded, interleaved: whether scores rise or fall. Default 'ascending'."),
    floor: z
      .number(floor)
      .min(0, floor)
      .max(1, floor)
      .optional()
      .describe("Moderate decay: where decays end, as a share of the peak, e.g. 1/3. Default: the experiment's floor."),
  })
  .superRefine((choice, context) => {
    const refuse = (option: string, users: string) => {
      const message = `${option} changes nothing under order '${choice.order}'; it belongs to ${users}`;
      context.addIssue({ code: 'custom', path: [option], message });
    };
    if (choice.folds !== undefined && choice.order !== 'folded') refuse('folds', 'folded');
    if (choice.buckets !== undefined && choice.order !== 'interleaved') refuse('buckets', 'interleaved');
    if (choice.direction !== undefined && choice.order !== 'folded' && choice.order !== 'interleaved') {
      refuse('direction', 'folded and interleaved');
    }
  });

/**
 * A quality curriculum (Luo et al., ICLR 2026, arXiv 2511.18903): the data of a version in order of its scores. Ascending order beats
 * shuffling under a constant rate; the deeper the rate decays, the less the best data, which comes last, can teach. Hence the two
 * remedies: a moderate decay (`floor`), and averaging checkpoints instead of decaying (plugin model-averaging).
 */
export const curriculum = definePlugin({
  name: 'curriculum',
  version: '1.0.0',
  kernel: '^1',
  description: 'Orders the data of every version by score, and can make decays moderate.',
  owns: ['order.by', 'lr.floor'],
  options,
  setup: (choice) => {
    // The kernel refuses an order by score where the data has none, together with all other problems.
    const part: VersionPart = { order: { by: orderOf(choice) }, lr: { floor: choice.floor } };
    return { onVersion: () => part };
  },
});

function orderOf({ order, folds = 3, buckets = 10, direction = 'ascending' }: z.output<typeof options>): OrderBy {
  switch (order) {
    case 'folded':
      return { by: order, folds, direction };
    case 'interleaved':
      return { by: order, buckets, direction };
    default:
      return { by: order };
  }
}
