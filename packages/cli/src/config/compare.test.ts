import type { Problem } from '@branchline/core';
import { describe, expect, it } from 'vitest';
import { readRule, ruleProblems } from './compare.js';

const context = { baseline: 'a', strategies: ['a', 'b', 'c'] };

function read(value: unknown) {
  const problems: Problem[] = [];
  const rule = readRule(value, context, problems);
  return { rule, problems: problems.map(({ configPath, message }) => `${configPath}: ${message}`) };
}

describe('the rule of comparison', () => {
  it('has defaults', () => {
    expect(read({}).rule).toEqual({
      metric: 'loss',
      version: 'last',
      margin: null,
      confidence: 0.95,
      correction: 'holm',
      claims: [],
    });
  });

  it('spells every claim out, so that nothing outside of it decides a verdict', () => {
    const { rule, problems } = read({
      margin: 0.01,
      version: 'mean',
      claims: {
        pair: { strategy: 'b', expect: '<= margin' },
        slope: { strategy: 'b', against: 'c', version: 'slope', expect: '> 0', claim: 'It grows' },
        sum: {
          metric: 'tokens',
          margin: 5,
          terms: [{ strategy: 'b' }, { strategy: 'a', weight: -0.58 }],
          expect: '~ 0',
        },
      },
    });
    expect(problems).toEqual([]);
    const [pair, slope, sum] = rule!.claims;
    expect(pair).toEqual({
      id: 'pair',
      claim: 'b - a: loss of all versions <= margin',
      expect: '<= margin',
      margin: 0.01,
      terms: [
        { strategy: 'b', weight: 1, metric: 'loss', version: 'mean' },
        { strategy: 'a', weight: -1, metric: 'loss', version: 'mean' },
      ],
    });
    expect(slope).toMatchObject({ claim: 'It grows', margin: null, terms: [{ version: 'slope' }, { strategy: 'c' }] });
    expect(sum).toMatchObject({ claim: 'b - 0.58 a: tokens of all versions ~ 0', margin: 5 });
  });

  it('tells every mistake with its place', () => {
    const { rule, problems } = read({
      claims: {
        nobody: { strategy: 'd', expect: '> 0' },
        itself: { strategy: 'a', expect: '> 0' },
        both: { strategy: 'b', terms: [{ strategy: 'b' }], expect: '> 0' },
        'no margin': { strategy: 'b', expect: '~ 0' },
      },
    });
    expect(rule).toBeUndefined();
    expect(problems).toEqual([
      'compare.claims.nobody: no strategy is called "d"',
      'compare.claims.itself: compares a strategy with itself',
      'compare.claims.both: needs either a strategy or terms, and not both',
      'compare.claims["no margin"]: expects "~ 0", but there is no margin',
    ]);
    expect(read({ confidence: 1, margin: -1, correction: 'none', metrik: 1 }).problems).toEqual([
      'compare.margin: -1 is not a number above 0',
      'compare.confidence: 1 is not a confidence above 0.5 and below 1',
      'compare.correction: \'none\' is not "holm" or "bonferroni"',
      'compare.metrik: there is no setting "metrik" here',
    ]);
  });

  it('is held against the text before anything is trained', () => {
    const { rule } = read({
      metric: { domain: 'cod' },
      claims: {
        late: { strategy: 'b', version: 4, metric: 'loss', expect: '> 0' },
        strange: { strategy: 'b', metric: { heldOut: 'v9' }, expect: '> 0' },
      },
    });
    const found = ruleProblems(rule!, { versions: [{ name: 'v1' }, { name: 'v2' }], domains: ['code'] });
    expect([...new Set(found.map(({ configPath, message }) => `${configPath}: ${message}`))]).toEqual([
      'compare: no domain is called "cod"',
      'compare.claims.late: asks for version 4, but there are 2',
      'compare.claims.strange: no version is called "v9"',
    ]);
  });
});
