import { describe, expect, it } from 'vitest';
import { initialize, parameterTable } from './parameters.js';
import { referenceLogits, referenceNll } from './reference.js';
import { modelSchema } from './spec.js';

const spec = modelSchema.parse({
  layers: 2,
  width: 16,
  heads: 4,
  kvHeads: 2,
  context: 8,
  vocabulary: 13,
  initStd: 0.3,
});
const weights = initialize(spec, 5);
const tokens = [3, 1, 4, 1, 5, 9, 2, 6];

describe('referenceLogits', () => {
  it('is causal: later tokens do not change earlier logits', () => {
    const whole = referenceLogits(spec, weights, tokens);
    const part = referenceLogits(spec, weights, tokens.slice(0, 5));
    expect(whole.slice(0, 5 * 13)).toEqual(part);
    expect(referenceLogits(spec, weights, [2, ...tokens.slice(1)]).slice(-13)).not.toEqual(whole.slice(-13));
  });

  it('depends on relative positions only: repeated tokens have the same logits at every position', () => {
    // With one repeated token, keys differ only by rotation and all values are equal: attention returns that value.
    const same = referenceLogits(spec, weights, [7, 7, 7, 7]);
    for (let i = 0; i < 13; i++) expect(same[3 * 13 + i]).toBeCloseTo(same[i]!, 10);
  });

  it('grouped-query attention equals full attention with repeated key and value heads', () => {
    const full = { ...spec, kvHeads: 4 };
    const names = parameterTable(spec).map(({ name }) => name);
    const repeated = weights.map((values, index) => {
      if (!/[kv]_proj/.test(names[index]!)) return values;
      const head = (h: number) => values.slice(h * 64, (h + 1) * 64);
      return Float32Array.from([...head(0), ...head(0), ...head(1), ...head(1)]);
    });
    expect(referenceLogits(full, repeated, tokens)).toEqual(referenceLogits(spec, weights, tokens));
  });

  it('uses the output matrix of an untied model', () => {
    const untied = { ...spec, tieEmbeddings: false };
    const own = initialize(untied, 5);
    own[own.length - 1]!.fill(0);
    expect(new Set(referenceLogits(untied, own, tokens))).toEqual(new Set([0]));
  });

  it('rejects weights of another shape and too many tokens', () => {
    expect(() => referenceLogits({ ...spec, hidden: 8 }, weights, tokens)).toThrow(/gate_proj.weight needs 128/);
    expect(() => referenceLogits(spec, weights, [...tokens, 1])).toThrow(/context of 8/);
  });
});

describe('referenceNll', () => {
  it('is the logarithm of the vocabulary when all logits are equal', () => {
    const flat = weights.map((values, index) => (index === 0 ? new Float32Array(values.length) : values));
    for (const nll of referenceNll(spec, flat, tokens)) expect(nll).toBeCloseTo(Math.log(13), 12);
  });

  it('is normalized: the probabilities of all next tokens sum to 1', () => {
    let total = 0;
    for (let next = 0; next < 13; next++) total += Math.exp(-referenceNll(spec, weights, [3, 1, next])[1]!);
    expect(total).toBeCloseTo(1, 12);
  });
});
