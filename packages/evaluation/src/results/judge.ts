import type { ComparisonRule, Judgements } from './comparison.js';
import type { Results } from './results.js';

/** Makes verdicts from results by a rule; a pure function of both. */
export type Judge = (results: Omit<Results, 'comparison'>, rule: ComparisonRule) => Judgements;
