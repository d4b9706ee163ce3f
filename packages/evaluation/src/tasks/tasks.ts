/**
 * Multiple-choice tasks: the model picks the most likely choice of each item. Formats and metrics follow the Language
 * Model Evaluation Harness (Gao et al., EleutherAI; `lm_eval/api/task.py`, output type `multiple_choice`).
 */
import { type Digest, digestJson, type EvaluationResult, type Passage } from '@branchline/core';
import type { Accuracy, TaskResult } from '../results/task-results.js';

/** A choice of an item: the query followed by the choice, of which the choice is scored. */
export interface TaskChoice extends Passage {
  /** UTF-8 bytes of the choice, for `acc_norm`; above 0. */
  readonly bytes: number;
}

/** A query with at least two choices. */
export interface TaskItem {
  readonly choices: readonly TaskChoice[];
  /** Index of the correct choice. */
  readonly gold: number;
  /**
   * Version of the text that the item is about; 0: none. A release is evaluated on items of its version and earlier
   * ones.
   */
  readonly version: number;
  /** Domain of that text; empty: none. */
  readonly domain: string;
}

/** A tokenized task. */
export interface TaskSet {
  readonly name: string;
  /** At least one item for every release. */
  readonly items: readonly TaskItem[];
}

type Items = Pick<TaskSet, 'items'>;

/** The items of a task about one version, which a checkpoint answers together. */
export interface ItemGroup extends Items {
  /** Digest of what decides the log-likelihoods; a checkpoint answers once per digest. */
  readonly digest: Digest;
}

/** The items by version: when a version arrives, the answers to the items about earlier ones are still valid. */
export function groupsOf({ items }: TaskSet): readonly ItemGroup[] {
  const groups = new Map<number, TaskItem[]>();
  for (const item of items) {
    const group = groups.get(item.version);
    if (group === undefined) groups.set(item.version, [item]);
    else group.push(item);
  }
  return [...groups.values()].map((own) => ({ items: own, digest: digestOf(own) }));
}

function digestOf(items: readonly TaskItem[]): Digest {
  const plain = items.map(({ choices }) =>
    choices.map(({ tokens, scored, bytes }) => ({ tokens: Array.from(tokens), scored, bytes })),
  );
  return digestJson({ choices: plain });
}

/** All choices of a task, item by item. */
export const passagesOf = ({ items }: Items): readonly TaskChoice[] => items.flatMap(({ choices }) => choices);

/** Tokens that a model reads to answer a task, or a group of its items. */
export function tokensOfTask(task: Items): number {
  return passagesOf(task).reduce((sum, { tokens }) => sum + tokens.length - 1, 0);
}

/** Log-likelihoods of all choices in the format of stored evaluations: one result per choice. */
export function resultsOf({ items }: Items, logLikelihoods: Float64Array): readonly EvaluationResult[] {
  let next = 0;
  return items.flatMap(({ version, domain, choices }) =>
    choices.map(({ scored, bytes }) => ({ version, domain, nll: -logLikelihoods[next++]!, tokens: scored, bytes })),
  );
}

/** Accuracy of a release of a version on a task, from the results of all choices. */
export function taskResult(task: TaskSet, results: readonly EvaluationResult[], version: number): TaskResult {
  const answers = answersOf(task, results);
  const groups = new Map<string, Answer[]>();
  for (const answer of answers) {
    const key = `${answer.version}/${answer.domain}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [answer]);
    else group.push(answer);
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

/** The outcome of one item. */
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
