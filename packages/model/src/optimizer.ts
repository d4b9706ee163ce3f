import type { OptimizerSpec } from '@branchline/core';
import { z } from 'zod';
import { belowOne, notNegative, positive } from './numbers.js';

/** Schema of the optimizer settings; `{}` gives the defaults. The output is core's `OptimizerSpec`. */
export const optimizerSchema = z.strictObject({
  name: z.literal('adamw').default('adamw').describe('AdamW: Adam with decoupled weight decay.'),
  beta1: belowOne().default(0.9).describe('Decay of the first moment.'),
  beta2: belowOne().default(0.95).describe('Decay of the second moment.'),
  epsilon: positive().default(1e-8).describe('Added to the root of the second moment.'),
  weightDecay: notNegative()
    .default(0.1)
    .describe('Decoupled decay of the matrices, multiplied by the learning rate; norm gains are not decayed.'),
  clipNorm: notNegative().default(1).describe('Largest global L2 norm of the gradient; 0 turns clipping off.'),
}) satisfies z.ZodType<OptimizerSpec>;
