/** The `compare` part of an experiment: the rule by which strategies are compared over seeds. */
import {
  type Claim,
  type ComparisonRule,
  type DataProvider,
  didYouMean,
  type Metric,
  type Problem,
  type VersionChoice,
} from '@branchline/core';
import { z } from 'zod';
import { joinPath, parsePart } from './issues.js';
import { quoting } from './quoting.js';

/** In words, by their names. */
const METRICS = {
  loss: 'loss',
  bitsPerByte: 'bits per byte',
  tokens: 'tokens',
  flops: 'FLOPs',
  forgetting: 'forgetting',
  backwardTransfer: 'backward transfer',
  forwardTransfer: 'forward transfer',
} as const;
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

/** `compare` as a person writes it. */
export type CompareConfig = z.input<typeof compareSchema>;

/** What must be known of the experiment. */
export interface CompareContext {
  readonly baseline: string;
  readonly strategies: readonly string[];
  /** Names of the tasks; default none. */
  readonly tasks?: readonly string[];
}

/** The rule with everything filled in; undefined when it is wrong. */
export function readRule(
  value: unknown,
  { baseline, strategies, tasks = [] }: CompareContext,
  problems: Problem[],
): ComparisonRule | undefined {
  const parsed = parsePart(compareSchema, value, 'compare', problems);
  if (parsed === undefined) return undefined;
  const { claims, margin: common = null, ...rule } = parsed;
  const before = problems.length;
  const checkTask = (configPath: string, { metric: of }: { metric: Metric }) => {
    if (typeof of === 'string' || !('taskError' in of) || tasks.includes(of.taskError)) return;
    const remedy = tasks.length > 0 ? didYouMean(of.taskError, tasks) : 'Add it to tasks.';
    problems.push({ configPath, message: `no task is called "${of.taskError}"`, remedy });
  };
  checkTask('compare.metric', rule);
  const read = Object.entries(claims).map(([id, written]): Claim => {
    const place = joinPath('compare.claims', [id]);
    const wrong = (message: string, remedy?: string) => problems.push({ configPath: place, message, remedy });
    const { strategy, against, terms: given, expect } = written;
    if ((strategy === undefined) === (given === undefined)) wrong('needs either a strategy or terms, and not both');
    if (given !== undefined && against !== undefined) wrong('has terms: against belongs to a strategy');
    const own: { metric: Metric; version: VersionChoice } = {
      metric: written.metric ?? rule.metric,
      version: written.version ?? rule.version,
    };
    const terms = given?.map((one) => ({ ...own, ...one })) ?? [
      { strategy: strategy ?? baseline, weight: 1, ...own },
      { strategy: against ?? baseline, weight: -1, ...own },
    ];
    for (const one of terms) if (one.metric !== rule.metric) checkTask(place, one);
    for (const { strategy: name } of terms) {
      if (!strategies.includes(name)) wrong(`no strategy is called "${name}"`, didYouMean(name, strategies));
    }
    if (strategy !== undefined && terms[0]!.strategy === terms[1]?.strategy) wrong('compares a strategy with itself');
    const needed = expect === '~ 0' || expect.includes('margin');
    const limit = written.margin ?? common;
    if (needed && limit === null)
      wrong(`expects "${expect}", but there is no margin`, 'Give margin here or in compare.');
    return { id, claim: written.claim ?? wordsOf(terms, expect), terms, expect, margin: needed ? limit : null };
  });
  return problems.length > before ? undefined : { ...rule, margin: common, claims: read };
}

/** `a - b: loss of the last version > 0`. */
function wordsOf(terms: Claim['terms'], expect: Claim['expect']): string {
  const [first] = terms;
  const alike = terms.every((one) => JSON.stringify(quantityOf(one)) === JSON.stringify(quantityOf(first!)));
  const sum = terms
    .map(({ strategy, weight, ...of }, index) => {
      const sign = weight < 0 ? (index === 0 ? '-' : ' - ') : index === 0 ? '' : ' + ';
      const factor = Math.abs(weight) === 1 ? '' : `${Math.abs(weight)} `;
      return `${sign}${factor}${strategy}${alike ? '' : ` (${describeQuantity(of)})`}`;
    })
    .join('');
  return `${sum}${alike ? `: ${describeQuantity(first!)}` : ':'} ${expect}`;
}

