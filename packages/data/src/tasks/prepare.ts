import { type Digest, digestJson, messageOf, type Problem } from '@branchline/core';
import type { TaskItem, TaskSet } from '@branchline/evaluation';
import type { DataSettings } from '../config/schema.js';
import { failOn } from '../errors.js';
import type { PreparedData } from '../sequences/prepared.js';
import { openTokenizer } from '../tokenizers/open.js';
import type { Tokenizer } from '../tokenizers/tokenizer.js';
import { encodeChoice } from './encode.js';
import { generateItems } from './generate.js';
import { ProblemList, readItems, type TextItem } from './items.js';
import type { FileTask, TaskSettings } from './schema.js';

/** Base of relative paths: the folder of the experiment file. */
interface Base {
  readonly baseDirectory: string;
}

/** Checks all task files and every line of them, before the corpus is prepared. */
export async function checkTasks(tasks: readonly TaskSettings[], { baseDirectory }: Base): Promise<readonly Problem[]> {
  const problems: Problem[] = [];
  for (const [index, task] of tasks.entries()) {
    if ('files' in task) await readItems(task, `tasks[${index}]`, baseDirectory, problems);
  }
  return problems;
}

/**
 * Tokenizes the tasks of an experiment for its corpus. The digest of a task covers only its items, not its name or the
 * paths of its files.
 *
 * @throws BranchlineError `data` that lists every unusable item with file and line, and every task without items.
 */
export async function prepareTasks(
  tasks: readonly TaskSettings[],
  settings: DataSettings,
  data: PreparedData,
  { baseDirectory }: Base,
): Promise<readonly TaskSet[]> {
  const problems: Problem[] = [];
  const tokenizer = tasks.length > 0 ? await openTokenizer(settings, baseDirectory, problems) : undefined;
  const sets: TaskSet[] = [];
  for (const [index, task] of tasks.entries()) {
    if (tokenizer === undefined) break;
    const at = `tasks[${index}]`;
    const before = problems.length;
    const items =
      'files' in task
        ? encodeItems(await readItems(task, at, baseDirectory, problems), task, at, tokenizer, data, problems)
        : generateItems(task, data, tokenizer, settings.seed);
    if (problems.length === before && !items.some(({ version }) => version <= 1)) {
      problems.push('files' in task ? noItemsForFirstVersion(at) : notGeneratable(at));
    }
    sets.push({ name: task.name, digest: digestOf(items), items });
  }
  failOn('data', problems);
  return sets;
}

function noItemsForFirstVersion(at: string): Problem {
  const message = 'has no item about the first version, so there is nothing to evaluate its release on';
  return { configPath: `${at}.versionField`, message, remedy: 'Add some, or leave versionField out.' };
}

function notGeneratable(at: string): Problem {
  const message = 'the held-out text of the first version is too short or too uniform for such items';
  const remedy = 'Hold out more text (data.heldOut), or use a shorter answer or fewer choices.';
  return { configPath: `${at}.generate`, message, remedy };
}

function encodeItems(
  items: readonly TextItem[],
  { delimiter, versionField }: FileTask,
  at: string,
  tokenizer: Tokenizer,
  { context, versions }: PreparedData,
  problems: Problem[],
): readonly TaskItem[] {
  const found = new ProblemList(`${at}.files`, problems);
  const encoded = items.map(({ place, query, choices, gold, version, domain }): TaskItem => {
    const index = version === undefined ? 0 : (versions.find(({ name }) => name === version)?.index ?? -1);
    if (index < 0) {
      const names = versions.map(({ name }) => name).join(', ');
      found.report(`${place}: "${versionField}" is "${version}", but the versions are ${names}`);
    }
    const own = choices.flatMap((choice, number) => {
      try {
        return [encodeChoice(tokenizer, query, choice, { delimiter, context })];
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        found.report(`${place}: choice ${number}: ${messageOf(error)}`);
        return [];
      }
    });
    return { version: index, domain: domain ?? '', gold, choices: own };
  });
  found.reportRest();
  return encoded;
}

function digestOf(items: readonly TaskItem[]): Digest {
  const plain = items.map(({ version, domain, gold, choices }) => ({
    ...{ version, domain, gold },
    choices: choices.map(({ tokens, scored, bytes }) => ({ tokens: Array.from(tokens), scored, bytes })),
  }));
  return digestJson({ task: plain });
}
