import { type AveragePart, definePlugin, type VersionPart } from '@branchline/core';
import { z } from 'zod';
import { namedWeights, normalised, total, WEIGHTINGS } from './weights.js';

const lastError = 'last is the number of checkpoints to average: a whole number, 2 or more, because 1 is no average';
const everyError = 'every is the distance of the checkpoints in steps: a whole number, 1 or more';
const factorError = 'factor is what an older checkpoint loses against the next: a number above 0 and below 1';
const weightsError = `weights is one of ${WEIGHTINGS.join(', ')}, or a list of 2 or more numbers, newest checkpoint first`;

const options = z
  .strictObject({
    last: z
      .number({ error: lastError })
      .int({ error: lastError })
      .min(2, { error: lastError })
      .optional()
      .describe('Number of checkpoints, the newest included. Default 6, or as many as `weights` lists.'),
    every: z
      .number({ error: everyError })
      .int({ error: everyError })
      .min(1, { error: everyError })
      .optional()
      .describe("Steps from one checkpoint to the next. Default: so that all span half of the increment's steps."),
    weights: z
      .union([z.enum(WEIGHTINGS), z.array(z.number({ error: weightsError })).min(2, { error: weightsError })], {
        error: weightsError,
      })
      .default('sma')
      .describe(
        'sma: all alike. ema: falling by `factor` with age. wma: falling linearly with age. Or weights, newest first.',
      ),
    factor: z
      .number({ error: factorError })
      .gt(0, { error: factorError })
      .lt(1, { error: factorError })
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
    const { weights, last = 6, factor = 0.2 } = choice;
    const vector = typeof weights === 'string' ? namedWeights(weights, last, factor) : normalised(weights);
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
