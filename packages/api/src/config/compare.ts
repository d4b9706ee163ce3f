/** Reads the `compare` part of an experiment file. Errors carry their place in the file. */
import {
  type CompareContext,
  compareSchema,
  ruleProblems as problemsOfRule,
  type RuleProblem,
  resolveRule,
} from '@branchline/comparison';
import type { DataProvider, Problem } from '@branchline/core';
import type { ComparisonRule } from '@branchline/evaluation';
import { joinPath, parsePart } from './issues.js';

export { type CompareConfig, type CompareContext, compareSchema } from '@branchline/comparison';

/** The rule with defaults filled in. If it is invalid, adds to `problems` and returns undefined. */
export function readRule(value: unknown, context: CompareContext, problems: Problem[]): ComparisonRule | undefined {
  const settings = parsePart(compareSchema, value, 'compare', problems);
  if (settings === undefined) return undefined;
  const { rule, problems: wrong = [] } = resolveRule(settings, context);
  problems.push(...wrong.map(inFile));
  return rule;
}

/** Everything that a rule refers to and the text lacks, with its place in the file. */
export function ruleProblems(
  rule: ComparisonRule,
  data: Pick<DataProvider, 'versions' | 'domains' | 'evaluationSets'>,
): readonly Problem[] {
  return problemsOfRule(rule, data).map(inFile);
}

const inFile = ({ path, ...problem }: RuleProblem): Problem => ({ configPath: joinPath('compare', path), ...problem });
