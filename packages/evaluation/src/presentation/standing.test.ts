import { expect, test } from 'vitest';
import type { ClaimResult, ComparisonResult } from '../results/comparison.js';
import type { Results } from '../results/results.js';
import { standingOf } from './standing.js';
import { versionNames } from './version-names.js';

const found = (change: Partial<ClaimResult>) =>
  ({
    ...{ terms: [{ strategy: 'b', weight: 1, metric: 'loss', version: 'last' }], seeds: [1, 2, 3] },
    ...{ interval: { low: -2, high: -1, confidence: 0.95 }, verdict: 'better' },
    ...change,
  }) as ClaimResult;

const resultsOf = (
  seeds: readonly number[],
  comparisons: readonly ClaimResult[],
  rule: object = { metric: 'loss', version: 'last' },
) =>
  ({
    seeds,
    comparison: { rule, comparisons } as unknown as ComparisonResult,
    data: { versions: [{ index: 1 }, { index: 2 }] },
  }) as unknown as Results;

test('a difference is better or worse where a verdict over seeds says so, and nowhere else', () => {
  const several = [1, 2, 3];
  expect(standingOf(resultsOf(several, [found({})]), 'b')).toEqual({ verdict: 'better', words: 'better over 3 seeds' });
  expect(standingOf(resultsOf(several, [found({ verdict: 'worse' })]), 'b').words).toBe('worse over 3 seeds');
  expect(standingOf(resultsOf(several, [found({ verdict: 'undecided' })]), 'b')).toEqual({
    verdict: 'undecided',
    words: 'undecided over 3 seeds',
  });
  expect(standingOf(resultsOf(several, [found({ interval: null })]), 'b').verdict).toBe('undecided');
  expect(standingOf(resultsOf(several, [found({})]), 'another').verdict).toBe('none');
  expect(standingOf({ ...resultsOf(several, []), comparison: null }, 'b').verdict).toBe('none');
});

test('one seed has no interval, whatever the rule says', () => {
  const one = resultsOf([1], [found({ seeds: [1] })]);
  expect(standingOf(one, 'b')).toEqual({ verdict: 'none', words: 'one seed: no interval' });
});

test('a verdict about another quantity says nothing of the loss of the last release', () => {
  const about = (rule: object) => standingOf(resultsOf([1, 2], [found({})], rule), 'b').verdict;
  expect(about({ metric: 'loss', version: 2 })).toBe('better');
  expect(about({ metric: 'loss', version: 1 })).toBe('none');
  expect(about({ metric: 'loss', version: 'mean' })).toBe('none');
  expect(about({ metric: { domain: 'code' }, version: 'last' })).toBe('none');
});

test('versions have their names, or their numbers if they have none', () => {
  const label = versionNames([
    { index: 1, name: '2024-05' },
    { index: 2, name: '2' },
    { index: 3, name: '12' },
  ]);
  expect([1, 2, 3, 4].map(label)).toEqual(['2024-05', 'v2', '12', 'v4']);
});

test('two versions never have one name', () => {
  const label = versionNames([
    { index: 1, name: 'v2' },
    { index: 2, name: '2' },
  ]);
  expect([1, 2].map(label)).toEqual(['v1 · v2', 'v2']);
});
