/** Schema of the `compare` part of an experiment: the rule by which strategies are compared over seeds. */
import { z } from 'zod';
import { expected } from './expected.js';
import { METRICS } from './metrics.js';

const NAMES = Object.keys(METRICS) as (keyof typeof METRICS)[];
const EXPECTATIONS = ['> 0', '< 0', '~ 0', '> margin', '< -margin', '>= -margin', '<= margin'] as const;

const metricError = expected(
  `one of ${NAMES.join(', ')}, { domain }, { heldOut } or both, { validation }, or { taskError }`,
);
const domain = z.string().describe('Loss on the held-out text of this domain.');
const heldOut = z.string().describe('Loss on the held-out text of this version.');
const taskError = z.strictObject({
  taskError: z.string().describe('Share of the items of this task that a release answers incorrectly.'),
  by: z
    .enum(['acc', 'acc_norm'])
    .default('acc')
    .describe('acc: the answer is the choice with the highest likelihood. acc_norm: the highest likelihood per byte.'),
});
const validation = z.strictObject({
  validation: z.string().describe('Loss on this validation set of the data.'),
  by: z.enum(['loss', 'bitsPerByte']).default('loss').describe('loss: nats per token. bitsPerByte: bits per byte.'),
});
const metric = z
  .union(
    [
      z.enum(NAMES),
      z.strictObject({ domain }),
      z.strictObject({ heldOut }),
      z.strictObject({ domain, heldOut }),
      taskError,
      validation,
    ],
    metricError,
  )
  .describe(
    `The compared metric, lower is better: ${NAMES.join(', ')}, { domain }, { heldOut: version }, { domain, heldOut } for one domain of one version, { validation: set }, or { taskError: task }: 1 - its accuracy.`,
  );

const versionError = expected('"last", "mean", "slope" or the number of a version');
const version = z
  .union([z.enum(['last', 'mean', 'slope']), z.int().positive()], versionError)
  .describe('Which release; or the mean over all versions; or the slope over versions, per version.');

const marginError = expected('a number above 0');
const margin = z
  .number(marginError)
  .positive(marginError)
  .describe('The smallest difference that matters, in the unit of the metric.');

const confidenceError = expected('a confidence above 0.5 and below 1');
const term = z.strictObject({
  strategy: z.string().describe('Name of the strategy.'),
  weight: z.number().default(1).describe('Its weight in the sum.'),
  metric: metric.optional(),
  version: version.optional(),
});

const claim = z
  .strictObject({
    claim: z.string().optional().describe('Description for reports.'),
    strategy: z
      .string()
      .optional()
      .describe('With `against`: the effect is the metric of this strategy minus that of the other.'),
    against: z.string().optional().describe('Default: the baseline.'),
    terms: z
      .array(term)
      .min(1)
      .optional()
      .describe('Instead of a pair: the effect is the weighted sum of these terms.'),
    metric: metric.optional(),
    version: version.optional(),
    margin: margin.optional(),
    expect: z.enum(EXPECTATIONS, expected(`one of ${EXPECTATIONS.join(', ')}`)).describe('The claim about the effect.'),
  })
  .describe('A claim. Its verdict: it holds, it fails, or it is undecided.');

/** Schema of `compare`, with the default of every setting. */
export const compareSchema = z
  .strictObject({
    metric: metric.default('loss'),
    version: version.default('last'),
    margin: margin.optional(),
    confidence: z
      .number(confidenceError)
      .gt(0.5, confidenceError)
      .lt(1, confidenceError)
      .default(0.95)
      .describe('1 - the error level of all comparisons together, and of all claims together.'),
    correction: z
      .enum(['holm', 'bonferroni'], expected('"holm" or "bonferroni"'))
      .default('holm')
      .describe('Multiple-testing correction: how the error level is divided.'),
    claims: z.record(z.string(), claim).default({}).describe('Claims by name.'),
  })
  .describe('How strategies are compared over seeds; fixed before the run, and recorded with it.');

/** `compare` as a user writes it. */
export type CompareConfig = z.input<typeof compareSchema>;

/** `compare` with all defaults filled in. */
export type CompareSettings = z.output<typeof compareSchema>;

/** A claim as a user writes it. */
export type ClaimConfig = NonNullable<CompareConfig['claims']>[string];
