import type { Cost } from '@branchline/core';
import type { Metric, Results, StrategyResult } from '@branchline/evaluation';
import { describe, expect, it } from 'vitest';
import { type CompareConfig, compareSchema } from './compare-config.js';
import { evaluateClaims } from './evaluate-claims.js';
import { resolveRule } from './resolve-rule.js';

const cost: Cost = { tokens: 0, flops: 0, steps: 0, deviceSeconds: 0, energyJoules: null, money: null };

/** Results from losses by strategy, seed and version; a release has 100 tokens per version. */
function resultsOf(losses: Record<string, Record<number, readonly number[]>>, more: Partial<Results> = {}): Results {
  const strategies = Object.entries(losses).flatMap(([name, bySeed]) =>
    Object.entries(bySeed).map(
      ([seed, list]): StrategyResult => ({
        name,
        seed: Number(seed),
        plugins: [],
        cost: { standalone: cost, attributed: cost, ratioToBaseline: 1 },
        captures: [],
        paths: [],
        releases: list.map((loss, index) => ({
          version: index + 1,
          seed: Number(seed),
          checkpoint: '',
          weightsDigest: '',
          averaged: 1,
          loss,
          bitsPerByte: loss / 2,
          lossByDomain: { code: loss + 1 },
          lossByVersion: { v1: loss + 2 },
          heldOut: [
            { version: 1, domain: 'code', tokens: 1, loss: 0, bitsPerByte: 0 },
            { version: 2, domain: 'prose', tokens: 1, loss: 0, bitsPerByte: 0 },
            { version: 2, domain: 'code', tokens: 1, loss: loss + 3, bitsPerByte: 0 },
          ],
          transfer: { forgetting: loss + 4, backwardTransfer: loss + 5, forwardTransfer: loss + 6 },
          validation: [{ name: 'news', tokens: 8, loss: loss + 7, bitsPerByte: loss + 8, lossByDomain: {} }],
          tasks: [{ name: 'facts', items: 1, acc: 1 - loss / 10, acc_norm: 1 - loss / 20, chance: 0, parts: [] }],
          cumulative: { ...cost, tokens: 100 * (index + 1) },
        })),
      }),
    ),
  );
  const versions = Object.values(Object.values(losses)[0]!)[0]!.map((_, index) => ({
    index: index + 1,
    name: `v${index + 1}`,
  }));
  const seeds = [...new Set(strategies.map(({ seed }) => seed))];
  return { seeds, baseline: 'a', strategies, data: { versions }, failures: [], ...more } as unknown as Results;
}

function verdicts(results: Results, compare: CompareConfig = {}) {
  const context = { baseline: 'a', strategies: ['a', 'b', 'c'], tasks: ['facts'], validation: ['news'] };
  const { rule, problems } = resolveRule(compareSchema.parse(compare), context);
  expect(problems).toBeUndefined();
  return evaluateClaims(results, rule!);
}

const base = { 1: [3, 2], 2: [4, 3], 3: [5, 4] };
/** The baseline losses minus an amount per seed. */
const less = (amounts: readonly number[]) =>
  Object.fromEntries(
    Object.entries(base).map(([seed, list], index) => [seed, list.map((loss) => loss - amounts[index]!)]),
  );

