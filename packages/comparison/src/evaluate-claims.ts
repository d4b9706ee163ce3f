/** Computes the effect of every claim for every seed and tests it by the rule. */
import type {
  Claim,
  ClaimResult,
  ClaimTerm,
  ComparisonRule,
  Judgements,
  Metric,
  ReleaseResult,
  Results,
  StrategyResult,
} from '@branchline/evaluation';
import { describeQuantity } from './metrics.js';
import type { Hypothesis, HypothesisTest } from './statistics/hypothesis-test.js';
import { summarize } from './statistics/sample.js';
import { testFamily } from './statistics/test-family.js';
import { versionWeights } from './version-weights.js';

type Measured = Omit<Results, 'comparison'>;

/**
 * Tests every strategy against the baseline, and the claims of the rule. These are two families of tests, each with the
 * confidence of the rule.
 */
export function evaluateClaims(results: Measured, rule: ComparisonRule): Judgements {
  return {
    comparisons: evaluateAll(results, rule, comparisonsOf(results, rule)),
    claims: evaluateAll(results, rule, rule.claims),
  };
}

/** A claim, or a comparison without an expectation. */
type Question = Omit<Claim, 'expect'> & { readonly expect: Claim['expect'] | null };

function comparisonsOf({ strategies, failures, baseline }: Measured, rule: ComparisonRule): readonly Question[] {
  const { metric, version, margin } = rule;
  // Include strategies that failed for every seed.
  const named = [...strategies.map(({ name }) => name), ...failures.flatMap(({ strategies: failed }) => failed)];
  return [...new Set(named)]
    .filter((name) => name !== baseline)
    .map((name) => ({
      id: `${name} vs ${baseline}`,
      claim: `${name} against ${baseline}: ${describeQuantity({ metric, version })}`,
      terms: [
        { strategy: name, weight: 1, metric, version },
        { strategy: baseline, weight: -1, metric, version },
      ],
      expect: null,
      margin,
    }));
}

function evaluateAll(results: Measured, rule: ComparisonRule, questions: readonly Question[]): readonly ClaimResult[] {
  const measured = questions.map((claim) => effectsOf(results, claim));
  const tests = questions.map((claim, index): HypothesisTest => {
    const { values, reason } = measured[index]!;
    const sample = reason === null ? summarize(values) : { count: 1, mean: 0, standardDeviation: null };
    return { sample, hypothesis: hypothesisOf(claim) };
  });
  const tested = testFamily(tests, rule);
  return questions.map((claim, index): ClaimResult => {
    const { seeds, values, reason } = measured[index]!;
    const { verdict, interval, equivalenceInterval, p, adjusted } = tested[index]!;
    const known = values.length === 0 ? undefined : summarize(values);
    return {
      ...claim,
      seeds,
      values,
      effect: known?.mean ?? null,
      deviation: known?.standardDeviation ?? null,
      interval,
      equivalenceInterval,
      p,
      adjusted,
      verdict: verdict === 'below' ? 'better' : verdict === 'above' ? 'worse' : verdict,
      reason: reason ?? (p === null ? `only one seed (${seeds.join()}): the variation between seeds is unknown` : null),
    };
  });
}

/** The hypothesis of an expectation; null: a comparison. `margin` is needed where it is named, and by `~ 0`. */
export function hypothesisOf({ expect, margin }: Pick<Question, 'expect' | 'margin'>): Hypothesis {
  switch (expect) {
    case null:
      return margin === null ? { kind: 'compare' } : { kind: 'compare', margin };
    case '~ 0':
      return { kind: 'within', margin: margin! };
    case '> 0':
      return { kind: 'above', bound: 0 };
    case '< 0':
      return { kind: 'below', bound: 0 };
    case '> margin':
      return { kind: 'above', bound: margin! };
    case '>= -margin':
      return { kind: 'above', bound: -margin! };
    case '< -margin':
      return { kind: 'below', bound: -margin! };
    case '<= margin':
      return { kind: 'below', bound: margin! };
  }
}

/**
 * The effect of a claim for every seed that has all of its terms. If a seed is missing, the claim is undecided, because
 * failures are not random.
 */
function effectsOf(results: Measured, { terms }: Question) {
  const seeds: number[] = [];
  const values: number[] = [];
  const missing: string[] = [];
  for (const seed of results.seeds) {
    const parts = terms.map((term) => {
      const found = results.strategies.find(({ name, seed: own }) => name === term.strategy && own === seed);
      if (found === undefined) missing.push(reasonFor(results, term.strategy, seed));
      return found === undefined ? undefined : term.weight * quantity(found, term, results);
    });
    if (parts.includes(undefined)) continue;
    seeds.push(seed);
    values.push(parts.reduce<number>((sum, part) => sum + part!, 0));
  }
  return { seeds, values, reason: missing[0] ?? null };
}

function reasonFor({ strategies, failures }: Measured, name: string, seed: number): string {
  const failed = failures.some(({ strategies: names }) => names.includes(name));
  const some = strategies.some((strategy) => strategy.name === name);
  if (!failed && !some) return `${name} is not in this run`;
  return some ? `${name} failed under seed ${seed}` : `${name} failed`;
}

/** The value of a term for one strategy and seed: its metric, weighted over versions. */
function quantity({ releases }: StrategyResult, { metric, version }: ClaimTerm, { data }: Measured): number {
  const weights = versionWeights(version, data.versions.length);
  return data.versions.reduce((sum, { index }, place) => {
    if (weights[place] === 0) return sum;
    return (
      sum + weights[place]! * metricOf(releases.find((release) => release.version === index)!, metric, data.versions)
    );
  }, 0);
}

/** The value of a metric for a release. `versions` are those of the results. */
export function metricOf(release: ReleaseResult, metric: Metric, versions: Measured['data']['versions']): number {
  if (typeof metric === 'object') {
    if ('taskError' in metric) return 1 - release.tasks!.find(({ name }) => name === metric.taskError)![metric.by];
    if ('validation' in metric) return release.validation!.find(({ name }) => name === metric.validation)![metric.by];
    if (!('heldOut' in metric)) return release.lossByDomain[metric.domain]!;
    if (!('domain' in metric)) return release.lossByVersion[metric.heldOut]!;
    const { index } = versions.find(({ name }) => name === metric.heldOut)!;
    return release.heldOut!.find(({ version, domain }) => version === index && domain === metric.domain)!.loss;
  }
  switch (metric) {
    case 'tokens':
    case 'flops':
      return release.cumulative[metric];
    case 'forgetting':
    case 'backwardTransfer':
    case 'forwardTransfer':
      return release.transfer![metric];
    default:
      return release[metric];
  }
}
