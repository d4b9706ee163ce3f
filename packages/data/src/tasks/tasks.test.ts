import { gzipSync } from 'node:zlib';
import { allHeldOut, BranchlineError } from '@branchline/core';
import { groupsOf, type TaskItem, type TaskSet } from '@branchline/evaluation';
import { describe, expect, test } from 'vitest';
import { FIELDS, fixture, prepare, rows } from '../../test/corpus.js';
import { folder, text, write } from '../../test/fixtures.js';
import { type DataConfig, parseDataConfig } from '../config/schema.js';
import { byteTokenizer } from '../tokenizers/bytes.js';
import { tiktoken } from '../tokenizers/tiktoken.js';
import { encodeChoice } from './encode.js';
import { checkTasks, prepareTasks } from './prepare.js';
import { parseTasks, type TasksConfig } from './schema.js';

const versions = { by: 'field' } as const;
const DATA: DataConfig = { sources: [FIELDS], versions, heldOut: 0.2 };
const lines = (...items: readonly unknown[]) => items.map((item) => `${JSON.stringify(item)}\n`).join('');

/** Prepares tasks with a corpus of three years and two domains. */
async function tasksOf(config: TasksConfig, { base = fixture(), data = DATA, context = 32 } = {}) {
  const { data: prepared } = await prepare(base, data, context);
  const sets = await prepareTasks(parseTasks(config), parseDataConfig(data), prepared, { baseDirectory: base });
  return { sets, prepared };
}

/** The problems thrown by `work`, one line each. */
async function problemsOf(work: () => unknown): Promise<readonly string[]> {
  try {
    await work();
  } catch (error) {
    expect(error).toBeInstanceOf(BranchlineError);
    return (error as BranchlineError).problems.map(({ configPath, message }) => `${configPath}: ${message}`);
  }
  return [];
}

/** Bytes as Latin-1, because an answer may start inside a character. */
const textOf = (tokens: ArrayLike<number>) => Buffer.from(Uint8Array.from(tokens)).toString('latin1');
/** Decoded query and choices of an item. */
const decoded = ({ choices, gold }: TaskItem) => ({
  query: textOf(choices[0]!.tokens.slice(0, -choices[0]!.scored)),
  choices: choices.map(({ tokens, scored }) => textOf(tokens.slice(-scored))),
  gold,
});

describe('encodeChoice', () => {
  const encode = async (query: string, choice: string, context = 64, delimiter = ' ') => {
    const { tokens, scored, bytes } = await encodeChoice(byteTokenizer, query, choice, { delimiter, context });
    return [...tokens, scored, bytes];
  };
  const bytes = (text: string) => [...Buffer.from(text)];

  test('scores the choice with the delimiter, and counts the bytes of the choice alone', async () => {
    expect(await encode('a b', 'cd')).toEqual([...bytes('a b cd'), 3, 2]);
    expect(await encode('a', 'ä', 64, '')).toEqual([...bytes('aä'), 2, 2]);
  });

  test('trailing white space of a query belongs to the choice, as in the harness', async () => {
    expect(await encode('a \n', 'c', 64, '')).toEqual([...bytes('a \nc'), 3, 1]);
  });

  test('an empty query is replaced by the end-of-document token', async () => {
    expect(await encode('', 'c')).toEqual([256, ...bytes(' c'), 2, 1]);
    expect(await encode(' ', 'c', 64, '')).toEqual([256, ...bytes(' c'), 2, 1]);
  });

  test('truncates on the left to context + 1 tokens', async () => {
    expect(await encode('abcdefgh', 'xy', 5, '')).toEqual([...bytes('efghxy'), 2, 2]);
    expect(await encode('abc', 'vwxyz', 5, '')).toEqual([...bytes('cvwxyz'), 5, 5]);
    await expect(encode('abc', 'uvwxyz', 5, '')).rejects.toThrow('it has 6 tokens, more than the context of 5');
  });

  test('a choice has the tokens beyond those of its query, even if tokens merge between them', async () => {
    const gpt2 = await tiktoken('gpt2');
    const [whole] = await gpt2.encode([Buffer.from('The cat sat')]);
    const { tokens, scored } = await encodeChoice(gpt2, 'The cat', 'sat', { delimiter: ' ', context: 64 });
    expect([[...tokens], scored]).toEqual([whole, 1]);
    // Query and choice merge into one token: no token is left for the choice.
    await expect(encodeChoice(gpt2, 'The c', 'at', { delimiter: '', context: 64 })).rejects.toThrow(
      'no tokens of its own',
    );
  });
});

