import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { groupsOf, resultsOf, type TaskItem, type TaskSet, taskResult, tokensOfTask } from './tasks.js';

const choice = (bytes: number, length = 4) => ({ tokens: new Int32Array(length), scored: 2, bytes });
const item = (gold: number, bytes: readonly number[], version = 0, domain = ''): TaskItem => ({
  ...{ gold, version, domain },
  choices: bytes.map((one) => choice(one)),
});
const task = (...items: readonly TaskItem[]): TaskSet => ({ name: 'task', items });
const answer = (of: TaskSet, logLikelihoods: readonly number[], version = 1) =>
  taskResult(of, resultsOf(of, Float64Array.from(logLikelihoods)), version);

describe('taskResult', () => {
  it('takes the choice with the highest log-likelihood, in total and per byte', () => {
    // The long choice is less likely in total, but more likely per byte.
    const of = task(item(0, [2, 8]), item(1, [2, 8]));
    expect(answer(of, [-4, -8, -4, -8])).toMatchObject({ items: 2, acc: 0.5, acc_norm: 0.5, chance: 0.5 });
    expect(answer(task(item(1, [2, 8])), [-4, -8])).toMatchObject({ acc: 0, acc_norm: 1 });
    expect(answer(task(item(0, [2, 8])), [-4, -8])).toMatchObject({ acc: 1, acc_norm: 0 });
  });

  it('takes the first of equally likely choices, whether it is correct or not', () => {
    expect(answer(task(item(0, [1, 1])), [-1, -1]).acc).toBe(1);
    expect(answer(task(item(1, [1, 1])), [-1, -1]).acc).toBe(0);
  });

  it('counts the items of the version and earlier ones, and lists all by version and domain', () => {
    const of = task(item(0, [1, 1], 1, 'a'), item(1, [1, 1], 2, 'a'), item(0, [1, 1, 1], 2, 'b'));
    const scores = [-1, -2, -1, -2, -1, -2, -3];
    const parts = [
      { version: 1, domain: 'a', items: 1, acc: 1, acc_norm: 1, chance: 1 / 2 },
      { version: 2, domain: 'a', items: 1, acc: 0, acc_norm: 0, chance: 1 / 2 },
      { version: 2, domain: 'b', items: 1, acc: 1, acc_norm: 1, chance: 1 / 3 },
    ];
    expect(answer(of, scores, 1)).toEqual({ name: 'task', items: 1, acc: 1, acc_norm: 1, chance: 1 / 2, parts });
    const second = answer(of, scores, 2);
    expect(second).toMatchObject({ items: 3, acc: 2 / 3, parts });
    expect(second.chance).toBeCloseTo(4 / 9, 12);
  });

  it('matches a direct implementation for any choices', () => {
    const scores = fc.array(fc.tuple(fc.double({ min: -50, max: 0, noNaN: true }), fc.integer({ min: 1, max: 40 })), {
      minLength: 2,
      maxLength: 5,
    });
    fc.assert(
      fc.property(fc.array(fc.tuple(scores, fc.nat(4)), { minLength: 1, maxLength: 20 }), (items) => {
        const of = task(
          ...items.map(([own, gold]) =>
            item(
              gold % own.length,
              own.map(([, bytes]) => bytes),
            ),
          ),
        );
        const found = answer(
          of,
          items.flatMap(([own]) => own.map(([score]) => score)),
        );
        const share = (value: (score: number, bytes: number) => number) => {
          const right = items.filter(([own, gold]) => {
            const best = own.reduce((at, one, index) => (value(...one) > value(...own[at]!) ? index : at), 0);
            return best === gold % own.length;
          });
          return right.length / items.length;
        };
        expect(found.acc).toBe(share((score) => score));
        expect(found.acc_norm).toBe(share((score, bytes) => score / bytes));
      }),
      { seed: 1, numRuns: 200 },
    );
  });
});

it('a model reads all tokens of a passage except the last', () => {
  expect(tokensOfTask(task(item(0, [1, 1]), item(0, [1, 1, 1])))).toBe(5 * 3);
});

it('answers are stored by version: items about another version, and what scores do not depend on, change no digest', () => {
  const [first, second] = [item(0, [1, 2], 1, 'a'), item(1, [2, 3], 2, 'a')];
  const digests = (of: TaskSet) => groupsOf(of).map(({ digest }) => digest);
  const [one, two] = digests(task(first, second));
  expect(digests(task(first))).toEqual([one]);
  expect(digests(task(second, first))).toEqual([two, one]);
  expect(digests(task({ ...first, gold: 1, domain: 'b', version: 3 }))).toEqual([one]);
  expect(digests(task(first, first))).not.toContain(one);
});
