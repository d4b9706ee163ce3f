/** Tasks in a run: evaluated once per checkpoint, stored, booked, and without effect on training. */
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  averaging,
  branching,
  continual,
  model,
  scratch,
  ToyTrainer,
  temporaryDirectory,
} from '@branchline/core/fixtures';
import { expect, test } from 'vitest';
import { groupsOf, type Results, type TaskItem, type TaskSet } from '../src/index.js';
import { digests, names, run } from './run.js';

const strategies = () => ({ scratch: [scratch()], continual: [continual()], both: [branching(), averaging(3, 1)] });

/** Items with two choices, `far` of which is far from all states of the toy. */
function task(name: string, count: number, far = 5): TaskSet {
  const items = Array.from({ length: count }, (_, index): TaskItem => {
    const gold = index % 2;
    const version = 1 + (index % 4);
    const choice = (token: number) => ({ tokens: Int32Array.of(version, count, token), scored: 1, bytes: 1 });
    const choices = [choice(gold === 0 ? 0 : far), choice(gold === 1 ? 0 : far)];
    return { choices, gold, version, domain: 'text' };
  });
  return { name, items };
}

const tasks = [task('near', 8), task('far', 12, -4)];
const plain = await run(strategies());
const answered = await run(strategies(), { tasks });
const releasesOf = ({ strategies: all }: Results) => all.flatMap(({ releases }) => releases);
const different = new Set(releasesOf(answered.results).map(({ checkpoint }) => checkpoint)).size;
const flopsOf = (tokens: number) => (model.flopsPerToken * tokens) / 3;

test('every release has an accuracy for each task, on the items of its version and earlier ones', () => {
  for (const { version, tasks: own } of releasesOf(answered.results)) {
    expect(own).toMatchObject([
      { name: 'near', items: 2 * version, acc: 1, acc_norm: 1, chance: 0.5 },
      { name: 'far', items: 3 * version, acc: 1, acc_norm: 1, chance: 0.5 },
    ]);
    expect(own!.map(({ parts }) => parts.map((part) => [part.version, part.domain, part.items]))).toEqual([
      [1, 2, 3, 4].map((of) => [of, 'text', 2]),
      [1, 2, 3, 4].map((of) => [of, 'text', 3]),
    ]);
  }
});

test('tasks do not affect training, and without tasks nothing differs', () => {
  expect(answered.plan.digest).toBe(plain.plan.digest);
  expect(digests(answered.results)).toEqual(digests(plain.results));
  expect(releasesOf(plain.results).every(({ tasks: own }) => own === undefined)).toBe(true);
  expect(plain.trainer.scored).toBe(0);
});

test('each checkpoint answers once, and the bill contains exactly that', async () => {
  const passages = tasks.reduce((sum, { items }) => sum + 2 * items.length, 0);
  expect(answered.trainer.scored).toBe(different * passages);
  expect(answered.trainer.alive).toBe(0);
  const more = different * (flopsOf(2 * 2 * 8) + flopsOf(2 * 2 * 12));
  expect(answered.results.actual.flops - plain.results.actual.flops).toBe(more);
  expect(answered.results.actual.tokens).toBe(plain.results.actual.tokens);
  const attributed = answered.results.strategies.reduce((sum, { cost }) => sum + cost.attributed.flops, 0);
  expect(attributed).toBe(answered.results.actual.flops);
  const [first] = answered.results.strategies;
  expect(first!.cost.standalone.flops - plain.results.strategies[0]!.cost.standalone.flops).toBe(
    4 * (flopsOf(2 * 2 * 8) + flopsOf(2 * 2 * 12)),
  );
  const bill = (await readFile(join(answered.directory, 'bill.jsonl'), 'utf8')).trim().split('\n');
  const rows = bill.map((line) => JSON.parse(line) as { share: { flops: string } });
  expect(rows.reduce((sum, { share }) => sum + Number(share.flops), 0)).toBe(answered.results.actual.flops);
});

test('stored answers are not repeated, and a task added later is evaluated alone', async () => {
  const directory = await temporaryDirectory();
  await run(strategies(), { directory, tasks: tasks.slice(0, 1) });
  const later = await run(strategies(), { directory, tasks });
  expect(later.trainer.made).toBe(0);
  expect(later.trainer.scored).toBe(different * 2 * 12);
  const withoutTime = (all: Results) => releasesOf(all).map(({ tasks: own }) => own);
  expect(withoutTime(later.results)).toEqual(withoutTime(answered.results));
  expect(later.results.actual.flops).toBe(answered.results.actual.flops);
  // The cost of a removed task stays on the bill of the directory, but not on those of the strategies.
  const fewer = await run(strategies(), { directory });
  expect(fewer.trainer.scored).toBe(0);
  expect(fewer.results.actual.flops).toBe(answered.results.actual.flops);
  expect(fewer.results.strategies[0]!.cost.standalone.flops).toBe(plain.results.strategies[0]!.cost.standalone.flops);
});

