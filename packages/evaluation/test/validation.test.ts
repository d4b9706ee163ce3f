/** Validation sets: every release is evaluated on all of them, and nothing else depends on them. */
import { digestJson, type ValidationSet } from '@branchline/core';
import { branching, continual, ToyTrainer, temporaryDirectory, toyData } from '@branchline/core/fixtures';
import { expect, test } from 'vitest';
import type { Results } from '../src/index.js';
import { digests, run } from './run.js';

const strategies = () => ({ continual: [continual()], branching: [branching()] });

const setOf = (name: string, ids: readonly (readonly number[])[]): ValidationSet => ({
  name,
  digest: digestJson({ name, ids: ids.map((of) => [...of]) }),
  parts: ids.map((sequences, index) => ({
    version: 0,
    domain: `d${index}`,
    sequences: Uint32Array.from(sequences),
    bytes: 10 * sequences.length,
  })),
  removed: { documents: 2, bytes: 30 },
});

/** Sets of two domains and of one; the last repeats a held-out sequence of the first version. */
const sets = [setOf('news', [[2000], [2001, 2002]]), setOf('books', [[1001]])];
const withSets = (...own: readonly ValidationSet[]) => ({ ...toyData(), validationSets: () => own });

const withoutSets = (results: Results) =>
  results.strategies.map(({ releases }) =>
    releases.map(({ validation: _, cumulative: { tokens }, ...release }) => ({ ...release, cumulative: { tokens } })),
  );
const validation = (results: Results) =>
  results.strategies.map(({ releases }) => releases.map((release) => release.validation));

test('are in the results of every release, and change none of the others', async () => {
  const plain = await run(strategies());
  const { results } = await run(strategies(), { data: withSets(...sets) });
  expect(withoutSets(results)).toEqual(withoutSets(plain.results));
  expect(validation(plain.results).flat()).toEqual(Array(8).fill(undefined));
  expect(plain.results.data.validation).toBeUndefined();
  const context = results.model.context;
  expect(results.data.validation).toEqual([
    { name: 'news', sequences: 3, tokens: 3 * context, removed: { documents: 2, bytes: 30 } },
    { name: 'books', sequences: 1, tokens: context, removed: { documents: 2, bytes: 30 } },
  ]);
  expect(results.data.heldOutTokens).toBe(plain.results.data.heldOutTokens);
  expect(results.data.domains).toEqual(plain.results.data.domains);
  for (const { releases } of results.strategies)
    for (const release of releases) {
      const [news, books] = release.validation!;
      expect([news!.name, books!.name]).toEqual(['news', 'books']);
      // All of a set counts for every release, in proportion to the tokens of its domains.
      expect(Object.keys(news!.lossByDomain)).toEqual(['d0', 'd1']);
      expect(news!.loss).toBeCloseTo((news!.lossByDomain.d0! + 2 * news!.lossByDomain.d1!) / 3, 12);
      expect(news!.bitsPerByte).toBeCloseTo((news!.loss * 3 * context) / Math.LN2 / 30, 12);
      expect(books!.loss).toBe(release.lossByVersion[results.data.versions[0]!.name]);
    }
});

test('evaluate earlier releases when they are added later, without a step of training', async () => {
  const directory = await temporaryDirectory();
  const first = await run(strategies(), { directory });
  expect(first.trainer.made).toBeGreaterThan(0);
  const one = await run(strategies(), { directory, data: withSets(sets[0]!) });
  const two = await run(strategies(), { directory, data: withSets(...sets) });
  expect([one.trainer.made, two.trainer.made]).toEqual([0, 0]);
  expect(digests(two.results)).toEqual(digests(first.results));
  expect(two.results.actual.steps).toBe(first.results.actual.steps);
  const fresh = await run(strategies(), { data: withSets(...sets) });
  expect(validation(two.results)).toEqual(validation(fresh.results));
  // Evaluated once: a run with the same sets evaluates nothing.
  const trainer = new ToyTrainer();
  let evaluated = 0;
  const evaluate = trainer.evaluate.bind(trainer);
  trainer.evaluate = (...of) => {
    evaluated++;
    return evaluate(...of);
  };
  const again = await run(strategies(), { directory, data: withSets(...sets), trainer });
  expect([evaluated, trainer.made]).toEqual([0, 0]);
  expect(validation(again.results)).toEqual(validation(fresh.results));
});

test('a set on which a model diverges is named', async () => {
  class Diverging extends ToyTrainer {
    override async evaluate(...[state, set]: Parameters<ToyTrainer['evaluate']>) {
      const results = await super.evaluate(state, set);
      return set.name === 'books' ? results.map((result) => ({ ...result, nll: Number.NaN })) : results;
    }
  }
  const failed = run({ continual: [continual()] }, { data: withSets(...sets), trainer: new Diverging() });
  await expect(failed).rejects.toThrow(/the loss on the validation set "books" is NaN/);
});
