import type { Problem } from '@branchline/core';
import { describe, expect, it } from 'vitest';
import { readRule, ruleProblems } from './compare.js';

const context = { baseline: 'a', strategies: ['a', 'b', 'c'], tasks: ['facts'], validation: ['news', 'books'] };

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

  it('resolves every claim completely, so that a verdict depends on nothing else', () => {
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

  it('takes the error on a task, by its name', () => {
    const { rule } = read({ metric: { taskError: 'facts' }, claims: { norm: { strategy: 'b', expect: '< 0' } } });
    expect(rule!.metric).toEqual({ taskError: 'facts', by: 'acc' });
    expect(rule!.claims[0]!.claim).toBe('b - a: error (1 - acc) on the task facts of the last version < 0');
    const wrong = { metric: { taskError: 'fact', by: 'acc_norm' }, strategy: 'b', expect: '< 0' };
    expect(read({ claims: { wrong } }).problems).toContain('compare.claims.wrong: no task is called "fact"');
    expect(read({ metric: { taskError: 'x' }, claims: { one: { strategy: 'b', expect: '< 0' } } }).problems).toEqual([
      'compare.metric: no task is called "x"',
    ]);
  });

  it('takes the loss on a validation set, by its name', () => {
    const { rule } = read({
      metric: { validation: 'news' },
      claims: { bits: { strategy: 'b', metric: { validation: 'books', by: 'bitsPerByte' }, expect: '< 0' } },
    });
    expect(rule!.metric).toEqual({ validation: 'news', by: 'loss' });
    expect(rule!.claims[0]!.claim).toBe('b - a: bits per byte on the validation set books of the last version < 0');
    const wrong = { metric: { validation: 'new' }, strategy: 'b', expect: '< 0' };
    const problems: Problem[] = [];
    readRule({ claims: { wrong } }, context, problems);
    expect(problems).toContainEqual({
      configPath: 'compare.claims.wrong',
      message: 'no validation set is called "new"',
      remedy: 'Did you mean "news"?',
    });
    const none: Problem[] = [];
    readRule({ metric: { validation: 'news' } }, { ...context, validation: undefined }, none);
    expect(none).toMatchObject([{ configPath: 'compare.metric', remedy: 'Add it to data.evaluation.' }]);
    expect(read({ metric: { validation: 'news', by: 'tokens' } }).problems).toHaveLength(1);
  });

  it('reports every error with its place', () => {
    const { rule, problems } = read({
      claims: {
        missing: { strategy: 'd', expect: '> 0' },
        itself: { strategy: 'a', expect: '> 0' },
        both: { strategy: 'b', terms: [{ strategy: 'b' }], expect: '> 0' },
        'no margin': { strategy: 'b', expect: '~ 0' },
      },
    });
    expect(rule).toBeUndefined();
    expect(problems).toEqual([
      'compare.claims.missing: no strategy is called "d"',
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

  it('takes one domain of one version, and describes it in words', () => {
    const metrics = [{ domain: 'code', heldOut: 'v1' }, { heldOut: 'v1' }, { domain: 'code' }, 'backwardTransfer'];
    const claims = Object.fromEntries(metrics.map((metric, id) => [id, { strategy: 'b', metric, expect: '> 0' }]));
    const { rule, problems } = read({ claims });
    expect(problems).toEqual([]);
    expect(rule!.claims.map(({ claim }) => claim)).toEqual([
      'b - a: loss on code in the text of v1 of the last version > 0',
      'b - a: loss on the text of v1 of the last version > 0',
      'b - a: loss on code of the last version > 0',
      'b - a: backward transfer of the last version > 0',
    ]);
    expect(read({ metric: { text: 'v1' } }).problems).toEqual([
      "compare.metric: { text: 'v1' } is not one of loss, bitsPerByte, tokens, flops, forgetting, backwardTransfer, forwardTransfer, { domain }, { heldOut } or both, { validation }, or { taskError }",
    ]);
  });
});

describe('a rule, checked against the text before training,', () => {
  const part = (version: number, domain: string) => ({ version, domain, sequences: new Uint32Array(), bytes: 1 });
  const evaluationSets = () => [{ digest: '', parts: [part(1, 'prose'), part(2, 'prose'), part(2, 'code')] }];
  const versions = [1, 2].map((index) => ({ index, name: `v${index}`, sequences: 1, tokens: 1 }));
  const wrong = (compare: object, count = 2) => {
    const { rule, problems } = read(compare);
    expect(problems).toEqual([]);
    const data = { versions: versions.slice(0, count), domains: ['code', 'prose'], evaluationSets };
    return ruleProblems(rule!, data).map(({ configPath, message, remedy }) =>
      [`${configPath}: ${message}`, ...(remedy === undefined ? [] : [remedy])].join(' | '),
    );
  };

  it('accepts only existing versions and domains', () => {
    const found = wrong({
      metric: { domain: 'cod' },
      claims: {
        late: { strategy: 'b', version: 4, metric: 'loss', expect: '> 0' },
        strange: { strategy: 'b', metric: { heldOut: 'v9' }, expect: '> 0' },
      },
    });
    expect([...new Set(found)]).toEqual([
      'compare: no domain is called "cod" | Did you mean "code"?',
      'compare.claims.late: asks for version 4, but there are 2',
      'compare.claims.strange: no version is called "v9" | Did you mean "v1"?',
    ]);
  });

  it('accepts a domain only in versions where it has text', () => {
    const one = (metric: object, version?: string | number) => wrong({ metric, version });
    expect(one({ domain: 'code' })).toEqual([]);
    expect(one({ domain: 'prose' }, 'mean')).toEqual([]);
    expect(one({ domain: 'code' }, 2)).toEqual([]);
    const early = 'compare: no text of the domain "code" is held out in the first version | It is in "v2".';
    for (const version of [1, 'mean', 'slope']) expect(one({ domain: 'code' }, version)).toEqual([early]);
    expect(one({ domain: 'code', heldOut: 'v2' }, 'mean')).toEqual([]);
    expect(one({ domain: 'code', heldOut: 'v1' })).toEqual([
      'compare: no text of the domain "code" is held out in "v1" | It is in "v2".',
    ]);
  });

  it('measures earlier versions only where there are some', () => {
    for (const metric of ['forgetting', 'backwardTransfer', 'forwardTransfer']) {
      expect(wrong({ metric })).toEqual([]);
      for (const version of [1, 'mean', 'slope']) expect(wrong({ metric, version })).toHaveLength(1);
    }
    expect(wrong({ metric: 'backwardTransfer', version: 1 })).toEqual([
      'compare: asks for backward transfer of the first version, which has none | Ask for version "last", or for the number of a later one.',
    ]);
    expect(wrong({ metric: 'forgetting' }, 1)).toEqual([
      'compare: asks for forgetting of the first version, which has none',
    ]);
  });
});
