import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { folder, TINY, writeTexts } from '@branchline/api/test/corpus.js';
import type { Results } from '@branchline/evaluation';
import { parseResults } from '@branchline/report';
import { expect, inject, it } from 'vitest';
import { branchline } from './bin.js';

const LETTERS = 'abcdefghijklmnopqrstuvwxyz';

/** Documents in which every letter is followed by the next one, so that a trained model knows how each continues. */
function writeLetters(directory: string): void {
  mkdirSync(join(directory, 'texts'));
  for (let index = 0; index < 80; index++) {
    const text = Array.from({ length: 300 + index }, (_, place) => LETTERS[(index + place) % 26]).join('');
    writeFileSync(join(directory, 'texts', `${index}.txt`), text);
  }
}

const tasksOf = ({ strategies }: Pick<Results, 'strategies'>, version: number) =>
  strategies[0]!.releases.find((release) => release.version === version)!.tasks!;

it.runIf(inject('full'))(
  'a trained model beats chance where the corpus determines the answer, and claims can be about it',
  async () => {
    const directory = folder();
    writeLetters(directory);
    const items = [3, 9, 14, 20].map((at, index) => {
      const wrong = ['zx', 'qq', 'mk'];
      return {
        query: LETTERS.slice(at - 3, at),
        choices: wrong.toSpliced(index, 0, LETTERS.slice(at, at + 2)),
        gold: index,
      };
    });
    writeFileSync(join(directory, 'letters.jsonl'), items.map((item) => JSON.stringify(item)).join('\n'));
    const config = {
      ...TINY,
      data: { ...TINY.data, versions: { by: 'random', count: 2, tokens: 9600 } },
      training: { batch: 4, lr: { peak: 0.01, warmup: 3 } },
      tasks: [
        { name: 'letters', files: 'letters.jsonl', delimiter: '' },
        { name: 'next', generate: { answer: 4 } },
      ],
      strategies: { continual: ['continual'], scratch: ['from-scratch'] },
      seeds: 2,
      compare: {
        claims: {
          'few errors': {
            terms: [{ strategy: 'continual', metric: { taskError: 'next', by: 'acc_norm' } }],
            margin: 0.5,
            expect: '<= margin',
          },
        },
      },
    };
    writeFileSync(join(directory, 'tiny.json'), JSON.stringify(config));
    const plan = await branchline(directory, 'plan', 'tiny.json');
    expect(plan.stdout).toContain('task     letters: 4 items, 64 tokens for each release');
    const first = await branchline(directory, 'bench', 'tiny.json', '--json');
    expect(first.code).toBe(0);
    const results = JSON.parse(first.stdout) as Results;
    const [letters, next] = tasksOf(results, 2);
    expect(letters).toMatchObject({ name: 'letters', items: 4, acc: 1, acc_norm: 1, chance: 0.25 });
    expect(letters!.parts).toMatchObject([{ version: 0, domain: '', items: 4 }]);
    expect(next).toMatchObject({ name: 'next', items: 64, chance: 0.25 });
    expect(next!.acc).toBeGreaterThan(0.9);
    expect(next!.parts.map(({ version, items: count }) => [version, count])).toEqual([
      [1, 32],
      [2, 32],
    ]);
    expect(tasksOf(results, 1)[1]!.items).toBe(32);
    const [claim] = results.comparison!.claims;
    expect(claim!.claim).toBe('continual: error (1 - acc_norm) on the task next of the last version <= margin');
    expect(claim!.values[0]).toBe(1 - next!.acc_norm);
    expect(claim!.values).toHaveLength(2);
    expect(
      parseResults(JSON.parse(readFileSync(join(directory, 'runs', 'tiny', 'results.json'), 'utf8'))),
    ).toBeTruthy();

    // Stored answers are reused, another task costs no training, and the ledger agrees with its records.
    writeFileSync(
      join(directory, 'tiny.json'),
      JSON.stringify({ ...config, tasks: [...config.tasks, { name: 'more', generate: {} }] }),
    );
    const again = JSON.parse((await branchline(directory, 'bench', 'tiny.json', '--json')).stdout) as Results;
    expect(again.actual.tokens).toBe(results.actual.tokens);
    expect(again.experiment.digest).toBe(results.experiment.digest);
    expect(tasksOf(again, 2).slice(0, 2)).toEqual(tasksOf(results, 2));
    expect((await branchline(directory, 'ledger', 'verify', 'runs/tiny')).code).toBe(0);
    expect((await branchline(directory, 'store', 'verify', 'runs/tiny')).code).toBe(0);
  },
);

it('errors in tasks are reported before anything starts, with file and line', async () => {
  const directory = folder();
  writeTexts(directory, 20);
  const good = { query: 'q', choices: ['a', 'b'], gold: 0 };
  writeFileSync(
    join(directory, 'a.jsonl'),
    [good, { ...good, gold: 2 }].map((item) => JSON.stringify(item)).join('\n'),
  );
  const wrong = {
    tasks: [
      { name: 'a', files: 'a.jsonl' },
      { name: 'b', files: 'b.jsonl' },
    ],
    trainer: 'quadratic',
    compare: { metric: { taskError: 'aa' } },
  };
  const write = (more: object) =>
    writeFileSync(join(directory, 'tiny.json'), JSON.stringify({ ...TINY, strategies: { a: ['continual'] }, ...more }));
  write(wrong);
  const { code, stderr } = await branchline(directory, 'bench', 'tiny.json');
  expect(code).toBe(2);
  expect(stderr).toContain('tasks: the quadratic trainer scores no text');
  expect(stderr).toContain('a.jsonl:2: "gold" is 2, but an index from 0 to 1 is needed');
  expect(stderr).toContain('tasks[1].files: there is no file b.jsonl');
  expect(stderr).toContain('compare.metric: no task is called "aa"');
  writeFileSync(join(directory, 'a.jsonl'), JSON.stringify({ ...good, choices: ['a', 'b'.repeat(40)] }));
  write({ tasks: wrong.tasks.slice(0, 1) });
  const late = await branchline(directory, 'plan', 'tiny.json');
  expect(late.code).not.toBe(0);
  expect(late.stderr).toContain('a.jsonl:1: choice 1: it has 41 tokens, more than the context of 32');
});
