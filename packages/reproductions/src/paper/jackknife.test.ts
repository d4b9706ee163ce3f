import type { Results } from '@branchline/evaluation';
import { expect, it } from 'vitest';
import type { Facts, PaperClaim } from './definition.js';
import { estimatesOf, jackknife } from './jackknife.js';

const results = (losses: Readonly<Record<number, number>>): Results =>
  ({
    seeds: Object.keys(losses).map(Number),
    strategies: Object.entries(losses).map(([seed, loss]) => ({ name: 'a', seed: Number(seed), releases: [{ loss }] })),
  }) as unknown as Results;

const meanOf = ({ results }: Facts, name = 'one') => {
  const losses = results[name]!.strategies.map(({ releases }) => releases[0]!.loss);
  return losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
};

it('of a mean is the sample itself', () => {
  const facts = { plans: {}, results: { one: results({ 1: 2, 2: 4, 3: 9 }) } };
  const found = jackknife(facts, { experiments: ['one'], estimate: meanOf });
  expect(found).toMatchObject({ seeds: [1, 2, 3], sample: { count: 3, mean: 5 } });
  // Variance of 2, 4, 9: (9 + 1 + 16) / 2.
  expect('sample' in found && found.sample.standardDeviation).toBeCloseTo(Math.sqrt(13), 12);
});

it('of a smooth function has about the deviation of its linear part', () => {
  const facts = { plans: {}, results: { one: results({ 1: 0.99, 2: 1, 3: 1.01, 4: 1.02 }) } };
  const log = jackknife(facts, { experiments: ['one'], estimate: (some) => Math.log(meanOf(some)) });
  const plain = jackknife(facts, { experiments: ['one'], estimate: meanOf });
  if (!('sample' in log && 'sample' in plain)) throw new Error('no sample');
  expect(log.sample.mean).toBe(Math.log(1.005));
  expect(log.sample.standardDeviation! / (plain.sample.standardDeviation! / 1.005)).toBeCloseTo(1, 3);
});

it('uses the seeds that all experiments share, and pairs them', () => {
  const facts = { plans: {}, results: { one: results({ 1: 1, 2: 5, 3: 7 }), two: results({ 1: 2, 2: 6 }) } };
  const both = ['one', 'two'];
  const found = jackknife(facts, {
    experiments: both,
    estimate: (some) => meanOf(some, 'two') - meanOf(some),
  });
  expect(found).toEqual({ seeds: [1, 2], sample: { count: 2, mean: 1, standardDeviation: 0 } });
});

it('says what is missing', () => {
  const facts = { plans: {}, results: { one: results({ 1: 1, 2: 5 }) } };
  expect(jackknife(facts, { experiments: ['one', 'two'], estimate: meanOf })).toEqual({
    reason: 'it was not measured',
  });
  expect(jackknife(facts, { experiments: ['one'], estimate: () => undefined })).toEqual({
    reason: 'the results do not determine it',
  });
  const fragile = (some: Facts) => (some.results.one!.seeds.includes(1) ? meanOf(some) : undefined);
  expect(jackknife(facts, { experiments: ['one'], estimate: fragile })).toEqual({
    reason: 'without seed 1 the results do not determine it',
  });
});

it('claims are one family, and one seed decides nothing', () => {
  const claim = (id: string, margin: number): PaperClaim => ({
    ...{ id, claim: id, where: 'here' },
    test: { by: 'estimate', experiments: ['one'], estimate: meanOf, expect: '<= margin', margin },
  });
  const facts = { plans: {}, results: { one: results({ 1: 2, 2: 2.1, 3: 2.2 }) } };
  const of = (...claims: readonly PaperClaim[]) =>
    [...estimatesOf(claims, facts).values()].map(({ verdict }) => verdict);
  // t = (2.3 - 2.1) / (0.1 / sqrt(3)) = 3.46: p = 0.074 alone; t = 6.9: p = 0.02, which three claims do not allow.
  expect(of(claim('near', 2.3))).toEqual(['undecided']);
  expect(of(claim('far', 2.5))).toEqual(['holds']);
  expect(of(claim('far', 2.5), claim('near', 2.3), claim('nearer', 2.2))).toEqual([
    ...['undecided', 'undecided', 'undecided'],
  ]);
  const other = (id: string, margin: number): PaperClaim => {
    const { test, ...rest } = claim(id, margin);
    return { ...rest, test: { ...(test as Extract<typeof test, { by: 'estimate' }>), family: 'other' } };
  };
  expect(of(claim('far', 2.5), other('near', 2.3))).toEqual(['holds', 'undecided']);
  const one = { plans: {}, results: { one: results({ 4: 2 }) } };
  expect(estimatesOf([claim('far', 9)], one).get('far')).toMatchObject({
    verdict: 'undecided',
    effect: 2,
    reason: 'one seed does not show the variation between seeds',
  });
});
