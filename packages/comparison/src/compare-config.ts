/** The `compare` part of an experiment as a user writes it: the rule by which strategies are compared over seeds. */
import { z } from 'zod';
import { METRICS } from './metrics.js';
import { quoting } from './quoting.js';

const NAMES = Object.keys(METRICS) as (keyof typeof METRICS)[];
const EXPECTATIONS = ['> 0', '< 0', '~ 0', '> margin', '< -margin', '>= -margin', '<= margin'] as const;

const someMetric = quoting(`one of ${NAMES.join(', ')}, { domain }, { heldOut } or both, or { taskError }`);
const domain = z.string().describe('Loss on the held-out text of this domain.');
const heldOut = z.string().describe('Loss on the held-out text of this version.');
const taskError = z.strictObject({
  taskError: z.string().describe('Share of the items of this task that a release answers wrongly.'),
  by: z
    .enum(['acc', 'acc_norm'])
    .default('acc')
    .describe('acc: the most likely choice is the answer. acc_norm: the most likely one per byte.'),
});
const metric = z
  .union(
    [
      z.enum(NAMES),
      z.strictObject({ domain }),
      z.strictObject({ heldOut }),
      z.strictObject({ domain, heldOut }),
      taskError,
    ],
    someMetric,
  )
  .describe(
    `What is compared, less being better: ${NAMES.join(', ')}, { domain }, { heldOut: version }, { domain, heldOut } for one domain of one version, or { taskError: task }: 1 - its accuracy.`,
  );

const someVersion = quoting('"last", "mean", "slope" or the number of a version');
const version = z
  .union([z.enum(['last', 'mean', 'slope']), z.int().positive()], someVersion)
  .describe('Which release; or the mean over all versions; or the slope over them, per version.');

const aboveZero = quoting('a number above 0');
const margin = z
  .number(aboveZero)
  .positive(aboveZero)
  .describe('The smallest difference that matters, in the unit of the metric.');

const someConfidence = quoting('a confidence above 0.5 and below 1');
const term = z.strictObject({
  strategy: z.string().describe('Name of the strategy.'),
  weight: z.number().default(1).describe('Its weight in the sum.'),
  metric: metric.optional(),
  version: version.optional(),
});

const claim = z
  .strictObject({
    claim: z.string().optional().describe('In words, for reports.'),
    strategy: z.string().optional().describe('With `against`: the effect is its metric less that of the other.'),
    against: z.string().optional().describe('Default: the baseline.'),
    terms: z.array(term).min(1).optional().describe('Instead of a pair: the effect is the weighted sum of these.'),
    metric: metric.optional(),
    version: version.optional(),
    margin: margin.optional(),
    expect: z
      .enum(EXPECTATIONS, quoting(`one of ${EXPECTATIONS.join(', ')}`))
      .describe('What is claimed of the effect.'),
  })
  .describe('A claim: it holds, it fails, or the seeds do not decide it.');

/** Schema of `compare`, with the default of every setting. */
export const compareSchema = z
  .strictObject({
    metric: metric.default('loss'),
    version: version.default('last'),
    margin: margin.optional(),
    confidence: z
      .number(someConfidence)
      .gt(0.5, someConfidence)
      .lt(1, someConfidence)
      .default(0.95)
      .describe('1 - the error level of all comparisons together, and of all claims together.'),
    correction: z
      .enum(['holm', 'bonferroni'], quoting('"holm" or "bonferroni"'))
      .default('holm')
      .describe('How that level is divided among them.'),
    claims: z.record(z.string(), claim).default({}).describe('Claims by name.'),
  })
  .describe('How strategies are compared over seeds; fixed before the run, and recorded with it.');

/** `compare` as a user writes it. */
export type CompareConfig = z.input<typeof compareSchema>;

/** The same with all defaults filled in. */
export type CompareSettings = z.output<typeof compareSchema>;

/** A claim as a user writes it. */
export type ClaimConfig = NonNullable<CompareConfig['claims']>[string];
