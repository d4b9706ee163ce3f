import { didYouMean, messageOf, type Problem } from '@branchline/core';
import type { TaskChoice, TaskItem, TaskSet } from '@branchline/evaluation';
import type { DataSettings } from '../config/schema.js';
import { failOn, interrupted } from '../errors.js';
import type { PreparedData } from '../sequences/prepared.js';
import { pause } from '../storage/interrupt.js';
import { openTokenizer, UnencodableError } from '../tokenizers/open.js';
import type { Tokenizer } from '../tokenizers/tokenizer.js';
import { encodeChoice } from './encode.js';
import { generateItems } from './generate.js';
import { ProblemList, readItems, type TextItem } from './items.js';
import type { FileTask, TaskSettings } from './schema.js';

/** Base of relative paths: the folder of the experiment file. */
interface Base {
  readonly baseDirectory: string;
}

/**
 * Checks all task files and every line of them, and names of validation sets, before the corpus is prepared.
 *
 * @param validation Names of the validation sets. Default: none.
 */
export async function checkTasks(
  tasks: readonly TaskSettings[],
  { baseDirectory }: Base,
  validation: readonly string[] = [],
): Promise<readonly Problem[]> {
  const problems: Problem[] = [];
  for (const [index, task] of tasks.entries()) {
    if ('files' in task) await readItems(task, `tasks[${index}]`, baseDirectory, problems);
    else if (task.generate.from !== undefined && !validation.includes(task.generate.from)) {
      const message = `no validation set is called "${task.generate.from}"`;
      const remedy = validation.length > 0 ? didYouMean(task.generate.from, validation) : 'Add it to data.evaluation.';
      problems.push({ configPath: `tasks[${index}].generate.from`, message, remedy });
    }
  }
  return problems;
}

/**
 * Tokenizes the tasks of an experiment for its corpus.
 *
 * @throws BranchlineError `data` that lists every unusable item with file and line, and every task without items;
 * `interrupted` if the signal was aborted.
 */
export async function prepareTasks(
  tasks: readonly TaskSettings[],
  settings: DataSettings,
  data: PreparedData,
  { baseDirectory, signal }: Base & { readonly signal?: AbortSignal },
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
        ? await encodeItems(await readItems(task, at, baseDirectory, problems), task, at, tokenizer, data, {
            problems,
            signal,
          })
        : generateItems(task, data, tokenizer, settings.seed);
    if (problems.length === before && !items.some(({ version }) => version <= 1)) {
      problems.push('files' in task ? noItemsForFirstVersion(at) : notGeneratable(at, task.generate.from));
    }
    sets.push({ name: task.name, items });
  }
  failOn('data', problems);
  return sets;
}

function noItemsForFirstVersion(at: string): Problem {
  const message = 'has no item about the first version, so there is nothing to evaluate its release on';
  return { configPath: `${at}.versionField`, message, remedy: 'Add some, or leave versionField out.' };
}

function notGeneratable(at: string, from: string | undefined): Problem {
  const text = from === undefined ? 'the held-out text of the first version' : `the validation set "${from}"`;
  const message = `${text} is too short or too uniform for such items`;
  const more = from === undefined ? 'Hold out more text (data.heldOut)' : 'Add text to it';
  const remedy = `${more}, or use a shorter answer or fewer choices.`;
  return { configPath: `${at}.generate`, message, remedy };
}

/** Items encoded before other events are handled. */
const YIELD_EVERY = 256;

async function encodeItems(
  items: readonly TextItem[],
  { delimiter, versionField }: FileTask,
  at: string,
  tokenizer: Tokenizer,
  { context, versions }: PreparedData,
  { problems, signal }: { readonly problems: Problem[]; readonly signal?: AbortSignal },
): Promise<readonly TaskItem[]> {
  const found = new ProblemList(`${at}.files`, problems);
  const encoded: TaskItem[] = [];
  for (const { place, query, choices, gold, version, domain } of items) {
    if (encoded.length % YIELD_EVERY === 0)
      await pause(signal).catch((error: unknown) => {
        throw interrupted(error);
      });
    const index = version === undefined ? 0 : (versions.find(({ name }) => name === version)?.index ?? -1);
    if (index < 0) {
      const names = versions.map(({ name }) => name).join(', ');
      found.report(`${place}: "${versionField}" is "${version}", but the versions are ${names}`);
    }
    const own: TaskChoice[] = [];
    const all = await Promise.allSettled(
      choices.map((choice) => encodeChoice(tokenizer, query, choice, { delimiter, context })),
    );
    for (const [number, one] of all.entries()) {
      if (one.status === 'fulfilled') own.push(one.value);
      else if (one.reason instanceof RangeError || one.reason instanceof UnencodableError)
        found.report(`${place}: choice ${number}: ${messageOf(one.reason)}`);
      else throw one.reason;
    }
    encoded.push({ version: index, domain: domain ?? '', gold, choices: own });
  }
  found.reportRest();
  return encoded;
}
