/** Items of tasks from files, before they are tokens. */
import { isUtf8 } from 'node:buffer';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { messageOf, type Problem } from '@branchline/core';
import { findFiles, formatOf, MAX_TEXT_FILE, posix } from '../storage/files.js';
import type { FileTask } from './schema.js';

/** A line of a file. */
export interface TextItem {
  /** For messages: `items.jsonl:3`. */
  readonly place: string;
  readonly query: string;
  /** At least two, none empty, no two alike. */
  readonly choices: readonly string[];
  /** Index of the right one. */
  readonly gold: number;
  /** Name of a version, where the task has a field for it. */
  readonly version?: string;
  readonly domain?: string;
}

/** Problems of one task that are told; a file of another format has one in every line. */
const MOST_PROBLEMS = 20;

/** Reads all items of a task. What is wrong is added to `problems`, each with its file and line, and left out. */
export async function readItems(
  task: FileTask,
  at: string,
  baseDirectory: string,
  problems: Problem[],
): Promise<readonly TextItem[]> {
  const wrong = new Wrong(`${at}.files`, problems);
  const items: TextItem[] = [];
  const patterns = typeof task.files === 'string' ? [task.files] : task.files;
  const files = await findFiles(patterns, baseDirectory);
  if (files.length === 0)
    wrong.tell(`there is no file ${patterns.join(', ')} in ${baseDirectory}`, 'Name JSONL files.');
  for (const file of files) {
    const name = posix(path.relative(baseDirectory, file));
    const text = readText(file, name, wrong);
    if (text === undefined) continue;
    for (const [index, line] of text.split('\n').entries()) {
      if (line.trim() === '') continue;
      const place = `${name}:${index + 1}`;
      const item = readItem(line, place, task, (message) => wrong.tell(`${place}: ${message}`));
      if (item !== undefined) items.push(item);
    }
  }
  if (files.length > 0 && items.length === 0 && wrong.count === 0) {
    wrong.tell(`there is no item in ${patterns.join(', ')}`, 'Write one item per line.');
  }
  wrong.tellRest();
  return items;
}

/** Collects problems, and counts those that are too many to tell. */
export class Wrong {
  count = 0;

  constructor(
    private readonly configPath: string,
    private readonly problems: Problem[],
  ) {}

  tell(message: string, remedy = 'Repair the line, or leave it out.'): undefined {
    this.count++;
    if (this.count <= MOST_PROBLEMS) this.problems.push({ configPath: this.configPath, message, remedy });
  }

  tellRest(): void {
    if (this.count <= MOST_PROBLEMS) return;
    this.problems.push({ configPath: this.configPath, message: `and ${this.count - MOST_PROBLEMS} more problems` });
  }
}

function readText(file: string, name: string, wrong: Wrong): string | undefined {
  const remedy = 'Tasks are JSONL in UTF-8, plain or gzip, of at most 64 MiB.';
  if (formatOf(file) !== 'jsonl' || /\.zst$/i.test(file)) return wrong.tell(`${name} is no JSONL`, remedy);
  try {
    const stored = readFileSync(file);
    const content = /\.gz$/i.test(file) ? gunzipSync(stored, { maxOutputLength: MAX_TEXT_FILE }) : stored;
    if (content.length > MAX_TEXT_FILE) return wrong.tell(`${name} is too large`, remedy);
    if (!isUtf8(content)) return wrong.tell(`${name} is not UTF-8`, remedy);
    return content.toString().replace(/^\uFEFF/, '');
  } catch (error) {
    return wrong.tell(`${name} cannot be read: ${messageOf(error)}`, remedy);
  }
}

type Fields = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function readItem(
  line: string,
  place: string,
  { queryField, choicesField, goldField, versionField, domainField }: FileTask,
  tell: (message: string) => undefined,
): TextItem | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return tell('is no JSON');
  }
  if (!isObject(value)) return tell('is no object');
  const fields = value;
  const text = (field: string) => {
    const found = at(fields, field);
    return typeof found === 'string' ? found : tell(`"${field}" is ${found === undefined ? 'missing' : 'no text'}`);
  };
  const query = text(queryField);
  const choices = readChoices(at(fields, choicesField), choicesField, tell);
  const gold = at(fields, goldField);
  const indices = choices === undefined ? '' : `, but an index from 0 to ${choices.length - 1} is needed`;
  const isIndex = Number.isSafeInteger(gold) && (gold as number) >= 0;
  if (!isIndex || (choices && (gold as number) >= choices.length)) {
    return tell(`"${goldField}" is ${gold === undefined ? 'missing' : JSON.stringify(gold).slice(0, 40)}${indices}`);
  }
  const version = versionField === undefined ? {} : { version: text(versionField) };
  const domain = domainField === undefined ? {} : { domain: text(domainField) };
  if (query === undefined || choices === undefined) return undefined;
  if ([version, domain].some((one) => Object.values(one).includes(undefined))) return undefined;
  return { place, query, choices, gold: gold as number, ...version, ...domain };
}

function readChoices(
  value: unknown,
  field: string,
  tell: (message: string) => undefined,
): readonly string[] | undefined {
  if (value === undefined) return tell(`"${field}" is missing`);
  if (!Array.isArray(value) || value.length < 2) return tell(`"${field}" is no list of at least two choices`);
  const wrong = value.findIndex((choice) => typeof choice !== 'string' || choice === '');
  if (wrong >= 0) return tell(`choice ${wrong} is ${value[wrong] === '' ? 'empty' : 'no text'}`);
  const choices = value as readonly string[];
  const twice = choices.findIndex((choice, index) => choices.indexOf(choice) < index);
  if (twice >= 0) return tell(`choices ${choices.indexOf(choices[twice]!)} and ${twice} are the same`);
  return choices;
}

/** A field of an object: one of that name, else the way that its dots lead. */
function at(fields: Fields, name: string): unknown {
  if (Object.hasOwn(fields, name)) return fields[name];
  return name
    .split('.')
    .reduce<unknown>((value, key) => (isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined), fields);
}
