/**
 * Parses strategies on one line: plugins joined by `+`, strategies by `,`, options in parentheses: `from-scratch,
 * path-switching(alpha=0.3) + model-averaging(last=4)`.
 */
import { resolve } from 'node:path';
import type { PluginEntry } from '@branchline/api';
import { isPath } from '@branchline/api/internal';
import { BranchlineError } from '@branchline/core';

type Value = string | number | boolean | readonly Value[];
interface Options {
  [key: string]: Value | Options;
}

/** Place of the text in error messages. */
const PLACE = '--strategies';

/** Limit on nested lists. Real options have at most two levels. */
const DEEPEST = 20;
/** Characters shown on either side of an error. */
const SHOWN = 100;

/** Parses strategies; each is named by its own text. Throws a BranchlineError that shows the place of the error. */
export function parseStrategies(text: string): Record<string, readonly PluginEntry[]> {
  const reader = new Reader(text);
  const strategies = new Map<string, readonly PluginEntry[]>();
  do {
    const start = reader.skip();
    const plugins = [plugin(reader)];
    while (reader.take('+')) plugins.push(plugin(reader));
    const name = text.slice(start, reader.position).trim().replace(/\s+/g, ' ');
    if (strategies.has(name)) reader.fail(`"${name}" stands here twice`, start);
    strategies.set(name, plugins);
  } while (reader.take(','));
  if (!reader.done) reader.fail(`expected "+", "," or the end, found ${reader.found()}`);
  return Object.fromEntries(strategies);
}

function plugin(reader: Reader): PluginEntry {
  const word = reader.word(/[A-Za-z0-9@/_.~-]+/y, 'the name of a plugin');
  // Relative to the working directory, like --data.
  const name = isPath(word) ? resolve(word) : word;
  return reader.take('(') ? { plugin: name, options: options(reader) } : { plugin: name };
}

function options(reader: Reader): Options {
  const found: Options = {};
  if (reader.take(')')) return found;
  do {
    const start = reader.skip();
    const keys = reader.word(/[A-Za-z][A-Za-z0-9]*(\.[A-Za-z][A-Za-z0-9]*)*/y, 'the name of an option').split('.');
    if (!reader.take('=')) reader.fail(`expected "=" and a value, found ${reader.found()}`);
    const last = keys.pop()!;
    let group = found;
    for (const key of keys) {
      const inner = Object.hasOwn(group, key) ? group[key]! : (group[key] = {});
      if (typeof inner !== 'object' || Array.isArray(inner)) return reader.fail(`${key} has a value already`, start);
      group = inner as Options;
    }
    if (Object.hasOwn(group, last)) reader.fail(`option ${last} stands here twice`, start);
    group[last] = value(reader);
  } while (reader.take(','));
  if (!reader.take(')')) reader.fail(`expected "," or ")", found ${reader.found()}`);
  return found;
}

function value(reader: Reader, depth = 0): Value {
  if (reader.take('[')) {
    if (depth === DEEPEST) reader.fail('lists are nested too deeply');
    const list: Value[] = [];
    do list.push(value(reader, depth + 1));
    while (reader.take(','));
    if (!reader.take(']')) reader.fail(`expected "," or "]", found ${reader.found()}`);
    return list;
  }
  const quote = reader.take('"') ? '"' : reader.take("'") ? "'" : undefined;
  if (quote !== undefined) return reader.until(quote);
  const start = reader.skip();
  const word = reader.word(/[A-Za-z0-9_.+/-]+/y, 'a value');
  if (word === 'true' || word === 'false') return word === 'true';
  // Fractions such as 1/3 have no exact decimal.
  const fraction = /^(\d+)\/(\d+)$/.exec(word);
  if (fraction) {
    if (Number(fraction[2]) === 0) reader.fail('divides by 0', start);
    return Number(fraction[1]) / Number(fraction[2]);
  }
  return Number.isNaN(Number(word)) ? word : Number(word);
}

/** Cursor over the text. */
class Reader {
  position = 0;

  constructor(private readonly text: string) {}

  /** Skips white space and returns the new position. */
  skip(): number {
    while (/\s/.test(this.text[this.position] ?? '')) this.position++;
    return this.position;
  }

  get done(): boolean {
    return this.skip() >= this.text.length;
  }

  take(sign: string): boolean {
    if (this.text[this.skip()] !== sign) return false;
    this.position++;
    return true;
  }

  word(pattern: RegExp, what: string): string {
    pattern.lastIndex = this.skip();
    const [word] = pattern.exec(this.text) ?? [];
    if (word === undefined) return this.fail(`expected ${what}, found ${this.found()}`);
    this.position += word.length;
    return word;
  }

  until(quote: string): string {
    const end = this.text.indexOf(quote, this.position);
    if (end < 0) return this.fail(`the text in quotes does not end`, this.position - 1);
    const inside = this.text.slice(this.position, end);
    this.position = end + 1;
    return inside;
  }

  /** The character at the position, for messages. */
  found(): string {
    return this.done ? 'the end' : `"${this.text[this.position]}"`;
  }

  fail(message: string, position = this.skip()): never {
    const [from, to] = [Math.max(0, position - SHOWN), position + SHOWN];
    const before = `${from > 0 ? '…' : ''}${this.text.slice(from, position)}`;
    const after = `${this.text.slice(position, to)}${to < this.text.length ? '…' : ''}`;
    throw new BranchlineError('config', {
      configPath: PLACE,
      message: `${message}, at character ${position + 1}: ${before}⟨here⟩${after}`,
      remedy: 'Write for example "from-scratch, path-switching(alpha=0.3) + model-averaging(last=4)".',
    });
  }
}
