import { z } from 'zod';

/** The schema of verdicts in `results.json`. `schema.ts` compares it with the type of the evaluation package. */

const text = (description: string) => z.string().describe(description);
const digest = z.string().regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 digest: 64 lower-case hexadecimal digits');
const count = (description: string) => z.number().int().nonnegative().describe(description);

const domain = text('Name of the domain.');
const heldOut = text('Name of the version that the text came with.');
const metric = z
  .union([
    z.enum(['loss', 'bitsPerByte', 'tokens', 'flops', 'forgetting', 'backwardTransfer', 'forwardTransfer']),
    z.strictObject({ domain }),
    z.strictObject({ heldOut }),
    z.strictObject({ domain, heldOut }),
    z.strictObject({
      taskError: text('Name of a task: 1 - its accuracy.'),
      by: z.enum(['acc', 'acc_norm']).describe('Which accuracy.'),
    }),
    z.strictObject({
      validation: text('Name of a validation set: the loss on it.'),
      by: z.enum(['loss', 'bitsPerByte']).describe('In nats per token, or in bits per byte.'),
    }),
  ])
  .describe('What is measured of a release; lower is better.');

const version = z
  .union([z.enum(['last', 'mean', 'slope']), z.number()])
  .describe('Which release, or the mean or the slope over all versions.');

const terms = z
  .array(
    z.strictObject({
      strategy: text('Name of the strategy.'),
      weight: z.number().describe('Its weight in the effect.'),
      metric,
      version,
    }),
  )
  .describe('The effect is the weighted sum of these.');

const expect = z
  .enum(['> 0', '< 0', '~ 0', '> margin', '< -margin', '>= -margin', '<= margin'])
  .describe('What the claim says of the effect.');

const margin = z.number().nullable().describe('The smallest effect that matters; null where there is none.');

const rule = z
  .strictObject({
    metric,
    version,
    margin,
    confidence: z.number().describe('1 - the error level of a family of claims.'),
    correction: z.enum(['holm', 'bonferroni']).describe('How that level is divided among the claims of a family.'),
    claims: z.array(
      z.strictObject({ id: text('Name of the claim.'), claim: text('In words.'), terms, expect, margin }),
    ),
  })
  .describe('Everything that decides a verdict, except the measurements.');

const interval = (description: string) =>
  z
    .strictObject({ low: z.number(), high: z.number(), confidence: z.number().describe('After the correction.') })
    .nullable()
    .describe(description);

const claim = z.strictObject({
  id: text('Name of the claim, or `strategy vs baseline`.'),
  claim: text('In words.'),
  expect: expect.nullable(),
  terms,
  margin,
  seeds: z.array(z.number().int()).describe('Seeds that are in it.'),
  values: z.array(z.number()).describe('The effect under each of them.'),
  effect: z.number().nullable().describe('Their mean.'),
  deviation: z.number().nullable().describe('Standard deviation over seeds.'),
  interval: interval('Decides the direction: a bound outside of it is excluded.'),
  equivalenceInterval: interval('Of the two one-sided tests: equivalent when it lies within the margin.'),
  p: z.number().nullable().describe('Smallest error level at which it is decided alone.'),
  adjusted: z.number().nullable().describe('Smallest error level of the family at which it is decided.'),
  verdict: z.enum(['better', 'worse', 'equivalent', 'holds', 'fails', 'undecided']),
  reason: text('Why it cannot be decided, where that is not a matter of numbers.').nullable(),
});

const event = {
  time: text('ISO 8601 date and time.'),
  releases: count('Releases that had been evaluated by then.'),
  of: count('Releases of the plan.'),
};

/** `comparison` of `results.json`. */
export const comparisonSchema = z.strictObject({
  rule,
  digest: digest.describe('Of the rule, the baseline, the seeds and the strategies. SHA-256.'),
  registration: z
    .strictObject({
      ...event,
      others: z
        .array(
          z.strictObject({
            ...event,
            digest,
            differs: z.array(z.enum(['rule', 'baseline', 'seeds', 'strategies'])).describe('What is different in it.'),
          }),
        )
        .describe('Other rules that were registered in the same run directory.'),
    })
    .describe('When the rule was written down, and how many results existed by then.'),
  comparisons: z.array(claim).describe('Every strategy against the baseline.'),
  claims: z.array(claim).describe('The claims of the rule.'),
});
