import { definePlugin } from '@branchline/core';
import { z } from 'zod';
import { checkpointCount, shareOfIncrement, stepsApart } from './options.js';
import { partsOf, spacing } from './parts.js';
import { spanFor } from './span.js';
import { namedWeights, normalised, total } from './weights.js';

const options = z
  .strictObject({
    last: checkpointCount.optional().describe('Number of checkpoints. Default 6, or as many as `weights` lists.'),
    every: stepsApart.optional().describe('Steps from one checkpoint to the next. Default: by `span`.'),
    span: shareOfIncrement
      .optional()
      .describe(
        "From the oldest checkpoint to the newest, as a share of the increment's steps. Default: by the order of the " +
          'data; 0.5 if shuffled, 0.15 if sorted as a whole with the best data last, 0.2 if only the best fifth is.',
      ),
    weights: z
      .union(
        [
          z.enum(['sma', 'ema', 'wma']),
          z.strictObject({
            kind: z.literal('ema').describe('Falling by a factor with age.'),
            factor: z.number().gt(0).lt(1).default(0.2).describe('What a checkpoint loses against the next newer one.'),
          }),
          z.array(z.number()).min(2),
        ],
        { error: "one of sma, ema, wma, { kind: 'ema', factor }, or a list of 2 or more numbers, newest first" },
      )
      .default('sma')
      .describe('sma: all alike. ema: falling by a factor with age. wma: falling linearly. Or weights, newest first.'),
  })
  .superRefine(({ every, span, last, weights }, context) => {
    const refuse = (option: string, message: string) => context.addIssue({ code: 'custom', path: [option], message });
    if (every !== undefined && span !== undefined) {
      refuse('span', 'every sets the same distance; leave one of them out');
    }
    if (!Array.isArray(weights)) return;
    if (last !== undefined && last !== weights.length) {
      refuse('weights', `lists ${weights.length} checkpoints, but last is ${last}; leave last out`);
    }
    if (Math.abs(total(weights)) <= 1e-9 * total(weights.map(Math.abs))) {
      refuse('weights', 'adds up to 0, so it cannot be scaled to add up to 1, as an average must');
    }
  });

/**
 * Releases the weighted average of the last checkpoints of the released path (LAWA: Sanyal et al., arXiv 2306.03241;
 * under a curriculum: Luo et al., ICLR 2026, arXiv 2511.18903). Averaging replaces learning-rate decay: it costs no
 * training and does not change the path. The default `span` fits the order of the released path's data (`spanFor`).
 */
export const modelAveraging = definePlugin({
  name: 'model-averaging',
  version: '2.0.0',
  description: 'Releases a weighted average of the last checkpoints of a path.',
  owns: ['release.average'],
  options,
  vary: { last: { from: 2, to: 12 }, span: { from: 0.1, to: 0.9 } },
  renamed: { factor: "weights: { kind: 'ema', factor }" },

  onRelease({ stepsOfIncrement, order, options: { weights: chosen, last, every, span = spanFor(order) } }) {
    const weights = weightsOf(chosen, last);
    return { release: { average: partsOf(weights, every ?? spacing(weights.length, stepsOfIncrement, span)) } };
  },
});

/** Weights that add up to 1, newest checkpoint first. */
function weightsOf(chosen: z.output<typeof options>['weights'], last = 6): readonly number[] {
  if (typeof chosen === 'string') return namedWeights(chosen, last);
  return 'kind' in chosen ? namedWeights(chosen.kind, last, chosen.factor) : normalised(chosen);
}