describe('verdicts over seeds', () => {
  it('are paired by seed: common variation of the seeds cancels', () => {
    const { comparisons } = verdicts(resultsOf({ a: base, b: less([0.1, 0.11, 0.12]), c: less([-0.1, -0.11, -0.12]) }));
    expect(comparisons.map(({ id, verdict }) => [id, verdict])).toEqual([
      ['b vs a', 'better'],
      ['c vs a', 'worse'],
    ]);
    expect(comparisons[0]!.effect).toBeCloseTo(-0.11, 12);
    expect(comparisons[0]!.values.map((value) => Number(value.toFixed(9)))).toEqual([-0.1, -0.11, -0.12]);
    expect(comparisons[0]!.interval!.high).toBeLessThan(0);
    expect(comparisons[0]!.interval!.confidence).toBeCloseTo(0.975, 12);
  });

  it('are equivalent within the margin, and undecided if the seeds disagree', () => {
    const results = resultsOf({ a: base, b: less([0.001, 0, -0.001]), c: less([0.5, -0.4, 0.1]) });
    const { comparisons } = verdicts(results, { margin: 0.01 });
    expect(comparisons.map(({ verdict }) => verdict)).toEqual(['equivalent', 'undecided']);
    expect(comparisons[1]!.reason).toBeNull();
  });

  it('are undecided with one seed, with a reason', () => {
    const { comparisons } = verdicts(resultsOf({ a: { 1: [3, 2] }, b: { 1: [1, 1] } }), { margin: 0.01 });
    expect(comparisons[0]).toMatchObject({
      verdict: 'undecided',
      effect: -1,
      interval: null,
      p: null,
      reason: 'only one seed (1): the variation between seeds is unknown',
    });
  });

  it('are undecided for a strategy that failed for some seed', () => {
    const { 2: _lost, ...rest } = less([0.1, 0.11, 0.12]);
    const failures = [{ strategies: ['b'], seeds: [2], message: 'it broke' }];
    const { comparisons } = verdicts(resultsOf({ a: base, b: rest }, { failures, seeds: [1, 2, 3] }));
    expect(comparisons[0]).toMatchObject({ verdict: 'undecided', seeds: [1, 3], reason: 'b failed under seed 2' });
    const gone = verdicts(resultsOf({ a: base }, { failures: [{ strategies: ['b'], message: 'it broke' }] }));
    expect(gone.comparisons).toMatchObject([{ id: 'b vs a', verdict: 'undecided', effect: null, reason: 'b failed' }]);
  });

  it('of claims are holds, fails or undecided', () => {
    const growing = { 1: [3, 2.5], 2: [4, 3.51], 3: [5, 4.49] };
    const results = resultsOf({ a: base, b: growing, c: less([0.1, 0.11, 0.12]) });
    const { claims } = verdicts(results, {
      margin: 0.2,
      claims: {
        grows: { strategy: 'b', version: 'slope', expect: '> 0' },
        shrinks: { strategy: 'b', version: 'slope', expect: '< 0' },
        'not worse': { strategy: 'c', expect: '<= margin' },
        'better by more': { strategy: 'c', expect: '< -margin' },
        close: { strategy: 'c', expect: '~ 0' },
        'in the first version': { strategy: 'b', version: 1, expect: '> 0' },
        tokens: {
          metric: 'tokens',
          terms: [{ strategy: 'c' }, { strategy: 'b', weight: -0.5 }],
          expect: '> 0',
        },
        domain: { strategy: 'c', metric: { domain: 'code' }, version: 'mean', expect: '< 0' },
      },
    });
    expect(claims.map(({ id, verdict }) => [id, verdict])).toEqual([
      ['grows', 'holds'],
      ['shrinks', 'fails'],
      ['not worse', 'holds'],
      ['better by more', 'fails'],
      ['close', 'holds'],
      ['in the first version', 'undecided'],
      ['tokens', 'holds'],
      ['domain', 'holds'],
    ]);
    expect(claims[0]!.effect).toBeCloseTo(0.5, 12);
  });

  it('use the metric of the rule', () => {
    const measured = (metric: Metric) => {
      const claims = { alone: { terms: [{ strategy: 'a', version: 1 }], metric, expect: '> 0' as const } };
      return verdicts(resultsOf({ a: { 1: [10, 20] } }), { claims }).claims[0]!.effect;
    };
    expect(measured('loss')).toBe(10);
    expect(measured('bitsPerByte')).toBe(5);
    expect(measured('tokens')).toBe(100);
    expect(measured({ domain: 'code' })).toBe(11);
    expect(measured({ heldOut: 'v1' })).toBe(12);
    expect(measured({ domain: 'code', heldOut: 'v2' })).toBe(13);
    expect(measured('forgetting')).toBe(14);
    expect(measured('backwardTransfer')).toBe(15);
    expect(measured('forwardTransfer')).toBe(16);
    expect(measured({ taskError: 'facts', by: 'acc' })).toBe(1);
    expect(measured({ taskError: 'facts', by: 'acc_norm' })).toBe(0.5);
    expect(measured({ validation: 'news', by: 'loss' })).toBe(17);
    expect(measured({ validation: 'news', by: 'bitsPerByte' })).toBe(18);
  });

  it('are undecided for a claim about a strategy that is not in the run', () => {
    const { claims } = verdicts(resultsOf({ a: base }), { claims: { one: { strategy: 'b', expect: '> 0' } } });
    expect(claims[0]).toMatchObject({ verdict: 'undecided', reason: 'b is not in this run', values: [] });
  });
});
