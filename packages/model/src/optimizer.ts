import type { GroupFactors, OptimizerSpec } from '@branchline/core';
import { z } from 'zod';
import { belowOne, notNegative, positive } from './numbers.js';
import { PARAMETER_CLASSES, type Parameter, type ParameterClass, parameterClass } from './parameters.js';

const rate = positive().optional().describe('Factor of the learning rate.');
const epsilon = positive().optional().describe('Factor of `epsilon`.');
const weightDecay = notNegative()
  .optional()
  .describe('Factor of `weightDecay`, which is multiplied by the learning rate of the class.');

const DESCRIPTIONS: Readonly<Record<ParameterClass, string>> = {
  embedding: 'The token embedding, also if it is the output matrix too.',
  hidden: 'The matrices of the layers, but for routers and experts.',
  router: 'The routers of a mixture of experts.',
  expert: 'The matrices of its experts.',
  norm: 'The norm gains of the layers.',
  outputNorm: 'The gain of the last norm.',
  output: 'The output matrix, if `tieEmbeddings` is false.',
};

const matrix = z.strictObject({ rate, weightDecay, epsilon });
/** Norm gains are not decayed. */
const vector = z.strictObject({ rate, epsilon });

const isVector = (name: ParameterClass) => name === 'norm' || name === 'outputNorm';

const groups = z.strictObject(
  Object.fromEntries(
    PARAMETER_CLASSES.map((name) => [name, (isVector(name) ? vector : matrix).optional().describe(DESCRIPTIONS[name])]),
  ) as Readonly<Record<ParameterClass, z.ZodOptional<typeof matrix>>>,
);

/** Schema of the optimizer settings; `{}` gives the defaults. The output is core's `OptimizerSpec`. */
export const optimizerSchema = z
  .strictObject({
    name: z.literal('adamw').default('adamw').describe('AdamW: Adam with decoupled weight decay.'),
    beta1: belowOne().default(0.9).describe('Decay of the first moment.'),
    beta2: belowOne().default(0.95).describe('Decay of the second moment.'),
    epsilon: positive().default(1e-8).describe('Added to the root of the second moment.'),
    weightDecay: notNegative()
      .default(0.1)
      .describe('Decoupled decay of the matrices, multiplied by the learning rate; norm gains are not decayed.'),
    clipNorm: notNegative().default(1).describe('Largest global L2 norm of the gradient; 0 turns clipping off.'),
    groups: groups
      .optional()
      .describe('Factors of rate, weight decay and epsilon for classes of parameters. Default: all 1.'),
  })
  .transform(({ groups: own = {}, ...spec }) => {
    const kept = withoutOnes(own);
    return { ...spec, ...(kept !== undefined && { groups: kept }) };
  }) satisfies z.ZodType<OptimizerSpec>;

/** Drops factors of 1 and classes without a factor: what changes no bit must be in no key. */
function withoutOnes(own: Partial<Record<ParameterClass, GroupFactors | undefined>>): OptimizerSpec['groups'] {
  const kept = Object.entries(own).flatMap(([name, factors]) => {
    const changed = Object.entries(factors ?? {}).filter(([, value]) => value !== undefined && value !== 1);
    return changed.length === 0 ? [] : [[name, Object.fromEntries(changed)] as const];
  });
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}

/** The factors of a parameter, all of them. */
export type Factors = Readonly<Required<GroupFactors>>;

/** The factors of a parameter of the decoder: those of its class, 1 where an optimizer has none. */
export function factorsOf(parameter: Omit<Parameter, 'shape'>, groups: OptimizerSpec['groups']): Factors {
  return { rate: 1, weightDecay: 1, epsilon: 1, ...groups?.[parameterClass(parameter)] };
}
