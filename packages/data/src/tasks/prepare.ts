import { type Digest, digestJson, messageOf, type Problem } from '@branchline/core';
import { type TaskItem, type TaskSet } from '@branchline/evaluation';
import type { DataSettings } from '../config/schema.js';
import { failOn } from '../errors.js';
import type { PreparedData } from '../sequences/prepared.js';
import { openTokenizer } from '../tokenizers/open.js';
import type { Tokenizer } from '../tokenizers/tokenizer.js';
import { encodeChoice } from './encode.js';
import { generateItems } from './generate.js';
import { readItems, type TextItem, Wrong } from './items.js';
import type { FileTask, TaskSettings } from './schema.js';

/** Where paths of files lead from: the folder of the experiment file. */
interface Base {
  readonly baseDirectory: string;
}

/** Checks that all files are there, and every line of them, before any text is read. */
export async function checkTasks(tasks: readonly TaskSettings[], { baseDirectory }: Base): Promise<readonly Problem[]> {
  const problems: Problem[] = [];
  for (const [index, task] of tasks.entries()) {
    if ('files' in task) await readItems(task, `tasks[${index}]`, baseDirectory, problems);
  }
  return problems;
}

/**
 * The tasks of an experiment as tokens of its corpus. A task has the same digest when its items have: neither its name
 * nor where its files lie is part of it.
 *
 * @throws BranchlineError `data` with every item that cannot be used, by file and line, and every task without items.
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
      problems.push('files' in task ? noneForTheFirst(at) : nothingToMake(at));
    }
    sets.push({ name: task.name, digest: digestOf(items), items });
  }
  failOn('data', problems);
  return sets;
}

function noneForTheFirst(at: string): Problem {
  const message = 'has no item about the first version, so its release has nothing to answer';
  return { configPath: `${at}.versionField`, message, remedy: 'Add some, or leave versionField out.' };
}

function nothingToMake(at: string): Problem {
  const message = 'the held-out text of the first version is too short or too uniform for such items';
  const remedy = 'Hold more text out (data.heldOut), or use a shorter answer or fewer choices.';
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
  const wrong = new Wrong(`${at}.files`, problems);
  const encoded = items.map(({ place, query, choices, gold, version, domain }): TaskItem => {
    const index = version === undefined ? 0 : (versions.find(({ name }) => name === version)?.index ?? -1);
    if (index < 0) {
      const names = versions.map(({ name }) => name).join(', ');
      wrong.tell(`${place}: "${versionField}" is "${version}", which is none of the versions ${names}`);
    }
    const own = choices.flatMap((choice, number) => {
      try {
        return [encodeChoice(tokenizer, query, choice, { delimiter, context })];
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        wrong.tell(`${place}: choice ${number}: ${messageOf(error)}`);
        return [];
      }
    });
    return { version: index, domain: domain ?? '', gold, choices: own };
  });
  wrong.tellRest();
  return encoded;
}

function digestOf(items: readonly TaskItem[]): Digest {
  const plain = items.map(({ version, domain, gold, choices }) => ({
    ...{ version, domain, gold },
    choices: choices.map(({ tokens, scored, bytes }) => ({ tokens: Array.from(tokens), scored, bytes })),
  }));
  return digestJson({ task: plain });
}
