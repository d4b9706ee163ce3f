/**
 * Multiple-choice tasks: items of which a model chooses the answer that it finds most likely. Formats and metrics are
 * those of the Language Model Evaluation Harness (Gao et al., EleutherAI; `lm_eval/api/task.py`, output type
 * `multiple_choice`).
 */
import type { Digest, EvaluationResult, Passage } from '@branchline/core';
import type { Accuracy, TaskResult } from '../results/task-results.js';

/** One of the answers of an item: the query with this choice behind it, of which the choice is scored. */
export interface TaskChoice extends Passage {
  /** Bytes of the choice as UTF-8, for `acc_norm`; above 0. */
  readonly bytes: number;
}

/** A query with its choices, at least two. */
export interface TaskItem {
  readonly choices: readonly TaskChoice[];
  /** Index of the right one. */
  readonly gold: number;
  /**
   * Version of the text that it is about; 0: of none. A release answers the items of its version and of earlier ones.
   */
  readonly version: number;
  /** Domain of that text; empty: none. */
  readonly domain: string;
}

/** A task with everything as tokens. */
export interface TaskSet {
  readonly name: string;
  /** Of the items: a checkpoint answers what has the same digest once. */
  readonly digest: Digest;
  /** At least one for every release. */
  readonly items: readonly TaskItem[];
}

/** All choices of a task, item by item. */
export const passagesOf = ({ items }: TaskSet): readonly TaskChoice[] => items.flatMap(({ choices }) => choices);

/** Tokens that a model reads to answer a task. */
export function tokensOfTask(task: TaskSet): number {
  return passagesOf(task).reduce((sum, { tokens }) => sum + tokens.length - 1, 0);
}

/** Log-likelihoods of all choices, as evaluations are stored: one result for each. */
export function resultsOf({ items }: TaskSet, logLikelihoods: Float64Array): readonly EvaluationResult[] {
  let next = 0;
  return items.flatMap(({ version, domain, choices }) =>
    choices.map(({ scored, bytes }) => ({ version, domain, nll: -logLikelihoods[next++]!, tokens: scored, bytes })),
  );
}

/** What a release of a version makes of a task, from the results of all choices. */
export function taskResult(task: TaskSet, results: readonly EvaluationResult[], version: number): TaskResult {
  const answers = answersOf(task, results);
  const groups = new Map<string, Answer[]>();
  for (const answer of answers) {
    const key = `${answer.version}/${answer.domain}`;
    groups.set(key, [...(groups.get(key) ?? []), answer]);
  }
  return {
    name: task.name,
    ...accuracyOf(answers.filter((answer) => answer.version <= version)),
    parts: [...groups.values()].map((group) => ({
      version: group[0]!.version,
      domain: group[0]!.domain,
      ...accuracyOf(group),
    })),
  };
}

/** What became of one item. */
interface Answer {
  readonly version: number;
  readonly domain: string;
  readonly right: boolean;
  readonly rightPerByte: boolean;
  readonly chance: number;
}

function answersOf({ items }: TaskSet, results: readonly EvaluationResult[]): readonly Answer[] {
  let next = 0;
  return items.map(({ version, domain, choices, gold }) => {
    const own = results.slice(next, (next += choices.length));
    return {
      ...{ version, domain, chance: 1 / choices.length },
      right: leastOf(own.map(({ nll }) => nll)) === gold,
      rightPerByte: leastOf(own.map(({ nll, bytes }) => nll / bytes)) === gold,
    };
  });
}

const leastOf = (values: readonly number[]) => values.indexOf(Math.min(...values));

function accuracyOf(answers: readonly Answer[]): Accuracy {
  const items = answers.length;
  const share = (of: (answer: Answer) => number) => answers.reduce((sum, answer) => sum + of(answer), 0) / items;
  return {
    items,
    acc: share(({ right }) => (right ? 1 : 0)),
    acc_norm: share(({ rightPerByte }) => (rightPerByte ? 1 : 0)),
    chance: share(({ chance }) => chance),
  };
}