const quantityOf = ({ metric: of, version: at }: { metric: Metric; version: VersionChoice }) => [of, at];

/** `loss of the last version`. */
export function describeQuantity({ metric: of, version: at }: { metric: Metric; version: VersionChoice }): string {
  const text = (metric: Exclude<Metric, string | { readonly taskError: string }>) =>
    'heldOut' in metric
      ? `${'domain' in metric ? `${metric.domain} in ` : ''}the text of ${metric.heldOut}`
      : metric.domain;
  const what =
    typeof of === 'string'
      ? METRICS[of]
      : 'taskError' in of
        ? `error (1 - ${of.by}) on the task ${of.taskError}`
        : `loss on ${text(of)}`;
  const which =
    at === 'last'
      ? 'of the last version'
      : at === 'mean'
        ? 'of all versions'
        : at === 'slope'
          ? 'by version'
          : `of version ${at}`;
  return `${what} ${which}`;
}

/** What a rule asks for that the text does not have, once it is known: told before anything is trained. */
export function ruleProblems(
  rule: ComparisonRule,
  data: Pick<DataProvider, 'versions' | 'domains' | 'evaluationSet'>,
): readonly Problem[] {
  const names = data.versions.map(({ name }) => name);
  const { parts } = data.evaluationSet();
  const wrongIn = (configPath: string, of: Metric, at: VersionChoice): readonly Problem[] => {
    const problems: Problem[] = [];
    const wrong = (message: string, remedy?: string) => problems.push({ configPath, message, remedy });
    const count = names.length;
    if (typeof at === 'number' && at > count) wrong(`asks for version ${at}, but there are ${count}`);
    if (at === 'slope' && count < 2) wrong('asks for a slope, but there is one version');
    const first = at === 'last' ? count : typeof at === 'number' ? at : 1;
    if (typeof of === 'string') {
      const looksBack = of === 'forgetting' || of === 'backwardTransfer' || of === 'forwardTransfer';
      const remedy = count > 1 ? 'Ask for version "last", or for the number of a later one.' : undefined;
      if (looksBack && first === 1) wrong(`asks for ${METRICS[of]} of the first version, which has none`, remedy);
      return problems;
    }
    if ('taskError' in of) return problems;
    if ('domain' in of && !data.domains.includes(of.domain)) {
      wrong(`no domain is called "${of.domain}"`, didYouMean(of.domain, data.domains));
    }
    if ('heldOut' in of && !names.includes(of.heldOut)) {
      wrong(`no version is called "${of.heldOut}"`, didYouMean(of.heldOut, names));
    }
    if (problems.length > 0 || !('domain' in of)) return problems;
    const has = data.versions.filter(({ index }) =>
      parts.some(({ version, domain }) => version === index && domain === of.domain),
    );
    const enough =
      'heldOut' in of ? has.some(({ name }) => name === of.heldOut) : has.some(({ index }) => index <= first);
    const where = 'heldOut' in of ? `"${of.heldOut}"` : first === 1 ? 'the first version' : `versions 1 to ${first}`;
    const remedy = has.length === 0 ? undefined : `It is in ${has.map(({ name }) => `"${name}"`).join(', ')}.`;
    if (!enough) wrong(`no text of the domain "${of.domain}" is held out in ${where}`, remedy);
    return problems;
  };
  const own = wrongIn('compare', rule.metric, rule.version);
  const found = rule.claims.flatMap(({ id, terms }) =>
    terms.flatMap((one) => wrongIn(joinPath('compare.claims', [id]), one.metric, one.version)),
  );
  return [...own, ...found];
}
