import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mostProbable, nextTokenProbabilities, type Sampling, tokenAt } from './next-token.js';

const LOGITS = Float32Array.of(1, 3, 2, 3, -1);

/** Probabilities, computed in another way: by removing tokens from a sorted list. */
function expected(logits: Float32Array, { temperature, topK = logits.length, topP = 1 }: Sampling): number[] {
  const softmax = (scores: readonly number[]) => {
    const total = scores.reduce((sum, score) => sum + Math.exp(score), 0);
    return scores.map((score) => Math.exp(score) / total);
  };
  let kept = Array.from(logits, (logit, token) => ({ token, score: logit / temperature }));
  kept.sort((a, b) => b.score - a.score || b.token - a.token);
  const last = kept[Math.min(topK, kept.length) - 1]!.score;
  kept = kept.filter(({ score }) => score >= last);
  const shares = softmax(kept.map(({ score }) => score));
  let sum = 0;
  // A token stays if those before it do not reach the share yet.
  kept = kept.filter((_, index) => {
    const stays = index === 0 || sum < topP;
    sum += shares[index]!;
    return stays;
  });
  const left = softmax(kept.map(({ score }) => score));
  const probabilities = Array.from(logits, () => 0);
  for (const [index, { token }] of kept.entries()) probabilities[token] = left[index]!;
  return probabilities;
}

describe('the distribution of the next token', () => {
  it('is that of the model at temperature 1, and sharper below', () => {
    const total = Math.E + Math.E ** 2 + 2 * Math.E ** 3 + 1 / Math.E;
    const plain = nextTokenProbabilities(LOGITS, { temperature: 1 });
    for (const [token, logit] of LOGITS.entries()) expect(plain[token]).toBeCloseTo(Math.exp(logit) / total, 12);
    expect(nextTokenProbabilities(LOGITS, { temperature: 0.5 })[1]).toBeGreaterThan(plain[1]!);
    expect(nextTokenProbabilities(LOGITS, { temperature: 2 })[1]).toBeLessThan(plain[1]!);
  });

  it('keeps the k most probable tokens, and those as probable as the last', () => {
    const kept = (topK: number) => [...nextTokenProbabilities(LOGITS, { temperature: 1, topK })].map((p) => p > 0);
    expect(kept(1)).toEqual([false, true, false, true, false]);
    expect(kept(3)).toEqual([false, true, true, true, false]);
    expect(kept(99)).toEqual([true, true, true, true, true]);
  });

  it('keeps the fewest tokens that have the share', () => {
    const kept = (topP: number) => [...nextTokenProbabilities(LOGITS, { temperature: 1, topP })].map((p) => p > 0);
    // Their shares are 0.054, 0.40, 0.147, 0.40 and 0.007.
    expect(kept(1e-9)).toEqual([false, false, false, true, false]);
    expect(kept(0.79)).toEqual([false, true, false, true, false]);
    expect(kept(0.9)).toEqual([false, true, true, true, false]);
    expect(kept(0.99)).toEqual([true, true, true, true, false]);
  });

  it('is what sorting and removing gives, for any logits', () => {
    const logit = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.double({ min: -20, max: 20, noNaN: true }));
    fc.assert(
      fc.property(
        fc.array(logit, { minLength: 1, maxLength: 30 }),
        fc.double({ min: 0.1, max: 3, noNaN: true }),
        fc.option(fc.integer({ min: 1, max: 30 }), { nil: undefined }),
        fc.option(fc.double({ min: 0.011, max: 0.99, noNaN: true }), { nil: undefined }),
        (logits, temperature, topK, topP) => {
          const sampling = { temperature, topK, topP };
          const values = Float32Array.from(logits);
          const found = nextTokenProbabilities(values, sampling);
          for (const [token, probability] of expected(values, sampling).entries())
            expect(found[token]).toBeCloseTo(probability, 9);
          expect(found.reduce((a, b) => a + b)).toBeCloseTo(1, 12);
        },
      ),
      { seed: 5, numRuns: 500 },
    );
  });

  it('of logits that are not finite is an error', () => {
    for (const wrong of [Number.NaN, Infinity, -Infinity]) {
      expect(() => nextTokenProbabilities(Float32Array.of(1, wrong), { temperature: 1 })).toThrow('diverged');
      expect(() => mostProbable(Float32Array.of(1, wrong))).toThrow('diverged');
    }
  });
});

it('the most probable token is the first of equal ones', () => {
  expect(mostProbable(LOGITS)).toBe(1);
});

it('a token is drawn in proportion to its probability', () => {
  const probabilities = Float64Array.of(0.25, 0, 0.5, 0.25, 0);
  const drawn = Array.from({ length: 8 }, (_, index) => tokenAt(probabilities, index / 8));
  expect(drawn).toEqual([0, 0, 2, 2, 2, 2, 3, 3]);
  expect(tokenAt(Float64Array.of(0.5, 0.4999999, 0), 0.99999999)).toBe(1);
});
