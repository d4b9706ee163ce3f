/** Checks a rule against the corpus of an experiment. */
import { allHeldOut, type DataProvider, didYouMean } from '@branchline/core';
import type { ComparisonRule, Metric, VersionChoice } from '@branchline/evaluation';
import { METRICS } from './metrics.js';

/** A problem of a rule. */
export interface RuleProblem {
  /** Keys from the rule to the wrong setting, e.g. `['claims', 'the gap grows']`; empty: the rule itself. */
  readonly path: readonly string[];
  readonly message: string;
  readonly remedy?: string;
}

/** Finds versions, domains and held-out text that a rule needs and the corpus lacks. Call it before training. */
export function ruleProblems(
  rule: ComparisonRule,
  data: Pick<DataProvider, 'versions' | 'domains' | 'evaluationSets'>,
): readonly RuleProblem[] {
  const names = data.versions.map(({ name }) => name);
  const { parts } = allHeldOut(data);
  const wrongIn = (path: readonly string[], of: Metric, at: VersionChoice): readonly RuleProblem[] => {
    const problems: RuleProblem[] = [];
    const wrong = (message: string, remedy?: string) => problems.push({ path, message, remedy });
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
    // Names of tasks and validation sets are checked with the settings.
    if ('taskError' in of || 'validation' in of) return problems;
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
  const own = wrongIn([], rule.metric, rule.version);
  const found = rule.claims.flatMap(({ id, terms }) =>
    terms.flatMap((one) => wrongIn(['claims', id], one.metric, one.version)),
  );
  return [...own, ...found];
}