describe('items from JSONL', () => {
  test('are read with the field names of the harness or configured ones, from plain files and gzip', async () => {
    const base = fixture();
    write(base, { 'a.jsonl': `\uFEFF${lines({ query: 'one', choices: ['x', 'yz'], gold: 1, more: 1 })}\r\n\n` });
    write(base, { 'b.jsonl.gz': gzipSync(lines({ q: { stem: 'two' }, options: ['x', 'y', 'z'], label: 0 })) });
    const other = { queryField: 'q.stem', choicesField: 'options', goldField: 'label', delimiter: '\n' };
    const config = [
      { name: 'a', files: 'a.jsonl' },
      { name: 'b', files: ['*.gz'], ...other },
    ];
    const { sets } = await tasksOf(config, { base });
    expect(sets.map(({ name, items }) => [name, items.map(decoded)])).toEqual([
      ['a', [{ query: 'one', choices: [' x', ' yz'], gold: 1 }]],
      ['b', [{ query: 'two', choices: ['\nx', '\ny', '\nz'], gold: 0 }]],
    ]);
    expect(sets[0]!.items[0]).toMatchObject({ version: 0, domain: '' });
  });

  test('have a version and a domain', async () => {
    const base = fixture();
    const [first, second] = [...new Set(rows.map(({ year }) => year))].sort();
    const item = (year: string, domain: string) => ({ query: 'q', choices: ['x', 'y'], gold: 0, year, domain });
    write(base, { 'a.jsonl': lines(item(second!, 'facts'), item(first!, 'other')) });
    const fields = { versionField: 'year', domainField: 'domain' };
    const { sets } = await tasksOf([{ name: 'a', files: 'a.jsonl', ...fields }], { base });
    expect(sets[0]!.items.map(({ version, domain }) => [version, domain])).toEqual([
      [2, 'facts'],
      [1, 'other'],
    ]);
    write(base, { 'b.jsonl': lines(item('1492', 'x'), item(second!, 'x')) });
    expect(await problemsOf(() => tasksOf([{ name: 'b', files: 'b.jsonl', ...fields }], { base }))).toEqual([
      `tasks[0].files: b.jsonl:1: "year" is "1492", but the versions are ${[...new Set(rows.map(({ year }) => year))].sort().join(', ')}`,
    ]);
    write(base, { 'b.jsonl': lines(item(second!, 'x')) });
    expect(await problemsOf(() => tasksOf([{ name: 'b', files: 'b.jsonl', ...fields }], { base }))).toEqual([
      'tasks[0].versionField: has no item about the first version, so there is nothing to evaluate its release on',
    ]);
  });

  test('answers are stored by every token of the items, but by no name, path or right choice', async () => {
    const base = fixture();
    const item = { query: 'one', choices: ['x', 'y'], gold: 1 };
    write(base, { 'a.jsonl': lines(item), 'copy/b.jsonl': lines(item), 'c.jsonl': lines({ ...item, gold: 0 }) });
    const { sets } = await tasksOf(
      [
        { name: 'a', files: 'a.jsonl' },
        { name: 'b', files: 'copy' },
        { name: 'c', files: 'c.jsonl' },
        { name: 'd', files: 'a.jsonl', delimiter: '' },
      ],
      { base },
    );
    const [a, b, c, d] = sets.map((set) => groupsOf(set)[0]!.digest);
    expect([b, c]).toEqual([a, a]);
    expect(d).not.toBe(a);
  });

  test('all problems are reported with file and line, before any text is read', async () => {
    const base = folder();
    const fine = { query: 'q', choices: ['x', 'y'], gold: 0 };
    write(base, {
      'bad.jsonl': [
        JSON.stringify(fine),
        '{"query": "q", "choi',
        '[1]',
        'null',
        lines({ ...fine, query: undefined }).trim(),
        lines({ ...fine, query: 7, gold: '0' }).trim(),
        lines({ ...fine, choices: 'xy' }).trim(),
        lines({ ...fine, choices: ['x'] }).trim(),
        lines({ ...fine, choices: ['x', ''] }).trim(),
        lines({ ...fine, choices: ['x', 'y', 'x'] }).trim(),
        lines({ ...fine, choices: ['x', null] }).trim(),
        lines({ ...fine, gold: 2 }).trim(),
        lines({ ...fine, gold: -1 }).trim(),
        lines({ ...fine, gold: 0.5 }).trim(),
        '{"__proto__": {"query": "q"}, "choices": ["x", "y"], "gold": 0}',
      ].join('\n'),
      'empty.jsonl': '\n\n',
      'latin.jsonl': Buffer.from([0x22, 0xe4, 0x22]),
      'notes.txt': 'no items',
      'cut.jsonl.gz': gzipSync(lines(fine)).subarray(0, 20),
    });
    const files = ['bad', 'empty', 'latin', 'notes.txt', 'cut.jsonl.gz', 'absent'];
    const config = files.map((file) => ({ name: file, files: file.includes('.') ? file : `${file}.jsonl` }));
    const problems = await checkTasks(parseTasks(config), { baseDirectory: base });
    expect(problems.map(({ configPath, message }) => `${configPath}: ${message}`)).toEqual([
      ...[
        'bad.jsonl:2: is not JSON',
        'bad.jsonl:3: is not an object',
        'bad.jsonl:4: is not an object',
        'bad.jsonl:5: "query" is missing',
        'bad.jsonl:6: "query" is not a string',
        'bad.jsonl:6: "gold" is "0", but an index from 0 to 1 is needed',
        'bad.jsonl:7: "choices" is not a list of at least two choices',
        'bad.jsonl:8: "choices" is not a list of at least two choices',
        'bad.jsonl:9: choice 1 is empty',
        'bad.jsonl:10: choices 0 and 2 are the same',
        'bad.jsonl:11: choice 1 is not a string',
        'bad.jsonl:12: "gold" is 2, but an index from 0 to 1 is needed',
        'bad.jsonl:13: "gold" is -1, but an index from 0 to 1 is needed',
        'bad.jsonl:14: "gold" is 0.5, but an index from 0 to 1 is needed',
        'bad.jsonl:15: "query" is missing',
      ].map((message) => `tasks[0].files: ${message}`),
      'tasks[1].files: there are no items in empty.jsonl',
      'tasks[2].files: latin.jsonl is not UTF-8',
      'tasks[3].files: notes.txt is not JSONL',
      'tasks[4].files: cut.jsonl.gz cannot be read: unexpected end of file',
      `tasks[5].files: there is no file absent.jsonl in ${base}`,
    ]);
    expect(problems.every(({ remedy }) => remedy !== undefined)).toBe(true);
  });

  test('of very many problems the first are reported, and the number of the rest', async () => {
    const base = folder();
    write(base, { 'bad.jsonl': 'x\n'.repeat(1000) });
    const problems = await checkTasks(parseTasks([{ name: 'a', files: 'bad.jsonl' }]), { baseDirectory: base });
    expect(problems).toHaveLength(21);
    expect(problems.at(-1)!.message).toBe('and 980 more problems');
  });

  test('a choice longer than the context is reported with its line', async () => {
    const base = fixture();
    const long = { query: 'q', choices: ['x', 'y'.repeat(40)], gold: 0 };
    write(base, { 'a.jsonl': lines({ ...long, query: 'q'.repeat(500), choices: ['x', 'y'] }, long) });
    expect(await problemsOf(() => tasksOf([{ name: 'a', files: 'a.jsonl' }], { base }))).toEqual([
      'tasks[0].files: a.jsonl:2: choice 1: it has 41 tokens, more than the context of 32',
    ]);
  });

  test('all wrong settings are reported at once', async () => {
    const parse = (config: unknown) => problemsOf(() => parseTasks(config));
    expect(await parse([{ name: 'a', file: 'x' }])).toEqual([
      'tasks[0].files: name a file or a glob, or a list of these',
      'tasks[0].file: there is no such setting',
    ]);
    expect(await parse([{ name: ' ', generate: { choices: 1, item: 3 } }])).toHaveLength(3);
    expect(await parse({})).toEqual(['tasks: write a list of tasks in [ ]']);
    expect(
      await parse([
        { name: 'a', generate: {} },
        { name: 'a', files: 'x' },
      ]),
    ).toEqual(['tasks[1].name: another task is called "a" too']);
  });
});

