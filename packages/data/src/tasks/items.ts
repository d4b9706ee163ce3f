/** Reads task items from JSONL files, before tokenization. */
import { isUtf8 } from 'node:buffer';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { messageOf, type Problem } from '@branchline/core';
import { findFiles, formatOf, MAX_DOCUMENT, posix } from '../storage/files.js';
import type { FileTask } from './schema.js';

/** One item: a line of a file. */
export interface TextItem {
  /** Position for messages, e.g. `items.jsonl:3`. */
  readonly place: string;
  readonly query: string;
  /** At least two, non-empty and distinct. */
  readonly choices: readonly string[];
  /** Index of the right choice. */
  readonly gold: number;
  /** Name of a version, if the task has a version field. */
  readonly version?: string;
  readonly domain?: string;
}

/** Largest number of problems reported per task; a file of another format has one in every line. */
const MOST_PROBLEMS = 20;

/** Reads all items of a task. Invalid lines are skipped and added to `problems` with file and line. */
export async function readItems(
  task: FileTask,
  at: string,
  baseDirectory: string,
  problems: Problem[],
): Promise<readonly TextItem[]> {
  const found = new ProblemList(`${at}.files`, problems);
  const items: TextItem[] = [];
  const patterns = typeof task.files === 'string' ? [task.files] : task.files;
  const files = await findFiles(patterns, baseDirectory);
  if (files.length === 0)
    found.report(`there is no file ${patterns.join(', ')} in ${baseDirectory}`, 'Name JSONL files.');
  for (const file of files) {
    const name = posix(path.relative(baseDirectory, file));
    const text = readText(file, name, found);
    if (text === undefined) continue;
    for (const [index, line] of text.split('\n').entries()) {
      if (line.trim() === '') continue;
      const place = `${name}:${index + 1}`;
      const item = readItem(line, place, task, (message) => found.report(`${place}: ${message}`));
      if (item !== undefined) items.push(item);
    }
  }
  if (files.length > 0 && items.length === 0 && found.count === 0) {
    found.report(`there are no items in ${patterns.join(', ')}`, 'Write one item per line.');
  }
  found.reportRest();
  return items;
}

/** Collects the problems of a task; beyond `MOST_PROBLEMS` they are only counted. */
export class ProblemList {
  count = 0;

  constructor(
    private readonly configPath: string,
    private readonly problems: Problem[],
  ) {}

  report(message: string, remedy = 'Repair the line, or leave it out.'): undefined {
    this.count++;
    if (this.count <= MOST_PROBLEMS) this.problems.push({ configPath: this.configPath, message, remedy });
  }

  reportRest(): void {
    if (this.count <= MOST_PROBLEMS) return;
    this.problems.push({ configPath: this.configPath, message: `and ${this.count - MOST_PROBLEMS} more problems` });
  }
}

function readText(file: string, name: string, found: ProblemList): string | undefined {
  const remedy = 'Tasks are JSONL in UTF-8, plain or gzip, of at most 64 MiB.';
  if (formatOf(file) !== 'jsonl' || /\.zst$/i.test(file)) return found.report(`${name} is not JSONL`, remedy);
  try {
    const stored = readFileSync(file);
    const content = /\.gz$/i.test(file) ? gunzipSync(stored, { maxOutputLength: MAX_DOCUMENT }) : stored;
    if (content.length > MAX_DOCUMENT) return found.report(`${name} is too large`, remedy);
    if (!isUtf8(content)) return found.report(`${name} is not UTF-8`, remedy);
    return content.toString().replace(/^\uFEFF/, '');
  } catch (error) {
    return found.report(`${name} cannot be read: ${messageOf(error)}`, remedy);
  }
}

type Fields = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function readItem(
  line: string,
  place: string,
  { queryField, choicesField, goldField, versionField, domainField }: FileTask,
  report: (message: string) => undefined,
): TextItem | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return report('is not JSON');
  }
  if (!isObject(value)) return report('is not an object');
  const fields = value;
  const text = (field: string) => {
    const found = at(fields, field);
    return typeof found === 'string'
      ? found
      : report(`"${field}" is ${found === undefined ? 'missing' : 'not a string'}`);
  };
  const query = text(queryField);
  const choices = readChoices(at(fields, choicesField), choicesField, report);
  const gold = at(fields, goldField);
  const indices = choices === undefined ? '' : `, but an index from 0 to ${choices.length - 1} is needed`;
  const isIndex = Number.isSafeInteger(gold) && (gold as number) >= 0;
  if (!isIndex || (choices && (gold as number) >= choices.length)) {
    return report(`"${goldField}" is ${gold === undefined ? 'missing' : JSON.stringify(gold).slice(0, 40)}${indices}`);
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
  report: (message: string) => undefined,
): readonly string[] | undefined {
  if (value === undefined) return report(`"${field}" is missing`);
  if (!Array.isArray(value) || value.length < 2) return report(`"${field}" is not a list of at least two choices`);
  const invalid = value.findIndex((choice) => typeof choice !== 'string' || choice === '');
  if (invalid >= 0) return report(`choice ${invalid} is ${value[invalid] === '' ? 'empty' : 'not a string'}`);
  const choices = value as readonly string[];
  const twice = choices.findIndex((choice, index) => choices.indexOf(choice) < index);
  if (twice >= 0) return report(`choices ${choices.indexOf(choices[twice]!)} and ${twice} are the same`);
  return choices;
}

/** A field of an object. A dotted name is looked up as a key first, then as a path into nested objects. */
function at(fields: Fields, name: string): unknown {
  if (Object.hasOwn(fields, name)) return fields[name];
  return name
    .split('.')
    .reduce<unknown>((value, key) => (isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined), fields);
}