test('when a version arrives, the items about earlier ones are not answered again', async () => {
  const directory = await temporaryDirectory();
  const upTo = (version: number): TaskSet[] =>
    tasks.map(({ name, items }) => ({ name, items: items.filter((item) => item.version <= version) }));
  const before = await run(strategies(), { directory, tasks: upTo(3) });
  const after = await run(strategies(), { directory, tasks });
  expect(before.trainer.scored).toBe(different * 2 * (6 + 9));
  expect(after.trainer.scored).toBe(different * 2 * (2 + 3));
  expect(releasesOf(after.results).map(({ tasks: own }) => own)).toEqual(
    releasesOf(answered.results).map(({ tasks: own }) => own),
  );
});

test('a run stopped between tasks continues with the next one and gives the same results', async () => {
  const directory = await temporaryDirectory();
  for (const after of [0, 16, 40, 60]) {
    const beforeScore = (scored: number) => {
      if (scored >= after) throw new Error('no power');
    };
    await run(strategies(), { directory, tasks, trainer: new ToyTrainer({ beforeScore }) }).catch(() => undefined);
  }
  const { results } = await run(strategies(), { directory, tasks });
  expect(digests(results)).toEqual(digests(answered.results));
  expect(releasesOf(results).map(({ tasks: own }) => own)).toEqual(
    releasesOf(answered.results).map(({ tasks: own }) => own),
  );
  expect(results.actual.flops).toBe(answered.results.actual.flops);
});

test('damaged answers are evaluated again', async () => {
  const directory = await temporaryDirectory();
  await run(strategies(), { directory, tasks });
  const folder = join(directory, 'evaluations');
  const [first] = groupsOf(tasks[1]!);
  const own = (await readdir(folder)).filter((name) => name.endsWith(`-${first!.digest.slice(0, 16)}.json`));
  expect(own).toHaveLength(different);
  await writeFile(join(folder, own[0]!), '{}');
  await rm(join(folder, own[1]!));
  const again = await run(strategies(), { directory, tasks });
  expect(again.trainer.scored).toBe(2 * 2 * 3);
  // Paid for twice, but attributed once.
  const attributed = again.results.strategies.reduce((sum, { cost }) => sum + cost.attributed.flops, 0);
  expect(attributed).toBe(answered.results.actual.flops);
  expect(again.results.actual.flops).toBe(answered.results.actual.flops + 2 * flopsOf(2 * 2 * 3));
});

test('a log-likelihood that is not finite fails its strategies, and nothing of it is stored', async () => {
  const directory = await temporaryDirectory();
  const trainer = new ToyTrainer();
  const score = trainer.score.bind(trainer);
  trainer.score = async (...given) => (trainer.scored > 0 ? score(...given) : (await score(...given)).fill(Number.NaN));
  const { results, failures } = await run(strategies(), { directory, tasks, trainer });
  expect(failures).toHaveLength(1);
  expect(failures[0]!.error.message).toContain('could not answer the task "near": a log-likelihood is NaN');
  expect(names(results)).toHaveLength(Object.keys(strategies()).length - failures[0]!.strategies.length);
  expect(digests((await run(strategies(), { directory, tasks })).results)).toEqual(digests(answered.results));
});

test('too few results of a trainer fail its strategies and are not stored', async () => {
  const directory = await temporaryDirectory();
  const short = new ToyTrainer();
  const score = short.score.bind(short);
  short.score = async (...given) => (await score(...given)).subarray(1);
  const scored = await run({ s: [continual()] }, { directory, tasks, trainer: short }).catch(String);
  expect(JSON.stringify(scored)).toContain('the trainer scored 3 of 4 passages');

  const partial = new ToyTrainer();
  const evaluate = partial.evaluate.bind(partial);
  partial.evaluate = async (...given) => (await evaluate(...given)).slice(1);
  const evaluated = await run({ s: [continual()] }, { directory, trainer: partial }).catch(String);
  expect(JSON.stringify(evaluated)).toMatch(/the trainer evaluated \d+ of \d+ parts/);

  expect((await run({ s: [continual()] }, { directory, tasks })).failures).toEqual([]);
});

test('a trainer that cannot score text is refused before the first step', async () => {
  const trainer = new ToyTrainer();
  Object.defineProperty(trainer, 'score', { value: undefined });
  const refused = run(strategies(), { tasks, trainer });
  await expect(refused).rejects.toMatchObject({ code: 'config', problems: [{ configPath: 'tasks' }] });
  await expect(refused).rejects.toThrow('toy cannot score text');
  expect(trainer.made).toBe(0);
});

test('a budget in FLOPs includes the remaining tasks', async () => {
  const { flops } = answered.results.actual;
  await expect(run(strategies(), { tasks, change: { budget: { flops: flops - 1 } } })).rejects.toMatchObject({
    code: 'budget',
  });
  await run(strategies(), { tasks, change: { budget: { flops } } });
});
