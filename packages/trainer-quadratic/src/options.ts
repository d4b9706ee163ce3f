import { inspect } from 'node:util';
import { z } from 'zod';

/** An error message that quotes the value and says what the option takes. */
const expected = (takes: string) => ({
  error: ({ input }: { readonly input?: unknown }) => `${inspect(input, { depth: 0 })} is not ${takes}`,
});

const directions = expected('a whole number from 1 to 4096');
const condition = expected('a number, 1 or more');
const start = expected('a number above 0');
const share = expected('a number from 0 to 1');
const seed = expected('a whole number from 0 to 4294967295');
const token = expected('a token, a whole number, 0 or more');

const variance = (value: number, what: string) => {
  const error = expected('a variance, a number of 0 or more');
  return z.number(error).min(0, error).default(value).describe(`${what} Default ${value}.`);
};

/** Options of the quadratic trainer; `{}` gives the defaults in the README. */
export const quadraticOptions = z
  .strictObject({
    mode: z
      .enum(['exact', 'sampled'], expected('"exact" or "sampled"'))
      .default('exact')
      .describe('exact: mean and noise of the weights, so that losses are expectations. sampled: one draw of them.'),
    seed: z
      .int(seed)
      .min(0, seed)
      .max(2 ** 32 - 1, seed)
      .optional()
      .describe('sampled: which draw of the noise of the data. Default 1.'),
    dimension: z
      .int(directions)
      .min(1, directions)
      .max(4096, directions)
      .default(16)
      .describe('Directions of the quadratic, each an eigenvector of its curvature.'),
    condition: z
      .number(condition)
      .min(1, condition)
      .default(100)
      .describe('Largest curvature over smallest; the largest is 1 and those between follow a power law.'),
    start: z
      .number(start)
      .gt(0, start)
      .default(1)
      .describe('Standard deviation of the initial weights, whose optimum is 0.'),
    variance: z
      .strictObject({
        clean: variance(1, 'Of a sequence without noise.'),
        corrupt: variance(4, 'Of a sequence that is nothing but noise; those between lie on a line.'),
      })
      .prefault({})
      .describe("Variance of a sequence's gradient in each direction, in units of the curvature."),
    pull: z
      .number(share)
      .min(0, share)
      .max(1, share)
      .default(1)
      .describe('How strongly noise pulls the weights, against clean text. 0: it teaches nothing.'),
    drift: z
      .number(expected('a number'))
      .optional()
      .describe('Where noise pulls every weight to; clean text pulls it to 0. Default 1.'),
    noiseTokens: z
      .tuple([z.int(token).min(0, token), z.int(token).min(0, token)], expected('two tokens, the first and the last'))
      .default([0x20, 0x7e])
      .describe('First and last token that is noise; the share of the others is the quality of a sequence.'),
  })
  .superRefine(({ mode, seed: draw, pull, drift, noiseTokens: [first, last] }, context) => {
    const issue = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
    if (draw !== undefined && mode === 'exact')
      issue('seed', 'belongs to mode "sampled": exact losses are expectations');
    if (drift !== undefined && pull === 0) issue('drift', 'changes nothing while pull is 0');
    if (first > last) issue('noiseTokens', 'begins above its end');
  });

/** Options as a user writes them. */
export type QuadraticOptions = z.input<typeof quadraticOptions>;
/** Options with defaults. */
export type QuadraticSettings = z.output<typeof quadraticOptions>;