describe('generated items', () => {
  const generated = (generate: object, name = 'next'): TasksConfig => [{ name, generate }];
  const itemsOf = ({ items }: TaskSet) => items.map(decoded);

  test('continue held-out text, with distractors from the same version and domain', async () => {
    const { sets, prepared } = await tasksOf(generated({ items: 6, choices: 3, query: 12, answer: 5 }));
    const parts = allHeldOut(prepared).parts;
    const counts = parts.map(
      ({ version, domain }) =>
        sets[0]!.items.filter((item) => item.version === version && item.domain === domain).length,
    );
    expect(counts).toEqual(parts.map(() => 6));
    const documents = rows.map(({ text, kind }) => ({ kind, text: Buffer.from(text).toString('latin1') }));
    const golds = new Set<number>();
    for (const item of sets[0]!.items) {
      const { query, choices, gold } = decoded(item);
      golds.add(gold);
      const has = (text: string) => documents.some((one) => one.kind === item.domain && one.text.includes(text));
      expect(has(query + choices[gold]!)).toBe(true);
      expect(query.length).toBeGreaterThanOrEqual(5);
      expect(query.length).toBeLessThanOrEqual(12);
      expect(new Set(choices).size).toBe(3);
      for (const choice of choices) {
        expect(has(choice)).toBe(true);
        expect(choice.length).toBe(5);
      }
      expect(item.choices.every(({ bytes, scored }) => bytes === 5 && scored === 5)).toBe(true);
    }
    expect(golds).toEqual(new Set([0, 1, 2]));
  });

  test('depend only on corpus and seed', async () => {
    const base = fixture();
    const [once, again] = [await tasksOf(generated({}), { base }), await tasksOf(generated({}, 'other'), { base })];
    expect(itemsOf(again.sets[0]!)).toEqual(itemsOf(once.sets[0]!));
    const other = await tasksOf(generated({}), { base, data: { ...DATA, seed: 1 } });
    expect(itemsOf(other.sets[0]!)).not.toEqual(itemsOf(once.sets[0]!));
  });

  test('can be made of a validation set, for every release', async () => {
    const base = fixture();
    write(base, {
      'own.jsonl': lines(...Array.from({ length: 9 }, (_, index) => ({ text: text(`own ${index}`, 9) }))),
    });
    const data: DataConfig = { ...DATA, evaluation: [{ name: 'own', files: 'own.jsonl' }] };
    const tasks = [...generated({ from: 'own', items: 8 }), ...generated({ items: 8 }, 'held out')];
    const { sets, prepared } = await tasksOf(tasks, { base, data });
    const { sets: plain } = await tasksOf(tasks.slice(1), { base });
    expect(sets[1]!.items).toEqual(plain[0]!.items);
    expect(sets[0]!.items.map(({ version, domain }) => [version, domain])).toEqual(Array(8).fill([0, 'default']));
    const [part] = prepared.validationSets()[0]!.parts;
    const own = textOf(prepared.read(part!.sequences).filter((token) => token < 256));
    for (const { query, choices } of itemsOf(sets[0]!))
      for (const choice of [query, ...choices]) expect(own).toContain(choice);
    const names = (from: string, validation?: readonly string[]) =>
      checkTasks(parseTasks(generated({ from })), { baseDirectory: base }, validation);
    expect(await names('own', ['own'])).toEqual([]);
    expect(await names('ow', ['own', 'other'])).toEqual([
      {
        configPath: 'tasks[0].generate.from',
        message: 'no validation set is called "ow"',
        remedy: 'Did you mean "own"?',
      },
    ]);
    expect(await names('own')).toMatchObject([{ remedy: 'Add it to data.evaluation.' }]);
    expect(await problemsOf(() => tasksOf(generated({ from: 'own', answer: 33 }), { base, data }))).toEqual([
      'tasks[0].generate: the validation set "own" is too short or too uniform for such items',
    ]);
  });

  test('have exact choice bytes with tokens of several bytes', async () => {
    const data: DataConfig = { ...DATA, tokenizer: { tiktoken: 'gpt2' } };
    const { sets } = await tasksOf(generated({ answer: 3, query: 4 }), { data, context: 12 });
    const lengths = sets[0]!.items.flatMap(({ choices }) => choices.map(({ bytes }) => bytes));
    expect(new Set(lengths).size).toBeGreaterThan(3);
    expect(Math.min(...lengths)).toBeGreaterThanOrEqual(3);
  });

  test('text that is too short is reported', async () => {
    for (const generate of [{ answer: 33 }, { choices: 100, answer: 1 }]) {
      expect(await problemsOf(() => tasksOf(generated(generate)))).toEqual([
        'tasks[0].generate: the held-out text of the first version is too short or too uniform for such items',
      ]);
    }
  });
});
