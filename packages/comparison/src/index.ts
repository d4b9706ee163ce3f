export {
  type ClaimConfig,
  type CompareConfig,
  type CompareSettings,
  compareSchema,
} from './compare-config.js';
export { evaluateClaims, hypothesisOf, metricOf } from './evaluate-claims.js';
export { describeQuantity } from './metrics.js';
export { type CompareContext, type ResolvedRule, resolveRule } from './resolve-rule.js';
export { type RuleProblem, ruleProblems } from './rule-problems.js';
export {
  type Decision,
  decide,
  type Hypothesis,
  type HypothesisTest,
  type Interval,
  tInterval,
  type Verdict,
} from './statistics/hypothesis-test.js';
export { rankCorrelation } from './statistics/rank-correlation.js';
export { type Sample, summarize } from './statistics/sample.js';
export { largestDeviation, type Power, seedsNeeded } from './statistics/sample-size.js';
export { type Correction, type Family, type TestResult, testFamily } from './statistics/test-family.js';
export { versionWeights } from './version-weights.js';
