import { expect, test } from 'vitest';
import type { PaperClaim, Reproduction } from './definition.js';
import { pair } from './definition.js';
import { conclude, withOnly } from './reproduce.js';

const claim = (id: string, test: PaperClaim['test']): PaperClaim => ({ id, claim: id, where: 'here', test });
const seeds = (id: string, experiment: string) => claim(id, pair(experiment, ['a', 'b'], '< 0'));

const paper: Reproduction = {
  ...{ paper: 'p', source: 's', setting: 'Small.', plans: [], tokensPerSecond: 1 },
  experiments: ['one', 'two'].map((name) => ({ name, strategies: {} }) as never),
  claims: [
    claim('both', { by: 'parts', parts: ['first', 'second'] }),
    claim('twice', { by: 'parts', parts: ['first'] }),
    seeds('first', 'one'),
    seeds('second', 'two'),
    claim('counted', { by: 'count', count: () => ({ found: 1, expected: 1 }) }),
  ],
  tables: ({ results }) => [{ title: results.two!.experiment.name, head: [], rows: [] }],
};

test('keeps the named experiments and the claims that they decide, and says so', () => {
  const only = withOnly(paper, ['one']);
  expect(only.experiments.map(({ name }) => name)).toEqual(['one']);
  expect(only.claims.map(({ id }) => id)).toEqual(['twice', 'first', 'counted']);
  expect(only.setting).toBe('Small. Only a part was run: one.');
  expect(withOnly(paper, undefined)).toBe(paper);
});

test('leaves out tables that need other experiments', () => {
  const facts = { plans: {}, results: {} };
  const { missing, finished } = conclude(withOnly(paper, ['one']), facts, { failures: [] });
  expect(missing).toEqual(['tables']);
  expect(finished.tables).toEqual([]);
  expect(() => conclude(paper, facts, { failures: [] })).toThrow(TypeError);
});

test('names all unknown experiments', () => {
  expect(() => withOnly(paper, ['one', 'thre', 'four'])).toThrow(
    /has no experiment "thre"[\s\S]*has no experiment "four"/,
  );
});
