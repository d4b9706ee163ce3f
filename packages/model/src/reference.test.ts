import { describe, expect, it } from 'vitest';
import { initialize, parameterTable } from './parameters.js';
import { referenceActivations, referenceBalance, referenceLogits, referenceNll } from './reference.js';
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

  it('has multipliers that are the same as factors of weights', () => {
    const untied = { ...spec, tieEmbeddings: false };
    const multipliers = { embedding: 2, residual: 0.5, attention: 0.25, output: 3 };
    const factors: [RegExp, number][] = [
      [/embed_tokens/, 2],
      [/[on]_proj.weight$/, 0.5],
      [/q_proj/, 0.25],
      [/lm_head/, 3],
    ];
    const own = initialize(untied, 5).map((values) => Float64Array.from(values));
    const folded = own.map((values, index) => {
      const { name } = parameterTable(untied)[index]!;
      const factor = factors.find(([pattern]) => pattern.test(name) && !/(gate|up)_proj/.test(name))?.[1] ?? 1;
      return values.map((value) => factor * value);
    });
    const expected = referenceLogits(untied, folded, tokens);
    const found = referenceLogits({ ...untied, multipliers }, own, tokens);
    for (const [i, value] of found.entries()) expect(value).toBeCloseTo(expected[i]!, 10);
    expect(found[5]).not.toBeCloseTo(referenceLogits(untied, own, tokens)[5]!, 2);
  });

  it('shows the residual stream, which each layer adds to', () => {
    const { stream, last, logits } = referenceActivations(spec, weights, tokens);
    expect(stream).toHaveLength(spec.layers + 1);
    expect(stream[0]!.slice(0, 16)).toEqual(Float64Array.from(weights[0]!.slice(3 * 16, 4 * 16)));
    expect(logits).toEqual(referenceLogits(spec, weights, tokens));
    // Gains are 1, so that the mean square is 1 up to the epsilon.
    expect(last.slice(0, 16).reduce((sum, value) => sum + value ** 2, 0) / 16).toBeCloseTo(1, 2);
    const silent = weights.map((values, index) =>
      /[on]_proj.weight$/.test(parameterTable(spec)[index]!.name) ? values.map(() => 0) : values,
    );
    const quiet = referenceActivations(spec, silent, tokens).stream;
    expect(quiet[2]).toEqual(quiet[0]);
    expect(stream[2]).not.toEqual(stream[1]);
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

describe('a mixture of experts', () => {
  const mixture = modelSchema.parse({ ...spec, experts: { count: 4, active: 2, balance: 0.1 } });
  const table = parameterTable(mixture);
  const own = initialize(mixture, 5);
  const alike = own.map((values, index) => {
    // All experts are that of the same layer with the number 0.
    const first = table[index]!.name.replace(/experts\.\d/, 'experts.0');
    return own[table.findIndex(({ name }) => name === first)] ?? values;
  });

  it('equals one block if its experts are equal: the weights of a token add up to 1', () => {
    const names: Record<string, string> = { gate_proj: 'w1', down_proj: 'w2', up_proj: 'w3' };
    const dense = parameterTable(spec).map(({ name }) => {
      const twin = name.replace(/mlp\.(\w+)/, (_, projection: string) => {
        return `block_sparse_moe.experts.0.${names[projection]}`;
      });
      return alike[table.findIndex((row) => row.name === twin)]!;
    });
    const [a, b] = [referenceLogits(mixture, alike, tokens), referenceLogits(spec, dense, tokens)];
    for (const [i, value] of a.entries()) expect(value).toBeCloseTo(b[i]!, 10);
    expect(referenceLogits(mixture, own, tokens)).not.toEqual(a);
  });

  it('has a balance between 1, if each expert has as many tokens, and count / active', () => {
    const routed = (fill: (expert: number, channel: number) => number) =>
      own.map((values, index) =>
        table[index]!.part === 'router' ? values.map((_, i) => fill(Math.floor(i / 16), i % 16)) : values,
      );
    // The router of level experts chooses the first of them, with equal probabilities.
    expect(
      referenceBalance(
        mixture,
        routed(() => 0),
        tokens,
      ),
    ).toBeCloseTo(spec.layers, 12);
    const balance = referenceBalance(mixture, own, tokens);
    expect(balance).toBeGreaterThan(0.9 * spec.layers);
    expect(balance).toBeLessThan(2 * spec.layers);
    expect(referenceBalance(spec, weights, tokens)).toBe(0);
  });
});
