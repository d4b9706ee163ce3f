/** Turns the `compare` settings into the rule that determines every verdict, with all claims spelled out. */
import { didYouMean } from '@branchline/core';
import type { Claim, ComparisonRule, Metric, VersionChoice } from '@branchline/evaluation';
import type { CompareSettings } from './compare-config.js';
import { describeQuantity } from './metrics.js';
import type { RuleProblem } from './rule-problems.js';

/** Names that a rule may refer to. */
export interface CompareContext {
  readonly baseline: string;
  readonly strategies: readonly string[];
  /** Names of the tasks. Default: none. */
  readonly tasks?: readonly string[];
  /** Names of the validation sets. Default: none. */
  readonly validation?: readonly string[];
}

/** The complete rule, or all problems of the settings. */
export type ResolvedRule =
  | { readonly rule: ComparisonRule; readonly problems?: undefined }
  | { readonly rule?: undefined; readonly problems: readonly RuleProblem[] };

/** Resolves the settings against the names of an experiment. Returns problems instead of throwing. */
export function resolveRule(
  settings: CompareSettings,
  { baseline, strategies, tasks = [], validation = [] }: CompareContext,
): ResolvedRule {
  const { claims, margin: common = null, ...rule } = settings;
  const problems: RuleProblem[] = [];
  const checkNames = (path: readonly string[], { metric: of }: { metric: Metric }) => {
    const check = (what: string, name: string, known: readonly string[], place: string) => {
      if (known.includes(name)) return;
      const remedy = known.length > 0 ? didYouMean(name, known) : `Add it to ${place}.`;
      problems.push({ path, message: `no ${what} is called "${name}"`, remedy });
    };
    if (typeof of === 'string') return;
    if ('taskError' in of) check('task', of.taskError, tasks, 'tasks');
    if ('validation' in of) check('validation set', of.validation, validation, 'data.evaluation');
  };
  checkNames(['metric'], rule);
  const read = Object.entries(claims).map(([id, written]): Claim => {
    const path = ['claims', id];
    const wrong = (message: string, remedy?: string) => problems.push({ path, message, remedy });
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
    for (const one of terms) if (one.metric !== rule.metric) checkNames(path, one);
    for (const { strategy: name } of terms) {
      if (!strategies.includes(name)) wrong(`no strategy is called "${name}"`, didYouMean(name, strategies));
    }
    if (strategy !== undefined && terms[0]!.strategy === terms[1]?.strategy) wrong('compares a strategy with itself');
    const needed = expect === '~ 0' || expect.includes('margin');
    const limit = written.margin ?? common;
    if (needed && limit === null)
      wrong(`expects "${expect}", but there is no margin`, 'Give margin here or in compare.');
    return { id, claim: written.claim ?? describeClaim(terms, expect), terms, expect, margin: needed ? limit : null };
  });
  return problems.length > 0 ? { problems } : { rule: { ...rule, margin: common, claims: read } };
}

/** Describes a claim, e.g. `a - b: loss of the last version > 0`. */
function describeClaim(terms: Claim['terms'], expect: Claim['expect']): string {
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
