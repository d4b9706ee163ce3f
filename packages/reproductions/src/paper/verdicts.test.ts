import type { Results } from '@branchline/evaluation';
import { expect, it } from 'vitest';
import type { Facts, PaperClaim } from './definition.js';
import { verdictsOf } from './verdicts.js';

const claimed = (id: string, test: PaperClaim['test']): PaperClaim => ({ id, claim: id, where: 'here', test });

/** Facts with these verdicts in an experiment named `x`. */
function factsWith(verdicts: Readonly<Record<string, string>>): Facts {
  const claims = Object.entries(verdicts).map(([id, verdict], index) => {
    const interval = { low: index, high: index, confidence: 0.95 };
    return { id, verdict, effect: index, interval, seeds: [1, 2] };
  });
  return { plans: {}, results: { x: { comparison: { claims } } as unknown as Results } };
}

it('a claim of several parts holds if all do, and shows the deciding part', () => {
  const part = (id: string) => claimed(id, { by: 'seeds', experiment: 'x', contrast: { expect: '> 0' } });
  const claims = [claimed('all', { by: 'parts', parts: ['a', 'b', 'c'] }), part('a'), part('b'), part('c')];
  const verdict = (a: string, b: string, c: string) => verdictsOf(claims, factsWith({ a, b, c }))[0];
  expect(verdict('holds', 'holds', 'holds')).toMatchObject({ id: 'all', verdict: 'holds', effect: 0, seeds: [1, 2] });
  expect(verdict('holds', 'undecided', 'holds')).toMatchObject({ verdict: 'undecided', effect: 1 });
  expect(verdict('undecided', 'holds', 'fails')).toMatchObject({ verdict: 'fails', effect: 2 });
});

it('a count holds if it is equal, and an unmeasured claim is undecided', () => {
  const count = (found: number) => claimed('c', { by: 'count', count: () => ({ found, expected: 0.58 }) });
  const none = { plans: {}, results: {} };
  expect(verdictsOf([count(0.58)], none)[0]).toMatchObject({ verdict: 'holds', interval: { low: 0.58, high: 0.58 } });
  expect(verdictsOf([count(0.59)], none)[0]).toMatchObject({ verdict: 'fails', effect: 0.59, seeds: [] });
  const missing = claimed('m', { by: 'seeds', experiment: 'y', contrast: { expect: '> 0' } });
  expect(verdictsOf([missing], none)[0]).toMatchObject({ verdict: 'undecided', effect: null, interval: null });
});
