import { inspect } from 'node:util';
import { type AveragePart, definePlugin, type VersionPart } from '@branchline/core';
import { z } from 'zod';
import { namedWeights, normalised, total, WEIGHTINGS } from './weights.js';

/** An error that quotes what was written and says what the option takes. */
const quoting = (option: string, takes: string) => ({
  error: ({ input }: { readonly input?: unknown }) => `${option} is ${inspect(input)}: ${takes}`,
});

const last = quoting('last', 'a whole number, 2 or more, because 1 checkpoint is no average');
const every = quoting('every', 'a whole number, 1 or more, the distance of the checkpoints in steps');
const factor = quoting('factor', 'a number above 0 and below 1, what an older checkpoint loses against the next');
const weights = quoting(
  'weights',
  `one of ${WEIGHTINGS.join(', ')}, or a list of 2 or more numbers, newest checkpoint first`,
);

const options = z
  .strictObject({
    last: z
      .number(last)
      .int(last)
      .min(2, last)
      .optional()
      .describe('Number of checkpoints, the newest included. Default 6, or as many as `weights` lists.'),
    every: z
      .number(every)
      .int(every)
      .min(1, every)
      .optional()
      .describe("Steps from one checkpoint to the next. Default: so that all span half of the increment's steps."),
    weights: z
      .union([z.enum(WEIGHTINGS), z.array(z.number()).min(2, weights)], weights)
      .default('sma')
      .describe(
        'sma: all alike. ema: falling by `factor` with age. wma: falling linearly with age. Or weights, newest first.',
      ),
    factor: z
      .number(factor)
      .gt(0, factor)
      .lt(1, factor)
      .optional()
      .describe('ema: a checkpoint weighs (1 - factor) times the next newer one. Default 0.2.'),
  })
  .superRefine((choice, context) => {
    const refuse = (option: string, message: string) =>
      context.addIssue({ code: 'custom', path: [option], message: `${option} ${message}` });
    if (choice.factor !== undefined && choice.weights !== 'ema')
      refuse('factor', "changes nothing without weights: 'ema'");
    if (typeof choice.weights === 'string') return;
    if (choice.last !== undefined && choice.last !== choice.weights.length) {
      refuse(
        'weights',
        `lists ${choice.weights.length} checkpoints and last asks for ${choice.last}; leave last out or make them match`,
      );
    }
    const size = total(choice.weights.map(Math.abs));
    if (Math.abs(total(choice.weights)) <= 1e-9 * size) {
      refuse('weights', 'adds up to 0, so it cannot be scaled to add up to 1, as an average must');
    }
  });

/**
 * Releases the weighted average of the last checkpoints of the path that releases (LAWA: Sanyal et al., arXiv 2306.03241; under a curriculum:
 * Luo et al., ICLR 2026, arXiv 2511.18903). Averaging stands in for learning-rate decay: it costs no training, and the path
 * itself is never touched.
 */
export const modelAveraging = definePlugin({
  name: 'model-averaging',
  version: '1.0.0',
  kernel: '^1',
  description: 'Releases a weighted average of the last checkpoints of a path.',
  owns: ['release.average'],
  options,
  setup: (choice) => {
    const vector =
      typeof choice.weights === 'string'
        ? namedWeights(choice.weights, choice.last ?? 6, choice.factor ?? 0.2)
        : normalised(choice.weights);
    return {
      onVersion({ stepsOfIncrement }): VersionPart {
        return { release: { average: partsOf(vector, choice.every ?? spacing(vector.length, stepsOfIncrement)) } };
      },
    };
  },
});

/**
 * Steps between checkpoints when nobody says: the span matters most (WSM: Tian et al., arXiv 2507.17634), so it stays half an increment
 * however many checkpoints share it. Six checkpoints are a tenth of the increment apart.
 */
function spacing(last: number, stepsOfIncrement: number): number {
  return Math.max(1, Math.floor(stepsOfIncrement / (2 * (last - 1))));
}

/** Checkpoints of weight 0 need not be kept. */
function partsOf(vector: readonly number[], every: number): readonly AveragePart[] {
  return vector.map((weight, age) => ({ stepsBack: age * every, weight })).filter(({ weight }) => weight !== 0);
}
