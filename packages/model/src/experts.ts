/** Mixture-of-experts layers: several SwiGLU blocks, of which each token uses a few. */
import { inspect } from 'node:util';
import { z } from 'zod';
import { expected } from './numbers.js';

const several = expected('a whole number, 2 or more');
const share = expected('a number, 0 or more');

/** More are in no model, and each has arrays of its own. */
const MOST = 4096;

/**
 * Schema of `model.experts`: the layers of Mixtral (Jiang et al., 2024, arXiv 2401.04088, section 2.1), as
 * `MixtralForCausalLM` of `transformers` computes them. The router gives each token a logit for each expert,
 * `x @ gate^T`; the token uses the `active` experts with the largest ones, weighted by a softmax over these logits.
 * Every token gets all of its experts (dropless). With one active expert, that softmax would be 1 whatever the router
 * does, and the loss would teach it nothing.
 */
export const expertsSchema = z
  .strictObject({
    count: z.int(several).min(2, several).max(MOST, `at most ${MOST}`).describe('Experts of a layer.'),
    active: z.int(several).min(2, several).default(2).describe('Experts that a token uses, at most `count`.'),
    balance: z
      .number(share)
      .min(0, share)
      .default(0.01)
      .describe('Weight of the load-balancing loss in the gradient; 0 turns it off.'),
  })
  .superRefine(({ count, active }, context) => {
    if (count < 2 || active <= count) return;
    const message = `${inspect(active)} is more than the ${count} experts of count`;
    context.addIssue({ code: 'custom', path: ['active'], message });
  });

/** Mixture-of-experts layers of a model. */
export type Experts = z.output<typeof expertsSchema>;
